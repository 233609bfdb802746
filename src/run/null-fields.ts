import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import type { TablePlan } from '../plan/compile-table.ts'

/** The fields of a table's tuples whose columns are among `columns` (`schema.table.column`). */
export function fieldsOf(table: TablePlan, columns: ReadonlySet<string>): ReadonlySet<number> {
  return new Set(table.columns.flatMap((column, i) => (columns.has(`${table.name}.${column}`) ? [i] : [])))
}

/** The same tuples with NULL in some fields. */
export function withNulls(tuples: Buffer, fields: number, nulls: ReadonlySet<number>): Buffer {
  const cursor = new TupleCursor(fields)
  const out = new TupleWriter(Math.max(64, tuples.length))
  cursor.push(tuples)
  while (cursor.next()) {
    out.fieldCount(fields)
    for (let i = 0; i < fields; i++) {
      const length = cursor.length[i] as number
      if (length < 0 || nulls.has(i)) out.null()
      else out.field(cursor.data, cursor.start[i] as number, length)
    }
  }
  return out.bytes()
}
