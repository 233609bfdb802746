import type { KeyEquality } from '../model/catalogue.ts'
import type { SqlType } from '../model/sql-type.ts'
import { containerText, type FieldText } from './container-text.ts'
import { float4Text, float8Text } from './float-text.ts'
import { canonicalJsonb } from './jsonb-form.ts'
import { equalText } from './key-equality.ts'
import { NumericValue } from './numeric-value.ts'
import { baseOf, familyOf } from './sql-family.ts'
import { tickTimestampText } from './tick-time.ts'
import { utf8Text, valueText } from './value-text.ts'

/**
 * The canonical text of a key part under its type’s own equality: two values PostgreSQL holds equal have the same text, others never.
 * numeric 1.50 = 1.5 → `1.5`; bpchar without trailing blanks; float −0 → `0`; citext in lower case; intervals by their length; everything else as `valueText`.
 * A column with a non-deterministic collation has an equality of its own that its type does not tell; `equality` is what is known of it (see key-equality.ts).
 */
export function keyText(type: SqlType, equality?: KeyEquality): FieldText {
  const text = typeText(type)
  const equal = isCollated(type) ? equalText(equality) : null
  return equal === null ? text : (data, start, length) => equal(text(data, start, length))
}

/** A part of a key: its type, and how its column’s collation compares where that is known. */
export interface KeyPart {
  readonly type: SqlType
  readonly equality?: KeyEquality | undefined
}

function isCollated(type: SqlType): boolean {
  const family = familyOf(type)
  return family === 'text' || family === 'bpchar'
}

function typeText(type: SqlType): FieldText {
  const base = baseOf(type)
  if (base.kind !== 'base' && base.kind !== 'enum') return containerText(base, inner => keyText(inner))
  switch (familyOf(base)) {
    case 'numeric':
      return numericKey()
    case 'float':
      return base.name === 'float4'
        ? (data, start) => float4Text(data.readFloatBE(start) + 0)
        : (data, start) => float8Text(data.readDoubleBE(start) + 0)
    case 'bpchar':
      return (data, start, length) => utf8Text(data, start, withoutBlanks(data, start, length))
    case 'text':
      return base.name === 'citext' ? (data, start, length) => utf8Text(data, start, length).toLowerCase() : utf8Text
    case 'interval':
      return intervalKey
    case 'datetimeoffset':
      // Equal where the instant is, whatever the clock it was written by.
      return (data, start) => tickTimestampText(data.readInt32BE(start), data.readUInt32BE(start + 4), 0)
    case 'jsonb':
      return (data, start, length) => canonicalJsonb(utf8Text(data, start + 1, length - 1))
    default:
      return valueText(base)
  }
}

/** Length of a text field without the blanks at its end. */
export function withoutBlanks(data: Buffer, start: number, length: number): number {
  let end = start + length
  while (end > start && data[end - 1] === 0x20) end--
  return end - start
}

function numericKey(): FieldText {
  const value = new NumericValue()
  return (data, start, length) => {
    value.read(data, start, length)
    value.trimScale()
    return value.text()
  }
}

const MICROS_PER_DAY = 86_400_000_000n

/** PostgreSQL compares intervals by their length in µs, with months of 30 days. */
const intervalKey: FieldText = (data, start) => {
  const days = BigInt(data.readInt32BE(start + 8)) + BigInt(data.readInt32BE(start + 12)) * 30n
  return String(data.readBigInt64BE(start) + days * MICROS_PER_DAY)
}

/** Writes the two 32-bit halves of an integer key (high, low as signed numbers) into `halves[0]` and `halves[1]`. */
export type IntegerKey = (data: Buffer, start: number, length: number, halves: Int32Array) => void

/** For int2, int4 and int8, also under a domain; null for every other type. */
export function integerKey(type: SqlType): IntegerKey | null {
  const base = baseOf(type)
  if (familyOf(base) !== 'int') return null
  if (base.name === 'int8') {
    return (data, start, _length, halves) => {
      halves[0] = data.readInt32BE(start)
      halves[1] = data.readInt32BE(start + 4)
    }
  }
  const isShort = base.name === 'int2'
  return (data, start, _length, halves) => {
    const value = isShort ? data.readInt16BE(start) : data.readInt32BE(start)
    halves[0] = value >> 31
    halves[1] = value
  }
}
