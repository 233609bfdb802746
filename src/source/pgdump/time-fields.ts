import { isCivilDate } from '../../cast/calendar.ts'
import { writeHalves } from '../../cast/write-field.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { TextField } from './field-reader.ts'

/** Dates and times in ISO form with a year of four digits, read from bytes without a string; everything else is left to `slow`. */

const DASH = 45
const BLANK = 32
const COLON = 58
const POINT = 46
const PLUS = 43
const ZERO = 48
/** 0000-03-01 to 2000-01-01 in days. */
const DAYS_TO_2000 = 730_425
const SECONDS_PER_DAY = 86_400
const TWO_26 = 67_108_864
const TWO_32 = 4_294_967_296

/** Two digits; −1 = not. */
function two(data: Buffer, at: number): number {
  const tens = (data[at] as number) - ZERO
  const ones = (data[at + 1] as number) - ZERO
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
}

const NO_DAY = -0x8000_0000

/** Days since 2000-01-01 of `YYYY-MM-DD` at `at`; NO_DAY = not a date of this form. */
function dayAt(data: Buffer, at: number): number {
  if (data[at + 4] !== DASH || data[at + 7] !== DASH) return NO_DAY
  const century = two(data, at)
  const rest = two(data, at + 2)
  const month = two(data, at + 5)
  const day = two(data, at + 8)
  const year = century * 100 + rest
  if (century < 0 || rest < 0 || year === 0 || month < 1 || month > 12 || day < 1 || day > 31) return NO_DAY
  if (day > 28 && !isCivilDate({ year, month, day })) return NO_DAY
  const shifted = month > 2 ? year : year - 1
  const ofYear = ((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0
  return 365 * shifted + ((shifted / 4) | 0) - ((shifted / 100) | 0) + ((shifted / 400) | 0) + ofYear + day - 1 - DAYS_TO_2000
}

export function dateField(slow: TextField): TextField {
  return (data, start, end, out) => {
    const day = end - start === 10 ? dayAt(data, start) : NO_DAY
    if (day === NO_DAY) return slow(data, start, end, out)
    out.int32(day)
    return true
  }
}

/** `YYYY-MM-DD HH:MM:SS[.ffffff]`, with an offset of whole hours or hours and minutes for an instant, without one for a local time. */
export function timestampField(type: SqlType, slow: TextField): TextField {
  const isInstant = type.name === 'timestamptz'
  const digits = type.modifier < 0 ? 6 : type.modifier
  return (data, start, end, out) => {
    if (end - start < 19 || data[start + 10] !== BLANK) return slow(data, start, end, out)
    const day = dayAt(data, start)
    const clock = day === NO_DAY ? -1 : clockAt(data, start + 11)
    if (clock < 0) return slow(data, start, end, out)
    let at = start + 19
    let micros = 0
    if (at < end && data[at] === POINT) {
      let unit = 1_000_000
      const first = ++at
      for (; at < end; at++) {
        const digit = (data[at] as number) - ZERO
        if (digit < 0 || digit > 9) break
        unit /= 10
        micros += digit * unit
      }
      if (at === first || at - first > digits) return slow(data, start, end, out)
    }
    const offset = isInstant ? offsetAt(data, at, end) : at === end ? 0 : NO_OFFSET
    if (offset === NO_OFFSET) return slow(data, start, end, out)
    // Seconds times 10^6 pass 2^53: 10^6 is 15625 × 2^6, and the six bits are put in afterwards.
    const scaled = (day * SECONDS_PER_DAY + clock - offset) * 15_625
    let high = Math.floor(scaled / TWO_26)
    let low = (scaled - high * TWO_26) * 64 + micros
    if (low >= TWO_32) {
      low -= TWO_32
      high++
    }
    writeHalves(high, low, out)
    return true
  }
}

/** Seconds of `HH:MM:SS`; −1 = not one of a day. */
function clockAt(data: Buffer, at: number): number {
  const hour = two(data, at)
  const minute = two(data, at + 3)
  const second = two(data, at + 6)
  if (data[at + 2] !== COLON || data[at + 5] !== COLON) return -1
  return hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ? -1 : hour * 3600 + minute * 60 + second
}

const NO_OFFSET = 1_000_000

/** Seconds east of `+HH` or `+HH:MM`, to the end. */
function offsetAt(data: Buffer, at: number, end: number): number {
  const sign = data[at]
  if ((sign !== PLUS && sign !== DASH) || (end - at !== 3 && end - at !== 6)) return NO_OFFSET
  const hours = two(data, at + 1)
  const minutes = end - at === 3 ? 0 : data[at + 3] === COLON ? two(data, at + 4) : -1
  if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return NO_OFFSET
  const seconds = hours * 3600 + minutes * 60
  return sign === DASH ? -seconds : seconds
}
