import type { TupleWriter } from '../../base/tuple-writer.ts'
import { daysFromCivil, isCivilDate } from '../../cast/calendar.ts'
import { writeHalves } from '../../cast/write-field.ts'

/** ISO 8601 dates and times with four-digit years, read from bytes. Anything else is left to the general parser. */

const ZERO = 0x30
const HYPHEN = 0x2d
const PLUS = 0x2b
const COLON = 0x3a
const POINT = 0x2e
const BLANK = 0x20
const T = 0x54
const Z = 0x5a
const DATE_LENGTH = 10
const MINUTES_LENGTH = 16
const NO_DAY = Number.MIN_SAFE_INTEGER
const MICROS_PER_DAY = 86_400_000_000
const TWO_32 = 4_294_967_296

/** What stands at a place of the text. `offset`: NaN = none. */
export interface IsoTime {
  day: number
  micros: number
  /** Seconds east. */
  offset: number
}

function two(data: Buffer, at: number): number {
  const tens = (data[at] as number) - ZERO
  const ones = (data[at + 1] as number) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** The last date read: dates come in runs. */
let lastKey = -1
let lastDay = NO_DAY

/** Days since 2000-01-01 of the `YYYY-MM-DD` at `at`; NO_DAY = none. */
function dayAt(data: Buffer, at: number): number {
  if (data[at + 4] !== HYPHEN || data[at + 7] !== HYPHEN) return NO_DAY
  const year = two(data, at) * 100 + two(data, at + 2)
  const month = two(data, at + 5)
  const day = two(data, at + 8)
  const key = (year * 100 + month) * 100 + day
  if (key === lastKey) return lastDay
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return NO_DAY
  if (day > (MONTH_LENGTHS[month - 1] as number) && !isCivilDate({ year, month, day })) return NO_DAY
  lastDay = daysFromCivil({ year, month, day })
  lastKey = key
  return lastDay
}

/** Whether the bytes are a date of the calendar. */
export function isIsoDate(data: Buffer, start: number, end: number): boolean {
  return end - start === DATE_LENGTH && dayAt(data, start) !== NO_DAY
}

export function writeDate(data: Buffer, start: number, end: number, out: TupleWriter): boolean {
  if (end - start !== DATE_LENGTH) return false
  const day = dayAt(data, start)
  if (day === NO_DAY) return false
  out.int32(day)
  return true
}

const scratch: IsoTime = { day: 0, micros: 0, offset: Number.NaN }

/** Reads `YYYY-MM-DD` T or blank `HH:MM[:SS[.f…]]` and an offset into `time`. False: something else, or digits below a microsecond other than zero. */
export function readIsoTime(data: Buffer, start: number, end: number, time: IsoTime): boolean {
  if (end - start < MINUTES_LENGTH) return false
  const separator = data[start + DATE_LENGTH]
  if (separator !== BLANK && separator !== T) return false
  const day = dayAt(data, start)
  const hour = two(data, start + 11)
  const minute = two(data, start + 14)
  if (day === NO_DAY || data[start + 13] !== COLON || !(hour <= 23 && minute <= 59)) return false
  let at = start + MINUTES_LENGTH
  let micros = (hour * 3600 + minute * 60) * 1_000_000
  if (data[at] === COLON && at < end) {
    const second = at + 3 <= end ? two(data, at + 1) : Number.NaN
    if (!(second <= 59)) return false
    micros += second * 1_000_000
    at += 3
    if (data[at] === POINT && at < end) {
      const digits = fractionEnd(data, at + 1, end)
      const fraction = digits === at + 1 ? Number.NaN : microsOf(data, at + 1, digits)
      if (Number.isNaN(fraction)) return false
      micros += fraction
      at = digits
    }
  }
  time.day = day
  time.micros = micros
  time.offset = Number.NaN
  if (at === end) return true
  time.offset = offsetAt(data, at, end)
  return !Number.isNaN(time.offset)
}

function fractionEnd(data: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && (data[at] as number) >= ZERO && (data[at] as number) <= ZERO + 9) at++
  return at
}

/** NaN: digits other than zero after the sixth. */
function microsOf(data: Buffer, start: number, end: number): number {
  let micros = 0
  for (let i = 0; i < 6; i++) micros = micros * 10 + (start + i < end ? (data[start + i] as number) - ZERO : 0)
  for (let i = start + 6; i < end; i++) if (data[i] !== ZERO) return Number.NaN
  return micros
}

/** `Z`, `±HH`, `±HHMM`, `±HH:MM`, a blank may stand before; NaN = something else. */
function offsetAt(data: Buffer, from: number, end: number): number {
  const start = data[from] === BLANK ? from + 1 : from
  const sign = data[start]
  if (sign === Z && start + 1 === end) return 0
  if (sign !== PLUS && sign !== HYPHEN) return Number.NaN
  const length = end - start
  const hours = length >= 3 ? two(data, start + 1) : Number.NaN
  let minutes = Number.NaN
  if (length === 3) minutes = 0
  else if (length === 5) minutes = two(data, start + 3)
  else if (length === 6 && data[start + 3] === COLON) minutes = two(data, start + 4)
  if (!(hours <= 15 && minutes <= 59)) return Number.NaN
  const offset = hours * 3600 + minutes * 60
  return sign === HYPHEN ? -offset : offset
}

export function writeLocalTime(data: Buffer, start: number, end: number, out: TupleWriter): boolean {
  if (!readIsoTime(data, start, end, scratch) || !Number.isNaN(scratch.offset)) return false
  return writeMicros(scratch.day, scratch.micros, out)
}

export function writeInstant(data: Buffer, start: number, end: number, out: TupleWriter): boolean {
  if (!readIsoTime(data, start, end, scratch) || Number.isNaN(scratch.offset)) return false
  return writeMicros(scratch.day, scratch.micros - scratch.offset * 1_000_000, out)
}

/** `day` × 86400000000 + `micros` as int64 in two halves: the product needs more bits than a double has. */
function writeMicros(day: number, micros: number, out: TupleWriter): true {
  const dayLow = (day >>> 0) % 65_536
  const dayHigh = (day - dayLow) / 65_536
  // day = dayHigh × 2^16 + dayLow; each product below 2^53.
  const low = dayLow * MICROS_PER_DAY + micros
  const lowHigh = Math.floor(low / TWO_32)
  const high = dayHigh * MICROS_PER_DAY
  // high × 2^16 = (high / 2^16) × 2^32 + rest × 2^16
  const highHigh = Math.floor(high / 65_536)
  const rest = (high - highHigh * 65_536) * 65_536
  const sumLow = low - lowHigh * TWO_32 + rest
  const carry = Math.floor(sumLow / TWO_32)
  writeHalves((highHigh + lowHigh + carry) | 0, sumLow - carry * TWO_32, out)
  return true
}
