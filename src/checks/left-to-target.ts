import type { Column } from '../model/catalogue.ts'
import { filledColumns, type WrittenTable } from './written-tables.ts'

/** Columns the target fills by itself, as the mapping does not: a default or an identity. Computed columns are not: nobody could fill them. */
export function leftToTarget(table: WrittenTable): readonly Column[] {
  if (table.relation === null || table.compiled === null) return []
  const filled = filledColumns(table)
  const key = keyLeftToTarget(table)
  return table.relation.columns.filter(column => !filled.has(column.name) && column !== key && isFilledByTarget(column))
}

/** The one column of the primary key that nobody fills but the target; null = there is none. */
export function keyLeftToTarget(table: WrittenTable): Column | null {
  const { relation, service, compiled } = table
  if (relation === null || compiled === null) return null
  const filled = filledColumns(table)
  const open = (relation.primaryKey ?? []).filter(name => name !== service.ref.tenantColumn && !filled.has(name))
  const column = relation.columns.find(candidate => open.length === 1 && candidate.name === open[0])
  return column !== undefined && isFilledByTarget(column) ? column : null
}

function isFilledByTarget(column: Column): boolean {
  return column.generated.startsWith('identity') || (column.generated === 'no' && column.hasDefault)
}

/** Under a domain too. */
export function isTime(column: Column): boolean {
  let { type } = column
  while (type.kind === 'domain' && type.element !== undefined) type = type.element
  return type.name === 'timestamptz' || type.name === 'timestamp'
}
