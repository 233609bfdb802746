import { daysFromCivil, isCivilDate } from './calendar.ts'

/** Reads ISO 8601 and PostgreSQL’s own text of dates and times; whatever else a server might guess at (month names, `today`, 03/04/05) is not read. */

/** A point in time as written. `micros` of the day can be 86400000000 (24:00); `offset` in seconds east, null = none written. */
export interface WrittenTime {
  readonly day: number
  readonly micros: number
  readonly offset: number | null
  /** Digits beyond the sixth after the second were rounded off. */
  readonly isRounded: boolean
}

const DATE = String.raw`(\d{4,7})-(\d{1,2})-(\d{1,2})|(\d{4})(\d{2})(\d{2})`
const TIME = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?`
const ZONE = String.raw`(?:\s*(Z|UTC|[+-]\d{1,2}(?::?\d{2}(?::\d{2})?)?))?`
const ERA = String.raw`(?:\s+(BC|AD))?`
const DATE_TIME = new RegExp(String.raw`^\s*(?:${DATE})(?:(?:\s+|T)${TIME}${ZONE})?${ERA}\s*$`, 'i')
const CLOCK = new RegExp(String.raw`^\s*${TIME}${ZONE}\s*$`, 'i')
const INFINITY = /^\s*([+-]?)infinity\s*$/i

/** `infinity` 1, `-infinity` −1, anything else 0. */
export function infinityOf(text: string): -1 | 0 | 1 {
  const match = INFINITY.exec(text)
  if (!match) return 0
  return match[1] === '-' ? -1 : 1
}

/** A date with or without time of day and zone; null = not one. */
export function parseDateTime(text: string): WrittenTime | null {
  const match = DATE_TIME.exec(text)
  if (!match) return null
  const [, y1, m1, d1, y2, m2, d2, hour, minute, second, fraction, zone, era] = match
  const shown = Number(y1 ?? y2)
  const year = era?.toUpperCase() === 'BC' ? 1 - shown : shown
  const date = { year, month: Number(m1 ?? m2), day: Number(d1 ?? d2) }
  if (shown === 0 || !isCivilDate(date)) return null
  const clock = clockOf([hour ?? '0', minute ?? '0', second ?? '0', fraction ?? ''])
  const offset = offsetOf(zone)
  return clock && offset !== undefined ? { day: daysFromCivil(date), ...clock, offset } : null
}

/** A time of day with or without zone; `day` is 0. */
export function parseTime(text: string): WrittenTime | null {
  const match = CLOCK.exec(text)
  if (!match) return null
  const [, hour = '', minute = '', second = '0', fraction = '', zone] = match
  const clock = clockOf([hour, minute, second, fraction])
  const offset = offsetOf(zone)
  return clock && offset !== undefined ? { day: 0, ...clock, offset } : null
}

function clockOf(parts: readonly [string, string, string, string]): { readonly micros: number; readonly isRounded: boolean } | null {
  const [hour, minute, second] = parts.map(Number) as [number, number, number]
  const fraction = parts[3]
  const isMidnight = hour === 24 && minute === 0 && second === 0 && Number(`0.${fraction}0`) === 0
  if ((hour > 23 && !isMidnight) || minute > 59 || second > 59) return null
  const kept = Number(fraction.slice(0, 6).padEnd(6, '0'))
  const rest = fraction.slice(6)
  const micros = kept + (rest >= '5' ? 1 : 0)
  return { micros: (hour * 3600 + minute * 60 + second) * 1_000_000 + micros, isRounded: /[1-9]/.test(rest) }
}

/** Seconds east; null = none written; undefined = out of range. */
function offsetOf(zone: string | undefined): number | null | undefined {
  if (zone === undefined) return null
  if (/^(z|utc)$/i.test(zone)) return 0
  const match = /^[+-](\d{1,2}):?(\d{2})?:?(\d{2})?$/.exec(zone)
  const [hours, minutes, seconds] = [match?.[1], match?.[2] ?? 0, match?.[3] ?? 0].map(Number) as [number, number, number]
  if (hours > 15 || minutes > 59 || seconds > 59) return undefined
  const offset = hours * 3600 + minutes * 60 + seconds
  return zone.startsWith('-') ? -offset : offset
}
