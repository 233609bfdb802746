import { tableLabel } from '../base/table-label.ts'
import { type ManyTables, REST_COLUMN, type Relation } from '../model/catalogue.ts'

/** Columns used of a table. */
export interface UsedColumns {
  readonly relation: Relation
  readonly columns: readonly string[]
}

/** Of the columns used of many tables those each table has; what `rest` gathers of it among them. And of the relations that list them, and say their types. */
export function usedOfTables(many: ManyTables, used: readonly string[]): readonly UsedColumns[] {
  const wanted = new Set(used)
  const tables = many.tables.map(({ relation, shape }) => {
    const rest = wanted.has(REST_COLUMN) ? (many.shapes[shape] ?? []).map(column => column.name) : []
    const own = relation.columns.map(column => column.name).filter(name => wanted.has(name))
    return { relation, columns: [...own, ...rest] }
  })
  return [...tables, many.list, ...(many.types === null ? [] : [many.types])]
}

/** Tables that are not read are accounted for by what is said of them. */
export function spokenOf(many: ManyTables, relations: readonly Relation[]): readonly UsedColumns[] {
  const named = new Set(many.spokenOf.map(({ schema, name }) => tableLabel(schema, name)))
  return relations
    .filter(({ schema, name }) => named.has(tableLabel(schema, name)))
    .map(relation => ({ relation, columns: relation.columns.map(column => column.name) }))
}
