import { didYouMean } from '../base/did-you-mean.ts'
import { tableLabel } from '../base/table-label.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { ordinalName } from '../expression/scope.ts'
import type { Relation } from '../model/catalogue.ts'
import type { DrivingList, Entity } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import { matchColumn } from './collect-names.ts'
import type { KeyPart, KeyPlan } from './compile-context.ts'
import { elementType, hasMembers } from './element-type.ts'
import type { Problems } from './problems.ts'

interface ListOf {
  readonly entity: Entity
  readonly list: DrivingList
  readonly relation: Relation
  readonly problems: Problems
}

/**
 * The key of an element: columns of its row, by which the source is read, and what tells the elements of one row apart.
 * `rowKey`: how a plain entity's key of some columns is planned.
 */
export function planListKey(of: ListOf, rowKey: (names: readonly string[]) => KeyPlan): KeyPlan | null {
  const { entity, list, relation, problems } = of
  const element = listElement(of)
  if (element === null) return null
  if (!Array.isArray(entity.key)) return keyError(of, entity.key === 'content' ? '{ content: true }' : 'none')
  const parts: KeyPart[] = []
  for (const wish of entity.key) {
    const part = readPart(wish, of)
    if (part === null) return null
    parts.push(part)
  }
  const columns = parts.flatMap(part => (part.kind === 'column' ? [part.name] : []))
  if (columns.length === 0 || columns.length === parts.length) return keyError(of, entity.key.join(', '))
  if (columns.includes(matchColumn(list.column, relation) ?? '')) return keyError(of, `${list.column}, the list itself`)
  if (parts.some(part => part.kind === 'member') && !hasMembers(element)) {
    problems.error('MAPPING_TYPE', `expected elements with members for the key, got elements of type ${element.text}`, {
      at: entity.at,
      next: `Write \`ordinal(${list.as})\` as the part of the key that tells them apart.`,
    })
    return null
  }
  const parent = rowKey(columns)
  const types = parts.map(part => partType(part, relation))
  const names = parts.map(part => partName(part, list))
  const isUnique = parent.isUnique && parts.some(part => part.kind === 'ordinal')
  const equalities = parts.map(part => (part.kind === 'column' ? parent.equalities[columns.indexOf(part.name)] : undefined))
  return { source: parent.source, names, types, equalities, isInteger: false, isUnique, list: { parent, parts } }
}

function listElement({ entity, list, relation, problems }: ListOf): SqlType | null {
  const label = tableLabel(relation.schema, relation.name)
  const name = matchColumn(list.column, relation)
  const column = relation.columns.find(candidate => candidate.name === name)
  if (column === undefined) {
    const known = relation.columns.map(candidate => candidate.name)
    problems.error(
      'MAPPING_UNKNOWN_COLUMN',
      `expected a column of ${label} under \`each\`, got ${list.column}${didYouMean(list.column, known)}`,
      {
        at: list.at,
        next: `Use one of: ${known.join(', ')}.`,
      },
    )
    return null
  }
  const element = elementType(column.type)
  if (element === null)
    problems.error(
      'MAPPING_TYPE',
      `expected a column with a list (json, jsonb or an array) under \`each\`, got ${column.name} of type ${column.type.text}`,
      {
        at: list.at,
        next: 'Name a list column, or make one in a view of the source.',
      },
    )
  if (matchColumn(list.as, relation) === null) return element
  problems.error('MANIFEST_INVALID', `expected a name for the element that no column of ${label} has, got ${list.as}`, {
    at: list.at,
    next: `Choose another name under \`as\` in ${entity.name}.`,
  })
  return null
}

function readPart(wish: string, { entity, list, relation, problems }: ListOf): KeyPart | null {
  if (wish.replaceAll(/\s/g, '') === ordinalName(list.as)) return { kind: 'ordinal' }
  if (wish.startsWith(`${list.as}.`)) return { kind: 'member', path: wish.slice(list.as.length + 1).split('.') }
  const name = matchColumn(wish, relation)
  if (name !== null) return { kind: 'column', name }
  const known = relation.columns.map(column => column.name)
  problems.error(
    'MAPPING_UNKNOWN_COLUMN',
    `expected a column of ${tableLabel(relation.schema, relation.name)}, a member of ${list.as} or ${ordinalName(list.as)} as key, got ${wish}${didYouMean(wish, known)}`,
    { at: entity.at, next: `Use one of: ${known.join(', ')}; or ${list.as}.name, or ${ordinalName(list.as)}.` },
  )
  return null
}

function keyError({ entity, list, problems }: ListOf, got: string): null {
  problems.error(
    'MANIFEST_INVALID',
    `expected a key of columns and of what tells the elements of ${list.column} apart for ${entity.name}, got ${got}`,
    {
      at: entity.at,
      next: `Write \`key: [id, ${list.as}.id]\` with the key of the row first, or \`${ordinalName(list.as)}\` where elements have nothing of their own: identifiers then depend on their order.`,
    },
  )
  return null
}

function partType(part: KeyPart, relation: Relation): SqlType {
  if (part.kind === 'member') return builtinType('text')
  if (part.kind === 'ordinal') return builtinType('int4')
  return relation.columns.find(column => column.name === part.name)?.type ?? builtinType('text')
}

export function partName(part: KeyPart, { as }: Pick<DrivingList, 'as'>): string {
  if (part.kind === 'column') return part.name
  return part.kind === 'ordinal' ? ordinalName(as) : `${as}.${part.path.join('.')}`
}
