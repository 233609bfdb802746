import { tableLabel } from '../../base/table-label.ts'
import { valueText } from '../../cast/value-text.ts'
import { RehouseError } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import { whyNotAsItLies } from '../scan-keys.ts'
import type { ReadRequest } from '../source.ts'
import type { MemoryRow } from './row-order.ts'

/** Rows as a file has them: from the beginning, or what comes after the row whose key is `after`. */
export function scannedRows(relation: Relation, rows: readonly MemoryRow[], request: ReadRequest): readonly MemoryRow[] {
  const { key, after } = request
  const why = whyNotAsItLies({ ...request, relation })
  if (why !== null || key.kind === 'content') throw refused(relation, why ?? '')
  if (after === null) return rows
  if (key.names.length === 0) throw refused(relation, 'a position is asked for without a key')
  const at = rows.findIndex(row => key.names.every((name, i) => textOf(relation, { row, name }) === after[i]))
  if (at >= 0) return rows.slice(at + 1)
  const table = tableLabel(relation.schema, relation.name)
  throw new RehouseError('SOURCE_CHANGED', `expected the last row done in ${table}, got none with its key`, {
    where: { table },
    next: 'Begin a new run without --resume: it compares every row.',
  })
}

function textOf(relation: Relation, { row, name }: { readonly row: MemoryRow; readonly name: string }): string | null {
  const index = relation.columns.findIndex(column => column.name === name)
  const column = relation.columns[index]
  const field = row[index] ?? null
  return column === undefined || field === null ? null : valueText(column.type)(field, 0, field.length)
}

function refused(relation: Relation, why: string): RehouseError {
  const table = tableLabel(relation.schema, relation.name)
  return new RehouseError('SOURCE_REFUSED', `expected a key that names one row of ${table}, got another: ${why}`, {
    where: { table },
    next: 'Read the table through staging.',
  })
}
