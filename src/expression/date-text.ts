/**
 * Dates and times between text (ISO) and numbers: days since 2000-01-01, µs since 2000-01-01 00:00. Proleptic Gregorian calendar, all whole numbers, exact.
 * Only the ISO form is read: what another form means depends on a server’s settings.
 */

export const DATE_INFINITY = 2_147_483_647
export const DATE_MINUS_INFINITY = -2_147_483_648
export const TIME_INFINITY = 2n ** 63n - 1n
export const TIME_MINUS_INFINITY = -(2n ** 63n)

const FIRST_DAY = -2_451_545
const LAST_DAY = 2_145_031_948
const LAST_TIMESTAMP_DAY = 106_751_982
/** 0000-03-01, from which leap days come last in every cycle, in days since 2000-01-01. */
const MARCH_OF_YEAR_0 = -730_425
const DAYS_PER_400_YEARS = 146_097
const MICROS_PER_DAY = 86_400_000_000n

export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const cycle = Math.floor(y / 400)
  const yearOfCycle = y - cycle * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return (
    MARCH_OF_YEAR_0 +
    cycle * DAYS_PER_400_YEARS +
    yearOfCycle * 365 +
    Math.floor(yearOfCycle / 4) -
    Math.floor(yearOfCycle / 100) +
    dayOfYear
  )
}

function civilOf(days: number): { year: number; month: number; day: number } {
  const fromMarch = days - MARCH_OF_YEAR_0
  const cycle = Math.floor(fromMarch / DAYS_PER_400_YEARS)
  const dayOfCycle = fromMarch - cycle * DAYS_PER_400_YEARS
  const leaps = Math.floor(dayOfCycle / 36_524) - Math.floor(dayOfCycle / 1460) - Math.floor(dayOfCycle / 146_096)
  const yearOfCycle = Math.floor((dayOfCycle + leaps) / 365)
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return { year: cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1 }
}

export function dateText(days: number): string {
  if (days === DATE_INFINITY) return 'infinity'
  if (days === DATE_MINUS_INFINITY) return '-infinity'
  const { date, era } = datePart(days)
  return date + era
}

/** `timestamp` without zone; for `timestamptz` in UTC the caller gives the zone to write. */
export function timestampText(micros: bigint, zone = ''): string {
  if (micros === TIME_INFINITY) return 'infinity'
  if (micros === TIME_MINUS_INFINITY) return '-infinity'
  const ofDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY
  const { date, era } = datePart(Number((micros - ofDay) / MICROS_PER_DAY))
  return `${date} ${timeText(ofDay)}${zone}${era}`
}

export function timeText(micros: bigint): string {
  const all = Number(micros)
  const seconds = Math.floor(all / 1_000_000)
  const rest = all % 1_000_000
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`
}

/** The day a timestamp falls on; infinities stay. */
export function dayOfTimestamp(micros: bigint): number {
  if (micros === TIME_INFINITY) return DATE_INFINITY
  if (micros === TIME_MINUS_INFINITY) return DATE_MINUS_INFINITY
  const ofDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY
  return Number((micros - ofDay) / MICROS_PER_DAY)
}

/** What a text says, or why it says nothing: it has another form, or names a day or time that does not exist. */
export type Read<T> = T | 'other form' | 'out of range'

const DATE = /^(\d{4,7})-(\d\d)-(\d\d)( BC)?$/i
const DATE_TIME = /^(\d{4,6}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?))?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?( BC)?$/i
const TIME = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$/

export function readDate(text: string): Read<number> {
  const word = text.toLowerCase()
  if (word === 'infinity') return DATE_INFINITY
  if (word === '-infinity') return DATE_MINUS_INFINITY
  const match = DATE.exec(text)
  if (!match) return 'other form'
  const written = Number(match[1])
  const [month, day] = [Number(match[2]), Number(match[3])]
  const year = match[4] ? 1 - written : written
  if (written === 0 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month)) return 'out of range'
  const days = daysOf(year, month, day)
  return days < FIRST_DAY || days > LAST_DAY ? 'out of range' : days
}

/** µs since 2000-01-01. `zoned`: an offset or Z must stand there, and the result is in UTC; else none may. */
export function readTimestamp(text: string, zone: 'zoned' | 'local'): Read<bigint> {
  const word = text.toLowerCase()
  if (word === 'infinity') return TIME_INFINITY
  if (word === '-infinity') return TIME_MINUS_INFINITY
  const match = DATE_TIME.exec(text)
  if (!match || (match[3] !== undefined) !== (zone === 'zoned')) return 'other form'
  const days = readDate(`${match[1]}${match[4] ?? ''}`)
  const time = match[2] === undefined ? 0n : readTime(match[2])
  const offset = offsetMicros(match[3] ?? 'Z')
  if (typeof days === 'string') return days
  if (typeof time === 'string') return time
  if (offset === null || days > LAST_TIMESTAMP_DAY) return 'out of range'
  return BigInt(days) * MICROS_PER_DAY + time - offset
}

/** µs since midnight, 24:00:00 included. */
export function readTime(text: string): Read<bigint> {
  const match = TIME.exec(text)
  if (!match) return 'other form'
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
  if (hours > 24 || minutes > 59 || seconds > 59) return 'out of range'
  const micros = BigInt((hours * 60 + minutes) * 60 + seconds) * 1_000_000n + BigInt((match[4] ?? '').padEnd(6, '0'))
  return micros > MICROS_PER_DAY ? 'out of range' : micros
}

function offsetMicros(zone: string): bigint | null {
  if (zone.toUpperCase() === 'Z') return 0n
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))]
  if (hours > 15 || minutes > 59) return null
  const micros = BigInt(hours * 60 + minutes) * 60_000_000n
  return zone.startsWith('-') ? -micros : micros
}

function datePart(days: number): { date: string; era: string } {
  const { year, month, day } = civilOf(days)
  return { date: `${String(year > 0 ? year : 1 - year).padStart(4, '0')}-${two(month)}-${two(day)}`, era: year > 0 ? '' : ' BC' }
}

function monthDays(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (month === 2) return isLeap ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
