import { didYouMean } from '../base/did-you-mean.ts'
import { tableLabel } from '../base/table-label.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { integerKey } from '../cast/key-text.ts'
import type { Relation } from '../model/catalogue.ts'
import type { Entity } from '../model/mapping.ts'
import { matchColumn } from './collect-names.ts'
import type { KeyPlan } from './compile-context.ts'
import { planListKey } from './list-key.ts'
import type { Problems } from './problems.ts'

/** The key of an entity's rows: the columns it names, the source's primary key, or the content of the row. Null, with an error found: none fits. */
export function planKey(entity: Entity, relation: Relation, problems: Problems): KeyPlan | null {
  if (entity.list !== null) return planListKey({ entity, list: entity.list, relation, problems }, names => columnKey(names, relation))
  if (entity.key === 'content') return CONTENT
  const wished = entity.key ?? relation.primaryKey
  if (wished === null || wished.length === 0) {
    if (entity.isLeftOut) return CONTENT
    problems.error(
      'MANIFEST_INVALID',
      `expected a key for ${entity.name}, but ${tableLabel(relation.schema, relation.name)} has no primary key`,
      { at: entity.at, next: 'Write `key: Column`, or `key: { content: true }` to tell rows apart by their content.' },
    )
    return null
  }
  const names: string[] = []
  for (const wish of wished) {
    const name = matchColumn(wish, relation)
    if (name === null) {
      const known = relation.columns.map(c => c.name)
      problems.error(
        'MAPPING_UNKNOWN_COLUMN',
        `expected a column of ${tableLabel(relation.schema, relation.name)} as key, got ${wish}${didYouMean(wish, known)}`,
        { at: entity.at, next: `Use one of: ${known.join(', ')}.` },
      )
      return null
    }
    names.push(name)
  }
  return columnKey(names, relation)
}

function columnKey(names: readonly string[], relation: Relation): KeyPlan {
  const columns = names.map(name => relation.columns.find(c => c.name === name)).filter(column => column !== undefined)
  const types = columns.map(column => column.type)
  const first = types[0]
  const isInteger = types.length === 1 && first !== undefined && integerKey(first) !== null
  const isUnique = relation.uniqueKeys.some(
    key => !key.isPartialOrExpression && key.columns.length > 0 && key.columns.every(column => names.includes(column)),
  )
  const equalities = columns.map(column => column.collation?.equality)
  const isNeverNull = columns.every(column => !column.isNullable)
  return { source: { kind: 'columns', names }, names, types, equalities, isInteger, isUnique: isUnique && isNeverNull, list: null }
}

const CONTENT: KeyPlan = {
  source: { kind: 'content' },
  names: ['digest', 'copy'],
  types: [builtinType('bytea'), builtinType('int8')],
  equalities: [undefined, undefined],
  isInteger: false,
  isUnique: true,
  list: null,
}
