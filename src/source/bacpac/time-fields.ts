import type { TupleWriter } from '../../base/tuple-writer.ts'
import type { BcpInput } from './bcp-input.ts'
import { TICK_DIGITS } from './column-form.ts'
import type { FieldWriter } from './field-writer.ts'

const TWO_32 = 4_294_967_296
const DAY_MICROS = 86_400_000_000
const DAY_TICKS = 864_000_000_000
/** 0001-01-01 and 1900-01-01 before 2000-01-01. */
const DAYS_FROM_YEAR_1 = 730_119
const DAYS_FROM_1900 = 36_524
/** 9999-12-31, from 0001-01-01 and from 1900-01-01; 1753-01-01 from 1900-01-01. */
const LAST_DAY = 3_652_058
const LAST_DAY_FROM_1900 = 2_958_463
const FIRST_DAY_FROM_1900 = -53_690
/** 1/300 s. */
const DAY_THIRDS = 25_920_000
const DAY_MINUTES = 1440
const MOST_OFFSET = 840

/** An int8 of `days` and what is left of one; both products are exact because a day is a multiple of 2^13 of either unit. */
function writeInstant(days: number, dayUnits: number, rest: number, out: TupleWriter): void {
  const whole = days * dayUnits
  const high = Math.floor(whole / TWO_32)
  const low = whole - high * TWO_32 + rest
  const carry = Math.floor(low / TWO_32)
  out.ensure(18)
  const { view, at } = out
  view.setInt32(at, 8)
  view.setInt32(at + 4, high + carry)
  view.setUint32(at + 8, low - carry * TWO_32)
  out.at = at + 12
}

/** Days since 0001-01-01. */
function daysAt(input: BcpInput, start: number): number {
  const days = input.view.getUint16(start, true) + input.view.getUint8(start + 2) * 65_536
  if (days > LAST_DAY) throw input.failure('a date up to 9999-12-31', 'a later one', start)
  return days - DAYS_FROM_YEAR_1
}

/** 100 ns since midnight. */
function ticksAt(input: BcpInput, start: number): number {
  const ticks = input.view.getUint32(start, true) + input.view.getUint8(start + 4) * TWO_32
  if (ticks >= DAY_TICKS) throw input.failure('a time of day', 'more than a day has', start)
  return ticks
}

function microsAt(input: BcpInput, start: number, scale: number): number {
  const ticks = ticksAt(input, start)
  if (ticks % 10 !== 0) throw input.failure(`a time of ${scale} digits`, 'one of 7', start)
  return ticks / 10
}

export const writeDate: FieldWriter = (input, start, _length, out) => out.int32(daysAt(input, start))

export const writeDatetime: FieldWriter = (input, start, _length, out) => {
  const days = input.view.getInt32(start, true)
  const thirds = input.view.getUint32(start + 4, true)
  if (days < FIRST_DAY_FROM_1900 || days > LAST_DAY_FROM_1900) throw input.failure('a datetime of the years 1753 to 9999', 'another', start)
  if (thirds >= DAY_THIRDS) throw input.failure('a time of day', 'more than a day has', start)
  writeInstant(days - DAYS_FROM_1900, DAY_MICROS, Math.round((thirds * 10) / 3) * 1000, out)
}

export const writeSmalldatetime: FieldWriter = (input, start, _length, out) => {
  const minutes = input.view.getUint16(start + 2, true)
  if (minutes >= DAY_MINUTES) throw input.failure('a time of day', 'more than a day has', start)
  writeInstant(input.view.getUint16(start, true) - DAYS_FROM_1900, DAY_MICROS, minutes * 60_000_000, out)
}

export function timeWriter({ scale }: { readonly scale: number }): FieldWriter {
  return scale < TICK_DIGITS
    ? (input, start, _length, out) => writeInstant(0, 0, microsAt(input, start, scale), out)
    : (input, start, _length, out) => writeInstant(0, 0, ticksAt(input, start), out)
}

export function datetime2Writer({ scale }: { readonly scale: number }): FieldWriter {
  return scale < TICK_DIGITS
    ? (input, start, _length, out) => writeInstant(daysAt(input, start + 5), DAY_MICROS, microsAt(input, start, scale), out)
    : (input, start, _length, out) => writeInstant(daysAt(input, start + 5), DAY_TICKS, ticksAt(input, start), out)
}

/** UTC, then the offset in minutes. */
export const writeDatetimeoffset: FieldWriter = (input, start, _length, out) => {
  const offset = input.view.getInt16(start + 8, true)
  if (Math.abs(offset) > MOST_OFFSET) throw input.failure('an offset of up to 14 hours', 'another', start)
  writeInstant(daysAt(input, start + 5), DAY_TICKS, ticksAt(input, start), out)
  out.view.setInt32(out.at - 12, 10)
  out.view.setInt16(out.at, offset)
  out.at += 2
}
