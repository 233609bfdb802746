import type { TupleWriter } from './tuple-writer.ts'

/** Of PostgreSQL’s type `record`, in the header of an array of them. */
const RECORD_OID = 2249
const HEADER_BYTES = 20

/**
 * Writes the rows of a `record[]` field, as PostgreSQL sends it in binary, as tuples one after the other, and gives where each of them ends in `out`.
 * NULL (a length below 0) has none. Throws RangeError on a field that is none, or has rows of another number of fields.
 */
export function recordTuples(
  field: { readonly data: Buffer; readonly start: number; readonly length: number },
  fields: number,
  out: TupleWriter,
): number[] {
  const { data, start, length } = field
  const end = start + length
  const ends: number[] = []
  if (length < 0) return ends
  if (length < 12 || data.readInt32BE(start) > 1) throw new RangeError('expected a list of rows, got a field that is none')
  if (data.readInt32BE(start) === 0) return ends
  if (length < HEADER_BYTES || data.readInt32BE(start + 8) !== RECORD_OID)
    throw new RangeError(`expected a list of rows, got one of type ${data.readInt32BE(start + 8)}`)
  const count = data.readInt32BE(start + 12)
  let at = start + HEADER_BYTES
  for (let row = 0; row < count; row++) {
    if (at + 8 > end) throw new RangeError(`expected ${count} rows, got ${row}`)
    const next = at + 4 + data.readInt32BE(at)
    if (next > end || next < at + 8) throw new RangeError(`expected row ${row + 1} within its field, got one of ${next - at - 4} bytes`)
    const given = data.readInt32BE(at + 4)
    if (given !== fields) throw new RangeError(`expected rows of ${fields} fields, got ${given}`)
    copyRecord({ data, at: at + 8, end: next }, fields, out)
    ends.push(out.at)
    at = next
  }
  return ends
}

/** Each field of a record stands behind the number of its type. */
function copyRecord(record: { readonly data: Buffer; readonly at: number; readonly end: number }, fields: number, out: TupleWriter): void {
  const { data, end } = record
  let at = record.at
  out.fieldCount(fields)
  for (let i = 0; i < fields; i++) {
    const length = at + 8 > end ? end : data.readInt32BE(at + 4)
    at += 8
    if (length < 0) {
      out.null()
      continue
    }
    if (at + length > end) throw new RangeError(`expected field ${i + 1} within its row, got one of ${length} bytes`)
    out.field(data, at, length)
    at += length
  }
}

/** A `record[]` field of these rows, without their types: for sources that are no PostgreSQL. */
export function recordListField(rows: readonly (readonly (Buffer | null)[])[]): Buffer {
  if (rows.length === 0) return int32s(0, 0, RECORD_OID)
  const records = rows.map(row => {
    const parts = row.flatMap(field => (field === null ? [int32s(0, -1)] : [int32s(0, field.length), field]))
    const size = parts.reduce((sum, part) => sum + part.length, 4)
    return Buffer.concat([int32s(size, row.length), ...parts])
  })
  return Buffer.concat([int32s(1, 0, RECORD_OID, rows.length, 1), ...records])
}

function int32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeInt32BE(value, i * 4)
  return bytes
}
