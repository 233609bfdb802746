import { canonicalDecimal } from '../base/decimal-text.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { type Read, readDate, readTime, readTimestamp } from './date-text.ts'
import { baseType, kindOf } from './scalar-kind.ts'
import { ValueError } from './value-error.ts'

/** Reads a text as a value; throws ValueError where it says none. */
export type ReadText = (text: string) => Value

/** What a type’s input function does with a text, as far as it does not depend on settings; null for a type no text is read as here. */
export function readerOf(type: SqlType): ReadText | null {
  switch (kindOf(type)) {
    case 'text':
    case 'varchar':
    case 'bpchar':
      return text => text
    case 'int2':
      return text => Number(readInteger(text, 2n ** 15n))
    case 'int4':
      return text => Number(readInteger(text, 2n ** 31n))
    case 'int8':
      return text => readInteger(text, 2n ** 63n)
    case 'numeric':
      return readNumeric
    case 'float4':
      return text => Math.fround(readFloat(text))
    case 'float8':
      return readFloat
    case 'bool':
      return readBool
    case 'uuid':
      return readUuid
    case 'date':
      return text => readTemporal(readDate(trimmed(text)), 'a date such as 2020-01-31')
    case 'time':
      return text => readTemporal(readTime(trimmed(text)), 'a time such as 13:45:00')
    case 'timestamp':
      return text => readTemporal(readTimestamp(trimmed(text), 'local'), 'a time such as 2020-01-31 13:45:00, without a zone')
    case 'timestamptz':
      return text => readTemporal(readTimestamp(trimmed(text), 'zoned'), 'a time such as 2020-01-31 13:45:00+00, with its offset')
    case 'enum':
      return enumReader(baseType(type).labels ?? [])
    default:
      return null
  }
}

const BLANKS = ' \t\n\r\f\v'

function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && BLANKS.includes(text[start] as string)) start++
  while (end > start && BLANKS.includes(text[end - 1] as string)) end--
  return text.slice(start, end)
}

function readInteger(text: string, limit: bigint): bigint {
  const digits = trimmed(text)
  if (!/^[+-]?\d+$/.test(digits)) throw new ValueError('22P02', 'expected an integer, got another text')
  const value = BigInt(digits.startsWith('+') ? digits.slice(1) : digits)
  if (value < -limit || value >= limit) throw new ValueError('22003', 'expected an integer in the range of its type, got one outside')
  return value
}

function readNumeric(text: string): string {
  const value = inRange(() => canonicalDecimal(trimmed(text)))
  if (value === null) throw new ValueError('22P02', 'expected a number, got another text')
  return value
}

/** A result numeric cannot hold is the row’s trouble. */
export function inRange<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) throw new ValueError('22003', 'expected a number in the range of numeric, got one outside')
    throw error
  }
}

function readFloat(text: string): number {
  return floatOf(readNumeric(text))
}

/** A decimal as the nearest double; one that only infinity or zero is near to is out of range. */
export function floatOf(decimal: string): number {
  const value = Number(decimal)
  const isOutside =
    (Math.abs(value) === Number.POSITIVE_INFINITY && !decimal.endsWith('Infinity')) || (value === 0 && /[1-9]/.test(decimal))
  if (isOutside) throw new ValueError('22003', 'expected a number in the range of double precision, got one outside')
  return value
}

const BOOL_WORDS: readonly (readonly [string, number, boolean])[] = [
  ['true', 1, true],
  ['false', 1, false],
  ['yes', 1, true],
  ['no', 1, false],
  ['on', 2, true],
  ['off', 2, false],
  ['1', 1, true],
  ['0', 1, false],
]

/** Any beginning of a word that belongs to it alone. */
function readBool(text: string): boolean {
  const word = trimmed(text).toLowerCase()
  const found = BOOL_WORDS.find(([whole, fewest]) => word.length >= fewest && whole.startsWith(word))
  if (!found) throw new ValueError('22P02', 'expected true or false, got another text')
  return found[2]
}

const UUID = /^(?:\{((?:[0-9a-f]{4}-?){7}[0-9a-f]{4})\}|((?:[0-9a-f]{4}-?){7}[0-9a-f]{4}))$/i

/** 32 hexadecimal digits, hyphens after any four, in braces or not. */
function readUuid(text: string): string {
  const match = UUID.exec(text)
  const digits = (match?.[1] ?? match?.[2])?.replaceAll('-', '').toLowerCase()
  if (digits === undefined) throw new ValueError('22P02', 'expected a uuid, got another text')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

function readTemporal<T extends number | bigint>(read: Read<T>, form: string): T {
  if (read === 'other form') throw new ValueError('22007', `expected ${form}, got another text`)
  if (read === 'out of range') throw new ValueError('22008', `expected ${form} that exists, got one that does not`)
  return read
}

function enumReader(labels: readonly string[]): ReadText {
  return text => {
    if (!labels.includes(text)) throw new ValueError('22P02', 'expected a label of the enum, got another text')
    return text
  }
}
