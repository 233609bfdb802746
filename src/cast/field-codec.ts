import type { TupleWriter } from '../base/tuple-writer.ts'
import { bug } from '../errors.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { uuidText } from './byte-text.ts'
import { NumericValue } from './numeric-value.ts'
import { baseOf, familyOf } from './sql-family.ts'
import { utf8Text } from './value-text.ts'
import { writeFloat4, writeFloat8, writeInt16, writeVersioned } from './write-field.ts'

/** Reads the field at `start` into the carrier of its type (model/value.ts). Never called for NULL. */
export type FieldDecoder = (data: Buffer, start: number, length: number) => Value

/** The decoder of a type. Lossless: `fieldEncoder` of the same type writes the same bytes again. */
export function fieldDecoder(type: SqlType): FieldDecoder {
  const base = baseOf(type)
  switch (familyOf(base)) {
    case 'bool':
      return (data, start) => data[start] !== 0
    case 'int':
      return integerDecoder(base.name)
    case 'oid':
      return (data, start) => data.readUInt32BE(start)
    case 'date':
      return (data, start) => data.readInt32BE(start)
    case 'float':
      return base.name === 'float4' ? (data, start) => data.readFloatBE(start) : (data, start) => data.readDoubleBE(start)
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return (data, start) => data.readBigInt64BE(start)
    case 'numeric':
      return numericDecoder()
    case 'uuid':
      return uuidText
    case 'text':
    case 'bpchar':
    case 'enum':
    case 'json':
      return utf8Text
    case 'jsonb':
      return (data, start, length) => data.toString('utf8', start + 1, start + length)
    default:
      // A copy: the row’s buffer is reused.
      return (data, start, length) => new Uint8Array(data.subarray(start, start + length))
  }
}

function integerDecoder(name: string): FieldDecoder {
  if (name === 'int2') return (data, start) => data.readInt16BE(start)
  if (name === 'int4') return (data, start) => data.readInt32BE(start)
  return (data, start) => data.readBigInt64BE(start)
}

function numericDecoder(): FieldDecoder {
  const value = new NumericValue()
  return (data, start, length) => {
    value.read(data, start, length)
    return value.text()
  }
}

/** Writes one field (int32 length and bytes) from the carrier of its type. The type’s modifier is not applied: that is a cast’s. Throws BUG on another carrier. */
export type FieldEncoder = (value: Exclude<Value, null>, out: TupleWriter) => void

export function fieldEncoder(type: SqlType): FieldEncoder {
  const base = baseOf(type)
  switch (familyOf(base)) {
    case 'bool':
      return (value, out) => bytes(out, value === true ? TRUE : value === false ? FALSE : misfit(value, base))
    case 'int':
      return integerEncoder(base)
    case 'oid':
      return (value, out) => out.int32(numberOf(value, base) | 0)
    case 'date':
      return (value, out) => out.int32(numberOf(value, base))
    case 'float':
      return floatEncoder(base)
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return (value, out) => out.int64(bigintOf(value, base))
    case 'numeric':
      return numericEncoder(base)
    case 'uuid':
      return uuidEncoder(base)
    case 'text':
    case 'bpchar':
    case 'enum':
    case 'json':
      return (value, out) => out.text(stringOf(value, base))
    case 'jsonb':
      return (value, out) => writeVersioned(stringOf(value, base), out)
    default:
      return (value, out) => bytes(out, value instanceof Uint8Array ? value : misfit(value, base))
  }
}

const TRUE = Uint8Array.of(1)
const FALSE = Uint8Array.of(0)

function bytes(out: TupleWriter, value: Uint8Array): void {
  out.field(value, 0, value.length)
}

function integerEncoder(type: SqlType): FieldEncoder {
  if (type.name === 'int2') return (value, out) => writeInt16(numberOf(value, type), out)
  if (type.name === 'int4') return (value, out) => out.int32(numberOf(value, type))
  return (value, out) => out.int64(bigintOf(value, type))
}

function floatEncoder(type: SqlType): FieldEncoder {
  const write = type.name === 'float4' ? writeFloat4 : writeFloat8
  return (value, out) => write(numberOf(value, type), out)
}

function numericEncoder(type: SqlType): FieldEncoder {
  const numeric = new NumericValue()
  return (value, out) => {
    if (!numeric.parse(stringOf(value, type))) misfit(value, type)
    numeric.write(out)
  }
}

function uuidEncoder(type: SqlType): FieldEncoder {
  return (value, out) => {
    const hex = stringOf(value, type).replaceAll('-', '')
    out.ensure(20)
    out.buf.writeInt32BE(16, out.at)
    if (hex.length !== 32 || out.buf.write(hex, out.at + 4, 16, 'hex') !== 16) misfit(value, type)
    out.at += 20
  }
}

function numberOf(value: Value, type: SqlType): number {
  return typeof value === 'number' ? value : misfit(value, type)
}

function bigintOf(value: Value, type: SqlType): bigint {
  return typeof value === 'bigint' ? value : misfit(value, type)
}

function stringOf(value: Value, type: SqlType): string {
  return typeof value === 'string' ? value : misfit(value, type)
}

function misfit(value: Value, type: SqlType): never {
  throw bug(`expected the carrier of ${type.text}, got a ${typeof value} that is not`)
}
