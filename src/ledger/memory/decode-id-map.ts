import { TupleCursor } from '../../base/tuple-cursor.ts'
import { uuidText } from '../../base/uuid-text.ts'
import { bug } from '../../errors.ts'
import type { IdMapRows } from '../../model/ledger-records.ts'

export interface IdMapRow {
  readonly tenant: number
  readonly entity: number
  /** Canonical key text. */
  readonly key: string
  readonly id: string
  /** Decimal text of an int8. */
  readonly hash: string
  readonly batch: string
}

const FIELDS = 6

/** The rows that the binary tuples say, as PostgreSQL would store them. */
export function decodeIdMap(rows: IdMapRows): readonly IdMapRow[] {
  const cursor = new TupleCursor(FIELDS)
  const decoded: IdMapRow[] = []
  for (const chunk of rows.tuples) {
    cursor.push(chunk)
    while (cursor.next()) decoded.push(rows.format === 'integer' ? integerRow(cursor) : textRow(cursor))
  }
  if (cursor.pending > 0) throw bug(`expected whole tuples for the id map, got ${cursor.pending} bytes more`)
  if (decoded.length !== rows.rows) throw bug(`expected ${rows.rows} rows of the id map, got ${decoded.length}`)
  return decoded
}

function integerRow(cursor: TupleCursor): IdMapRow {
  return { ...placeOf(cursor), key: int8(cursor, 2), id: uuidText(cursor.data, field(cursor, 3, 16)) }
}

function textRow(cursor: TupleCursor): IdMapRow {
  return { ...placeOf(cursor), key: text(cursor, 2), id: text(cursor, 3) }
}

function placeOf(cursor: TupleCursor): Pick<IdMapRow, 'tenant' | 'entity' | 'hash' | 'batch'> {
  return {
    tenant: cursor.data.readInt32BE(field(cursor, 0, 4)),
    entity: cursor.data.readInt16BE(field(cursor, 1, 2)),
    hash: int8(cursor, 4),
    batch: int8(cursor, 5),
  }
}

function int8(cursor: TupleCursor, index: number): string {
  return String(cursor.data.readBigInt64BE(field(cursor, index, 8)))
}

function text(cursor: TupleCursor, index: number): string {
  const start = cursor.start[index] ?? 0
  return cursor.data.toString('utf8', start, start + Math.max(0, cursor.length[index] ?? 0))
}

function field(cursor: TupleCursor, index: number, bytes: number): number {
  if (cursor.length[index] !== bytes) throw bug(`expected ${bytes} bytes in field ${index + 1} of the id map, got ${cursor.length[index]}`)
  return cursor.start[index] ?? 0
}
