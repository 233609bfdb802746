/** Days that were asked for before: rows come with the same ones again and again. */
const known = new Map<string, number>()

/** Days since 0001-01-01 of a date of the proleptic Gregorian calendar, `YYYY-MM-DD`. */
export function dayNumber(date: string): number {
  const before = known.get(date)
  if (before !== undefined) return before
  const number = countDays(date)
  if (known.size < 20_000) known.set(date, number)
  return number
}

function countDays(date: string): number {
  const [year = NaN, month = NaN, day = NaN] = date.split('-').map(Number)
  // Years that begin in March: the leap day comes last.
  const shifted = month > 2 ? year : year - 1
  const inYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const number = shifted * 365 + Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400) + inYear - 306
  if (!Number.isInteger(number)) throw new TypeError(`expected a date YYYY-MM-DD, got ${date}`)
  return number
}

/** Units of 100 ns since midnight of `HH:MM:SS.fffffff`; digits that are missing are 0. */
export function dayTicks(time: string): number {
  const [, hours, minutes, seconds, fraction = ''] = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?$/.exec(time) ?? []
  if (hours === undefined) throw new TypeError(`expected a time HH:MM:SS.fffffff, got ${time}`)
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)
  // At most 864 000 000 000: exact.
  return whole * 10_000_000 + Number(fraction.padEnd(7, '0'))
}

export const TICKS_A_DAY = 864_000_000_000
