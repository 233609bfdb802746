import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { hstorePairs } from './byte-text.ts'
import type { FieldText } from './container-text.ts'
import { dateText, timestampText } from './date-time-text.ts'
import { fieldDecoder } from './field-codec.ts'
import { float4Text, float8Text } from './float-text.ts'
import { jsonbArray, jsonbFormOf, jsonbObject } from './jsonb-form.ts'
import { NumericValue } from './numeric-value.ts'
import { baseOf, elementOf, familyOf } from './sql-family.ts'
import { valueText } from './value-text.ts'

const LOCAL = { between: 'T', zone: '' }
const UTC = { between: 'T', zone: '+00:00' }

/**
 * The JSON text of values of a type, as PostgreSQL’s to_jsonb gives it (in UTC): numbers with their digits, NaN and infinities as text, times as ISO text,
 * bytea as hex text, arrays and composites as arrays and objects. NULL is `null`.
 */
export function jsonScalar(type: SqlType): (value: Value) => string {
  const toText = scalarText(baseOf(type))
  return value => (value === null ? 'null' : toText(value))
}

function scalarText(type: SqlType): (value: Exclude<Value, null>) => string {
  switch (familyOf(type)) {
    case 'bool':
    case 'int':
      return String
    case 'numeric':
      return value => numberText(String(value))
    case 'float':
      return value => numberText(type.name === 'float4' ? float4Text(Number(value)) : float8Text(Number(value)))
    case 'date':
      return value => JSON.stringify(dateText(Number(value)))
    case 'timestamp':
      return value => instantText(value, LOCAL)
    case 'timestamptz':
      return value => instantText(value, UTC)
    case 'json':
    case 'jsonb':
      return value => jsonbFormOf(String(value))?.text ?? JSON.stringify(value)
    case 'array':
    case 'composite':
    case 'hstore':
      return fromBytes(jsonContainer(type))
    default:
      return otherText(type)
  }
}

const numeric = new NumericValue()

/** Numbers as jsonb holds them: exponents written out. What is no JSON number is text. */
function numberText(text: string): string {
  return numeric.parse(text) && !numeric.isSpecial ? numeric.text() : JSON.stringify(text)
}

function instantText(value: Exclude<Value, null>, marks: typeof LOCAL): string {
  const micros = typeof value === 'bigint' ? value : 0n
  return JSON.stringify(timestampText(Number(micros >> 32n), Number(micros & 0xffff_ffffn), marks))
}

function fromBytes(toText: FieldText): (value: Exclude<Value, null>) => string {
  return value => {
    const bytes = value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.alloc(0)
    return toText(bytes, 0, bytes.length)
  }
}

/** Text types are strings already, times are bigints, all others bytes. */
function otherText(type: SqlType): (value: Exclude<Value, null>) => string {
  const toText = fromBytes(valueText(type))
  const scratch = Buffer.alloc(8)
  return value => {
    if (value instanceof Uint8Array) return JSON.stringify(toText(value))
    if (typeof value !== 'bigint') return JSON.stringify(String(value))
    scratch.writeBigInt64BE(value)
    return JSON.stringify(toText(scratch))
  }
}

/** The same from a field’s bytes. */
function jsonField(type: SqlType): FieldText {
  const base = baseOf(type)
  const family = familyOf(base)
  if (family === 'array' || family === 'composite' || family === 'hstore') return jsonContainer(base)
  const decode = fieldDecoder(base)
  const toText = jsonScalar(base)
  return (data, start, length) => toText(decode(data, start, length))
}

function jsonContainer(type: SqlType): FieldText {
  if (type.kind === 'array') return jsonArray(jsonField(elementOf(type)))
  if (type.kind === 'composite') return jsonRecord((type.fields ?? []).map(field => [field.name, jsonField(field.type)] as const))
  return (data, start) =>
    jsonbObject(hstorePairs(data, start).map(([key, value]) => [key, value === null ? 'null' : JSON.stringify(value)] as const))
}

function jsonArray(toText: FieldText): FieldText {
  return (data, start) => {
    const dimensions = data.readInt32BE(start)
    if (dimensions === 0) return '[]'
    const sizes = Array.from({ length: dimensions }, (_, i) => data.readInt32BE(start + 12 + 8 * i))
    let at = start + 12 + 8 * dimensions
    const nest = (level: number): string => {
      if (level === dimensions) {
        const length = data.readInt32BE(at)
        at += 4 + Math.max(0, length)
        return length < 0 ? 'null' : toText(data, at - length, length)
      }
      return jsonbArray(Array.from({ length: sizes[level] as number }, () => nest(level + 1)))
    }
    return nest(0)
  }
}

function jsonRecord(fields: readonly (readonly [string, FieldText])[]): FieldText {
  return (data, start) => {
    let at = start + 4
    return jsonbObject(
      fields.map(([name, toText]) => {
        const length = data.readInt32BE(at + 4)
        at += 8 + Math.max(0, length)
        return [name, length < 0 ? 'null' : toText(data, at - length, length)] as const
      }),
    )
  }
}

/** Documents are built with these from the texts of `jsonScalar`. */
export { encodeJsonbDocument, jsonbArray, jsonbObject, jsonbObjectFrom, jsonbObjectOf } from './jsonb-form.ts'
