import type { DatabaseDescription, FieldRow, TableDescription } from './database-description.ts'
import { encoderOf, type FieldEncoder } from './encode-field.ts'
import { FieldBytes } from './field-bytes.ts'
import { parseServerType } from './server-type.ts'

export type Rows = Iterable<FieldRow> | AsyncIterable<FieldRow>

/** Bytes of rows collected before they are handed on. */
const CHUNK_BYTES = 65_536

export interface RowChunks {
  /** The next rows as bytes, at most as many as said. */
  next(most: number): AsyncGenerator<Buffer>
  /** Whether there is another row. */
  peek(): Promise<boolean>
  /** Rows taken so far. */
  count(): bigint
}

/** Encodes the rows of a table as they are asked for. */
export function encodeRows(table: TableDescription, database: DatabaseDescription, rows: Rows): RowChunks {
  const encoders = columnEncoders(table, database)
  const source = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]()
  let ahead: IteratorResult<FieldRow> | null = null
  let taken = 0n
  const look = async (): Promise<IteratorResult<FieldRow>> => {
    if (ahead) return ahead
    const next = source.next()
    // A promise for each row of a plain iterator would cost more than the row.
    ahead = next instanceof Promise ? await next : next
    return ahead
  }
  async function* next(most: number): AsyncGenerator<Buffer> {
    const out = new FieldBytes(CHUNK_BYTES * 2)
    for (let row = 0; row < most; row++) {
      const one = ahead ?? (await look())
      if (one.done) break
      encodeRow(one.value, encoders, out)
      taken++
      const following = source.next()
      ahead = following instanceof Promise ? await following : following
      if (out.length >= CHUNK_BYTES) yield out.take()
    }
    if (out.length > 0) yield out.take()
  }
  return { next, peek: async () => !(await look()).done, count: () => taken }
}

function encodeRow(row: FieldRow, encoders: readonly FieldEncoder[], out: FieldBytes): void {
  if (row.length !== encoders.length) throw new TypeError(`expected ${encoders.length} values, got ${row.length}`)
  for (let i = 0; i < encoders.length; i++) encoders[i]?.(row[i] ?? null, out)
}

/** One for each column that has a place in the rows. */
export function columnEncoders(table: TableDescription, { aliases }: DatabaseDescription): readonly FieldEncoder[] {
  return table.columns
    .filter(column => column.computed === undefined)
    .map(column => encoderOf(parseServerType(aliases?.[column.type] ?? column.type), column.nullable !== false))
}
