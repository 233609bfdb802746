import { SECONDS_PER_DAY } from '../cast/calendar.ts'
import { DATE_INFINITY, DATE_MINUS_INFINITY, isInfinite, microsOf, secondsOf } from '../cast/date-time-text.ts'
import { familyOf } from '../cast/sql-family.ts'
import { tickRest, tickSeconds } from '../cast/tick-time.ts'
import { valueText } from '../cast/value-text.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { MomentFacts } from './column-facts.ts'

/** Days since 2000-01-01. */
const YEAR_1 = -730_119
const YEAR_1900 = -36_524
const YEAR_2100 = 36_525
const LAST_DAY = 2_921_939

/** Dates and timestamps: what no calendar of an application means by them. A sentinel day is counted as such and not as implausible besides. */
export class MomentValues {
  readonly #text: (data: Buffer, start: number, length: number) => string
  readonly #isDate: boolean
  readonly #isTicks: boolean
  #days = 0
  #rest = 0
  #min: Moment | null = null
  #max: Moment | null = null
  #isMidnight = true
  #firstDay = 0
  #lastDay = 0
  #before1900 = 0
  #after2100 = 0
  #infinite = 0

  constructor(type: SqlType) {
    const family = familyOf(type)
    this.#text = valueText(type)
    this.#isDate = family === 'date'
    this.#isTicks = family === 'datetime2' || family === 'datetimeoffset'
  }

  add(data: Buffer, start: number, length: number): void {
    if (!this.#read(data, start)) {
      this.#infinite++
      return
    }
    const days = this.#days
    if (this.#rest !== 0) this.#isMidnight = false
    if (days < YEAR_1900) {
      if (days === YEAR_1) this.#firstDay++
      else this.#before1900++
    } else if (days >= YEAR_2100) {
      if (days === LAST_DAY) this.#lastDay++
      else this.#after2100++
    }
    if (isBefore(this.#min, days, this.#rest, -1)) this.#min = { days, rest: this.#rest, text: this.#text(data, start, length) }
    if (isBefore(this.#max, days, this.#rest, 1)) this.#max = { days, rest: this.#rest, text: this.#text(data, start, length) }
  }

  facts(): MomentFacts {
    return {
      extremes: this.#min === null || this.#max === null ? null : { min: this.#min.text, max: this.#max.text },
      isMidnight: !this.#isDate && this.#isMidnight && this.#min !== null,
      firstDay: this.#firstDay,
      lastDay: this.#lastDay,
      before1900: this.#before1900,
      after2100: this.#after2100,
      infinite: this.#infinite,
    }
  }

  /** Into `#days` and `#rest`, millionths of a second (ten-millionths of ticks) of the day; false for infinity. */
  #read(data: Buffer, start: number): boolean {
    const high = data.readInt32BE(start)
    if (this.#isDate) {
      this.#days = high
      this.#rest = 0
      return high !== DATE_INFINITY && high !== DATE_MINUS_INFINITY
    }
    const low = data.readUInt32BE(start + 4)
    if (!this.#isTicks && isInfinite(high, low)) return false
    const seconds = this.#isTicks ? tickSeconds(high, low) : secondsOf(high, low)
    this.#days = Math.floor(seconds / SECONDS_PER_DAY)
    const ofDay = seconds - this.#days * SECONDS_PER_DAY
    this.#rest = this.#isTicks ? ofDay * 10_000_000 + tickRest(high, low) : ofDay * 1_000_000 + microsOf(high, low)
    return true
  }
}

interface Moment {
  readonly days: number
  readonly rest: number
  readonly text: string
}

function isBefore(known: Moment | null, days: number, rest: number, sign: 1 | -1): boolean {
  if (known === null) return true
  const by = days === known.days ? rest - known.rest : days - known.days
  return by * sign > 0
}
