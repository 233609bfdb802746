import { tableLabel } from '../../base/table-label.ts'
import { valueText } from '../../cast/value-text.ts'
import { RehouseError } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import type { ReadRequest } from '../source.ts'
import type { MemoryRow } from './row-order.ts'

/** Rows as a file has them: from the beginning, or what comes after the row whose key is `after`. */
export function scannedRows(relation: Relation, rows: readonly MemoryRow[], { key, after }: ReadRequest): readonly MemoryRow[] {
  if (key.kind === 'content') throw refused(relation, 'the content of its rows')
  if (after === null && key.names.length === 0) return rows
  if (!namesOneRow(relation, key.names)) throw refused(relation, `(${key.names.join(', ')})`)
  if (after === null) return rows
  const at = rows.findIndex(row => key.names.every((name, i) => textOf(relation, { row, name }) === after[i]))
  if (at >= 0) return rows.slice(at + 1)
  const table = tableLabel(relation.schema, relation.name)
  throw new RehouseError('SOURCE_CHANGED', `expected the last row done in ${table}, got none with its key`, {
    where: { table },
    next: 'Begin a new run without --resume: it compares every row.',
  })
}

/** The catalogue says that no two rows have the same key and none lacks a part of it. */
function namesOneRow(relation: Relation, names: readonly string[]): boolean {
  const isUnique = relation.uniqueKeys.some(
    key => !key.isPartialOrExpression && key.columns.length > 0 && key.columns.every(column => names.includes(column)),
  )
  return isUnique && names.every(name => relation.columns.some(column => column.name === name && !column.isNullable))
}

function textOf(relation: Relation, { row, name }: { readonly row: MemoryRow; readonly name: string }): string | null {
  const index = relation.columns.findIndex(column => column.name === name)
  const column = relation.columns[index]
  const field = row[index] ?? null
  return column === undefined || field === null ? null : valueText(column.type)(field, 0, field.length)
}

function refused(relation: Relation, by: string): RehouseError {
  const table = tableLabel(relation.schema, relation.name)
  return new RehouseError('SOURCE_REFUSED', `expected a key of ${table} that is unique and never NULL, got ${by}`, {
    where: { table },
    next: 'Read the table through staging.',
  })
}
