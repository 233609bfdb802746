import { SECONDS_PER_DAY } from './calendar.ts'
import { dateText } from './date-time-text.ts'

/**
 * Times of SQL Server that count 100 ns (docs/design/008), from their int64 as two halves, without bigints: datetime2 and datetimeoffset since 2000-01-01, time since midnight.
 * All are of the years 1 to 9999.
 */
export const TICKS_PER_SECOND = 10_000_000
const DIGITS = 7

/** Whole seconds, rounded down: 2^32 ticks are 429 s and 4 967 296 ticks. */
export function tickSeconds(high: number, low: number): number {
  return high * 429 + Math.floor((high * 4_967_296 + low) / TICKS_PER_SECOND)
}

/** The ticks left over by `tickSeconds`, 0..9999999. */
export function tickRest(high: number, low: number): number {
  const rest = high * 4_967_296 + low
  return rest - Math.floor(rest / TICKS_PER_SECOND) * TICKS_PER_SECOND
}

export function tickTimeText(high: number, low: number): string {
  return clock(tickSeconds(high, low), tickRest(high, low))
}

/** `offset`: seconds the clock shown is ahead of the time counted. */
export function tickTimestampText(high: number, low: number, offset: number): string {
  const seconds = tickSeconds(high, low) + offset
  const day = Math.floor(seconds / SECONDS_PER_DAY)
  return `${dateText(day)} ${clock(seconds - day * SECONDS_PER_DAY, tickRest(high, low))}`
}

function clock(seconds: number, ticks: number): string {
  const fraction = ticks === 0 ? '' : `.${String(ticks).padStart(DIGITS, '0').replace(/0+$/, '')}`
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

/** `+05:30`, from minutes. */
export function offsetText(minutes: number): string {
  const size = Math.abs(minutes)
  const rest = size % 60
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${rest === 0 ? '' : `:${two(rest)}`}`
}
