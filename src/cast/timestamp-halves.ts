import type { TupleWriter } from '../base/tuple-writer.ts'
import { writeHalves } from './write-field.ts'

/** Arithmetic on int64 µs as two 32-bit halves (high signed, low unsigned), exact for all of them and without bigints. */

const TWO_32 = 4_294_967_296
/** First and end of the timestamps PostgreSQL takes: 4714-11-24 BC and 294277-01-01. */
const FIRST = -211_813_488_000_000_000n
const END = 9_223_371_331_200_000_000n
const FIRST_HIGH = Number(FIRST >> 32n)
const FIRST_LOW = Number(FIRST & 0xffff_ffffn)
const END_HIGH = Number(END >> 32n)
const END_LOW = Number(END & 0xffff_ffffn)

export function isTimestampInRange(high: number, low: number): boolean {
  if (high < FIRST_HIGH || (high === FIRST_HIGH && low < FIRST_LOW)) return false
  return high < END_HIGH || (high === END_HIGH && low < END_LOW)
}

/** Writes the int64 plus a number of µs below 2^53 in size. False, nothing written: the sum is no timestamp. */
export function writeTimestampPlus(high: number, low: number, micros: number, out: TupleWriter): boolean {
  const carry = Math.floor(micros / TWO_32)
  let sumLow = low + (micros - carry * TWO_32)
  let sumHigh = high + carry
  if (sumLow >= TWO_32) {
    sumLow -= TWO_32
    sumHigh++
  }
  if (!isTimestampInRange(sumHigh, sumLow)) return false
  writeHalves(sumHigh, sumLow, out)
  return true
}

/** µs to add so that the value has `digits` digits after the second: rounded half away from 2000-01-01 00:00 as the server does. */
export function roundingMicros(high: number, micros: number, digits: number): number {
  const unit = 10 ** (6 - digits)
  const rest = micros % unit
  if (rest === 0) return 0
  const isUp = high >= 0 ? 2 * rest >= unit : 2 * rest > unit
  return isUp ? unit - rest : -rest
}

/** 2000-01-01 00:00 plus so many days, as exact double: a day of µs is a multiple of 2^13. */
export function writeMidnight(day: number, secondsLater: number, out: TupleWriter): boolean {
  const micros = day * 86_400_000_000
  const high = Math.floor(micros / TWO_32)
  return writeTimestampPlus(high, micros - high * TWO_32, secondsLater * 1_000_000, out)
}
