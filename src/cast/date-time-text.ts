import { civilFromDays, SECONDS_PER_DAY } from './calendar.ts'

/** Dates and times as PostgreSQL prints them with `DateStyle = ISO`, `IntervalStyle = postgres`, `TimeZone = UTC`. */

export const DATE_INFINITY = 2_147_483_647
export const DATE_MINUS_INFINITY = -2_147_483_648
const HIGH = 2_147_483_647
const LOW = -2_147_483_648
const ALL_ONES = 4_294_967_295

/** Whether an int64 field stands for (minus) infinity: its largest or smallest value. */
export function isInfinite(high: number, low: number): boolean {
  return (high === HIGH && low === ALL_ONES) || (high === LOW && low === 0)
}

/** Whole seconds of an int64 of µs (rounded down), exact for all of them: 2^32 µs are 4294 s and 967296 µs. */
export function secondsOf(high: number, low: number): number {
  return high * 4294 + Math.floor((high * 967_296 + low) / 1_000_000)
}

/** The µs left over by `secondsOf`, 0..999999. */
export function microsOf(high: number, low: number): number {
  const rest = high * 967_296 + low
  return rest - Math.floor(rest / 1_000_000) * 1_000_000
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

function fraction(micros: number): string {
  return micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`
}

function clock(seconds: number, micros: number): string {
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction(micros)}`
}

/** Year, month and day, and the era that follows whatever comes after them. */
function datePart(days: number): readonly [string, string] {
  const { year, month, day } = civilFromDays(days)
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return [`${shown}-${two(month)}-${two(day)}`, year > 0 ? '' : ' BC']
}

export function dateText(days: number): string {
  if (days === DATE_INFINITY) return 'infinity'
  if (days === DATE_MINUS_INFINITY) return '-infinity'
  const [date, era] = datePart(days)
  return date + era
}

/** `between` stands between date and time, `zone` after the time (`+00`). */
export function timestampText(high: number, low: number, marks: { readonly between: string; readonly zone: string }): string {
  if (isInfinite(high, low)) return high < 0 ? '-infinity' : 'infinity'
  const seconds = secondsOf(high, low)
  const day = Math.floor(seconds / SECONDS_PER_DAY)
  const [date, era] = datePart(day)
  return `${date}${marks.between}${clock(seconds - day * SECONDS_PER_DAY, microsOf(high, low))}${marks.zone}${era}`
}

export function timeText(high: number, low: number): string {
  return clock(secondsOf(high, low), microsOf(high, low))
}

/** `west`: seconds west of Greenwich, as timetz holds them. */
export function zoneText(west: number): string {
  const east = Math.abs(west)
  const minutes = Math.floor(east / 60) % 60
  const seconds = east % 60
  const tail = seconds > 0 ? `:${two(minutes)}:${two(seconds)}` : minutes > 0 ? `:${two(minutes)}` : ''
  return `${west > 0 ? '-' : '+'}${two(Math.floor(east / 3600))}${tail}`
}

/** PostgreSQL 17 and later take an interval whose parts are all at their limit for infinity. */
export function intervalText(data: Buffer, start: number): string {
  const high = data.readInt32BE(start)
  const low = data.readUInt32BE(start + 4)
  const days = data.readInt32BE(start + 8)
  const months = data.readInt32BE(start + 12)
  if (isInfinite(high, low) && days === high && months === high) return high < 0 ? '-infinity' : 'infinity'
  const parts: string[] = []
  const years = Math.trunc(months / 12)
  addUnit(parts, years, 'year')
  addUnit(parts, months - years * 12, 'mon')
  addUnit(parts, days, 'day')
  const micros = data.readBigInt64BE(start)
  if (micros !== 0n || parts.length === 0) parts.push(intervalClock(micros, parts.length > 0 && (parts.at(-1) as string).startsWith('-')))
  return parts.join(' ')
}

function addUnit(parts: string[], value: number, unit: string): void {
  if (value === 0) return
  // After a negative part a positive one shows its sign.
  const sign = value > 0 && parts.length > 0 && (parts.at(-1) as string).startsWith('-') ? '+' : ''
  parts.push(`${sign}${value} ${unit}${value === 1 ? '' : 's'}`)
}

function intervalClock(micros: bigint, isAfterNegative: boolean): string {
  const size = micros < 0n ? -micros : micros
  const seconds = Number(size / 1_000_000n)
  return `${micros < 0n ? '-' : isAfterNegative ? '+' : ''}${clock(seconds, Number(size % 1_000_000n))}`
}
