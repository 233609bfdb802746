/** An interval’s three parts. */
export interface IntervalParts {
  readonly months: number
  readonly days: number
  readonly micros: bigint
}

const UNITS: Readonly<Record<string, readonly [months: number, days: number, micros: number]>> = {
  year: [12, 0, 0],
  yr: [12, 0, 0],
  mon: [1, 0, 0],
  month: [1, 0, 0],
  week: [0, 7, 0],
  day: [0, 1, 0],
  hour: [0, 0, 3_600_000_000],
  min: [0, 0, 60_000_000],
  minute: [0, 0, 60_000_000],
  sec: [0, 0, 1_000_000],
  second: [0, 0, 1_000_000],
}
const PART = /\s*([+-]?\d+)\s*(years?|yrs?|mons?|months?|weeks?|days?|hours?|mins?|minutes?|secs?|seconds?)\b/iy
const CLOCK = /\s*([+-]?)(\d+):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*$/y
const ISO =
  /^\s*P(?=[\dT+-])(?:([+-]?\d+)Y)?(?:([+-]?\d+)M)?(?:([+-]?\d+)W)?(?:([+-]?\d+)D)?(?:T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?)(\d+)(?:\.(\d{1,6}))?S)?)?\s*$/i
const INT4 = 2_147_483_647
const INT8 = 2n ** 63n

/** Reads PostgreSQL’s own text of an interval (`1 year -2 mons +3 days -04:05:06.789`) and ISO 8601 (`P1Y2M3DT4H5M6S`), whole units only but for seconds; null = neither, or too large. */
export function parseInterval(text: string): IntervalParts | null {
  const parts = parseIso(text) ?? parseParts(text)
  if (!parts || !isInt4(parts.months) || !isInt4(parts.days)) return null
  return parts.micros < INT8 && parts.micros >= -INT8 ? parts : null
}

function isInt4(value: number): boolean {
  return value >= -INT4 - 1 && value <= INT4
}

function parseIso(text: string): IntervalParts | null {
  const match = ISO.exec(text)
  if (!match) return null
  const [years, months, weeks, days, hours, minutes] = match.slice(1, 7).map(part => BigInt(part ?? 0)) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  const seconds = secondMicros(match[7] ?? '', match[8] ?? '0', match[9])
  return {
    months: Number(years * 12n + months),
    days: Number(weeks * 7n + days),
    micros: hours * 3_600_000_000n + minutes * 60_000_000n + seconds,
  }
}

function secondMicros(sign: string, seconds: string, fraction = ''): bigint {
  const micros = BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
  return sign === '-' ? -micros : micros
}

function parseParts(text: string): IntervalParts | null {
  let [months, days, micros, at] = [0, 0, 0n, 0]
  // A unit may stand only once.
  const seen = new Set<string>()
  for (;;) {
    PART.lastIndex = at
    const match = PART.exec(text)
    if (!match) break
    at = PART.lastIndex
    const unit = UNITS[(match[2] as string).toLowerCase().replace(/s$/, '')]
    if (!unit || seen.has(String(unit))) return null
    seen.add(String(unit))
    months += Number(match[1]) * unit[0]
    days += Number(match[1]) * unit[1]
    micros += BigInt(match[1] as string) * BigInt(unit[2])
  }
  CLOCK.lastIndex = at
  const clock = CLOCK.exec(text)
  if (clock) {
    const [, sign = '', hours = '0', minutes = '0', seconds = '0', fraction = ''] = clock
    if (Number(minutes) > 59 || Number(seconds) > 59 || micros !== 0n) return null
    const size = BigInt(hours) * 3_600_000_000n + BigInt(minutes) * 60_000_000n + secondMicros('', seconds, fraction)
    return { months, days, micros: micros + (sign === '-' ? -size : size) }
  }
  return at > 0 && text.slice(at).trim() === '' ? { months, days, micros } : null
}
