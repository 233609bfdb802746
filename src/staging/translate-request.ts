import { tableLabel } from '../base/table-label.ts'
import { RehouseError } from '../errors.ts'
import type { Relation } from '../model/catalogue.ts'
import type { ReadRequest } from '../source/source.ts'
import type { afterPosition } from './key-texts.ts'
import { isPositionSql, keyedName, keyedRelation, type StagedShape, stagedRelation } from './staged-shape.ts'

export interface Translated {
  readonly request: ReadRequest
  /** Where PostgreSQL cannot be told the position: rows up to it are read and left out. */
  readonly skip: Parameters<typeof afterPosition>[1] | null
}

/** The request in the words of the staged table, but for what is attached. */
export function translate(request: ReadRequest, shape: StagedShape): Translated {
  const { relation, key, after, columns, attach = [] } = request
  const names = columns.map(name => stagedName(name, { shape, relation }))
  if (key.kind === 'content') return { request: { ...request, relation: stagedRelation(shape), columns: names }, skip: null }
  const parts = key.names.map(name => shape.columns.findIndex(({ of }) => of.name === name))
  const ordered = parts.map(i => (shape.keyed.includes(i) ? keyedName(i) : (shape.columns[i]?.name ?? '')))
  const staged = { ...request, relation: keyedRelation(shape), key: { kind: 'columns', names: ordered }, columns: names } as const
  if (after === null || isPositionSql(shape, key.names)) return { request: staged, skip: null }
  const keyColumns = parts.map(i => shape.columns[i]?.of ?? absent(relation, key.names.join(', ')))
  const own = key.names.map(name => stagedName(name, { shape, relation }))
  return {
    request: { ...staged, columns: [...own, ...names], after: null },
    skip: { key: keyColumns, fields: columns.length + attach.length, after },
  }
}

/** The name a column of a relation has there. Throws SOURCE_REFUSED for one it does not have. */
export function stagedName(name: string, { shape, relation }: { readonly shape: StagedShape; readonly relation: Relation }): string {
  return shape.columns.find(({ of }) => of.name === name)?.name ?? absent(relation, name)
}

function absent(relation: Relation, name: string): never {
  const table = tableLabel(relation.schema, relation.name)
  throw new RehouseError('SOURCE_REFUSED', `expected a column ${name} in ${table}, got none of that name`, {
    where: { table },
    next: 'Correct the name.',
  })
}
