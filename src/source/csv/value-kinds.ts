import { MOST_INFERRED_DIGITS } from './numeric-writer.ts'
import { boolWord, isUuid } from './plain-writers.ts'
import { type IsoTime, isIsoDate, readIsoTime } from './time-writers.ts'

/** What a value can be, as bits. A column is what all of its values can be. */
export const INT4 = 1
export const INT8 = 2
export const NUMERIC = 4
export const BOOL = 8
export const DATE = 16
export const TIMESTAMP = 32
export const TIMESTAMPTZ = 64
export const UUID = 128
export const ANY_KIND = 255
export const TEXT_ONLY = 0

/** From the narrowest to the widest. */
const NAMES: readonly (readonly [number, string])[] = [
  [INT4, 'int4'],
  [INT8, 'int8'],
  [NUMERIC, 'numeric'],
  [BOOL, 'bool'],
  [DATE, 'date'],
  [TIMESTAMP, 'timestamp'],
  [TIMESTAMPTZ, 'timestamptz'],
  [UUID, 'uuid'],
]

/** The type of a column whose values can all be `kinds`. */
export function typeOfKinds(kinds: number): string {
  return NAMES.find(([bit]) => (kinds & bit) !== 0)?.[1] ?? 'text'
}

const ZERO = 0x30
const NINE = 0x39
const MINUS = 0x2d
const POINT = 0x2e
const time: IsoTime = { day: 0, micros: 0, offset: Number.NaN }

/**
 * What a value can be without losing anything that was written: numbers have no leading zeros, no plus, no minus before zero; times are ISO 8601 and
 * within microseconds. Only the kinds in `wanted` are looked for.
 */
export function kindsOf(data: Buffer, start: number, end: number, wanted: number): number {
  if (start >= end) return TEXT_ONLY
  const first = data[start] as number
  if ((first >= ZERO && first <= NINE) || first === MINUS || first === POINT) {
    const number = (wanted & (INT4 | INT8 | NUMERIC)) !== 0 ? numberKinds(data, start, end) : TEXT_ONLY
    return number !== TEXT_ONLY ? number : otherKinds(data, start, end, wanted)
  }
  if ((wanted & BOOL) !== 0 && boolWord(data, start, end) !== null) return BOOL
  return (wanted & UUID) !== 0 && isUuid(data, start, end) ? UUID : TEXT_ONLY
}

function otherKinds(data: Buffer, start: number, end: number, wanted: number): number {
  if ((wanted & DATE) !== 0 && isIsoDate(data, start, end)) return DATE
  if ((wanted & (TIMESTAMP | TIMESTAMPTZ)) !== 0 && readIsoTime(data, start, end, time)) {
    return Number.isNaN(time.offset) ? TIMESTAMP : TIMESTAMPTZ
  }
  return (wanted & UUID) !== 0 && isUuid(data, start, end) ? UUID : TEXT_ONLY
}

const INT4_DIGITS = 10
const INT8_DIGITS = 19

function numberKinds(data: Buffer, start: number, end: number): number {
  const from = data[start] === MINUS ? start + 1 : start
  let at = from
  while (at < end && (data[at] as number) >= ZERO && (data[at] as number) <= NINE) at++
  const whole = at - from
  if (whole > 1 && data[from] === ZERO) return TEXT_ONLY
  if (at < end) return decimalKinds(data, { from, at, end }, from > start)
  if (whole === 0 || (from > start && data[from] === ZERO)) return TEXT_ONLY
  if (whole < INT4_DIGITS) return INT4 | INT8 | NUMERIC
  if (whole > MOST_INFERRED_DIGITS) return TEXT_ONLY
  if (whole > INT8_DIGITS) return NUMERIC
  if (whole <= EXACT_DIGITS) return isInt4(data, { start, from, end }) ? INT4 | INT8 | NUMERIC : INT8 | NUMERIC
  const value = BigInt(data.toString('latin1', start, end))
  return BigInt.asIntN(64, value) === value ? INT8 | NUMERIC : NUMERIC
}

const EXACT_DIGITS = 15
const LARGEST_INT4 = 2_147_483_647

/** Whether digits, at most 15, are within int4; with a minus there is one more. */
function isInt4(data: Buffer, { start, from, end }: { readonly start: number; readonly from: number; readonly end: number }): boolean {
  let value = 0
  for (let i = from; i < end; i++) value = value * 10 + (data[i] as number) - ZERO
  return value <= LARGEST_INT4 + (from > start ? 1 : 0)
}

/** Digits, a point, digits. Zero with a minus would lose it. */
function decimalKinds(
  data: Buffer,
  { from, at, end }: { readonly from: number; readonly at: number; readonly end: number },
  isNegative: boolean,
): number {
  if (data[at] !== POINT || at + 1 >= end || end - from > MOST_INFERRED_DIGITS) return TEXT_ONLY
  let isZero = true
  for (let i = from; i < at; i++) if (data[i] !== ZERO) isZero = false
  for (let i = at + 1; i < end; i++) {
    const byte = data[i] as number
    if (byte < ZERO || byte > NINE) return TEXT_ONLY
    if (byte !== ZERO) isZero = false
  }
  return isNegative && isZero ? TEXT_ONLY : NUMERIC
}
