import { TupleWriter } from '../../base/tuple-writer.ts'
import type { MemoryRow } from './row-order.ts'

const END = Buffer.from([0xff, 0xff])

/** Rows as binary COPY tuples with the end marker, cut into chunks of so many bytes without regard to where a row ends. */
export function* tuplesOf(rows: readonly MemoryRow[], chunkBytes: number): Generator<Buffer> {
  const out = new TupleWriter()
  for (const row of rows) {
    writeTuple(row, out)
    while (out.at >= chunkBytes) {
      yield Buffer.from(out.bytes().subarray(0, chunkBytes))
      keepRest(out, chunkBytes)
    }
  }
  yield Buffer.concat([out.bytes(), END])
}

function writeTuple(row: MemoryRow, out: TupleWriter): void {
  out.fieldCount(row.length)
  for (const field of row) {
    if (field === null) out.null()
    else out.field(field, 0, field.length)
  }
}

function keepRest(out: TupleWriter, from: number): void {
  const rest = Buffer.from(out.bytes().subarray(from))
  out.reset()
  out.ensure(rest.length)
  out.buf.set(rest, 0)
  out.at = rest.length
}
