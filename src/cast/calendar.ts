/** Dates of the proleptic Gregorian calendar as PostgreSQL counts them: days since 2000-01-01; years astronomical (0 = 1 BC). All whole numbers, exact. */

/** 2000-03-01, the start of a 400-year cycle whose leap days come last, in days since 2000-01-01. */
const CYCLE_START = 60
const DAYS_PER_CYCLE = 146_097

export const SECONDS_PER_DAY = 86_400
/** 4714-11-24 BC, the first date of date and timestamp. */
export const FIRST_DAY = -2_451_545
/** The day after the last a date can hold. */
export const DATE_END = 2_145_031_949
/** The day after the last a timestamp can hold (294276-12-31). */
export const TIMESTAMP_END_DAY = 106_751_983

export interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

export function civilFromDays(days: number): CivilDate {
  const shifted = days - CYCLE_START
  const cycle = Math.floor(shifted / DAYS_PER_CYCLE)
  const dayOfCycle = shifted - cycle * DAYS_PER_CYCLE
  const yearOfCycle = Math.floor(
    (dayOfCycle - Math.floor(dayOfCycle / 1460) + Math.floor(dayOfCycle / 36_524) - Math.floor(dayOfCycle / 146_096)) / 365,
  )
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: 2000 + cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}

export function daysFromCivil(date: CivilDate): number {
  const year = (date.month <= 2 ? date.year - 1 : date.year) - 2000
  const cycle = Math.floor(year / 400)
  const yearOfCycle = year - cycle * 400
  const dayOfYear = Math.floor((153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5) + date.day - 1
  return CYCLE_START + cycle * DAYS_PER_CYCLE + yearOfCycle * 365 + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100) + dayOfYear
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Whether the calendar has this date. */
export function isCivilDate(date: CivilDate): boolean {
  if (date.month < 1 || date.month > 12 || date.day < 1) return false
  const isLeap = date.year % 4 === 0 && (date.year % 100 !== 0 || date.year % 400 === 0)
  return date.day <= (date.month === 2 && isLeap ? 29 : (MONTH_DAYS[date.month - 1] as number))
}
