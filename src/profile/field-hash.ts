import { hashView } from '../base/row-hash.ts'
import { equalText } from '../cast/key-equality.ts'
import { withoutBlanks } from '../cast/key-text.ts'
import { baseOf, familyOf } from '../cast/sql-family.ts'
import type { KeyEquality } from '../model/catalogue.ts'
import type { SqlType } from '../model/sql-type.ts'

/** Chains a field into `lanes` (seed before, hash after): equal values of one kind have equal hashes. */
export type FieldHash = (data: Buffer, start: number, length: number, lanes: Int32Array) => void

let viewed: Buffer = Buffer.alloc(0)
let view = new DataView(viewed.buffer, viewed.byteOffset, viewed.byteLength)

/** Rows come many to a chunk: one view serves all their fields. */
function viewOf(data: Buffer): DataView {
  if (data === viewed) return view
  viewed = data
  view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return view
}

/** Values of types of one kind may be equal to one another: `int4` and `int8`, `varchar` and `char`. */
export function hashKind(type: SqlType): string {
  const family = familyOf(type)
  if (family === 'bpchar') return 'text'
  return family === 'unknown' || family === 'opaque' ? `${baseOf(type).schema}.${baseOf(type).name}` : family
}

/** `equality`: of the column's collation, where keys are meant. */
export function fieldHash(type: SqlType, equality?: KeyEquality): FieldHash {
  const base = baseOf(type)
  switch (familyOf(base)) {
    case 'int':
      return integerHash(base.name)
    case 'numeric':
      return numericHash
    case 'bpchar':
      return (
        textHash(equality) ??
        ((data, start, length, lanes) => hashView(viewOf(data), start, start + withoutBlanks(data, start, length), lanes))
      )
    case 'text':
      return textHash(equality) ?? bytesHash
    case 'datetimeoffset':
      return (data, start, _length, lanes) => hashView(viewOf(data), start, start + 8, lanes)
    default:
      return bytesHash
  }
}

const bytesHash: FieldHash = (data, start, length, lanes) => hashView(viewOf(data), start, start + length, lanes)

/** 1.50 and 1.5: the scale that is shown is left out. */
const numericHash: FieldHash = (data, start, length, lanes) => {
  hashView(viewOf(data), start, start + 6, lanes)
  hashView(viewOf(data), start + 8, start + length, lanes)
}

function integerHash(name: string): FieldHash {
  const wide = Buffer.alloc(8)
  const viewOfWide = new DataView(wide.buffer, wide.byteOffset, 8)
  if (name === 'int8') return bytesHash
  const read =
    name === 'int2' ? (data: Buffer, start: number) => data.readInt16BE(start) : (data: Buffer, start: number) => data.readInt32BE(start)
  return (data, start, _length, lanes) => {
    const value = read(data, start)
    wide.writeInt32BE(value >> 31, 0)
    wide.writeInt32BE(value, 4)
    hashView(viewOfWide, 0, 8, lanes)
  }
}

function textHash(equality: KeyEquality | undefined): FieldHash | null {
  const equal = equalText(equality)
  if (equal === null) return null
  return (data, start, length, lanes) => {
    const bytes = Buffer.from(equal(data.toString('utf8', start, start + length)))
    hashView(viewOf(bytes), 0, bytes.length, lanes)
  }
}
