import type { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import { type CastResult, type CastSides, DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import { checked, copyField, lossless, lossy, PASS_THROUGH, type RuleMaker } from './cast-rule.ts'
import { isInfinite, microsOf } from './date-time-text.ts'
import { secondDigits } from './timestamp-casts.ts'
import { roundingMicros } from './timestamp-halves.ts'
import { writeHalves } from './write-field.ts'

const FULL_PRECISION = 6

/** time to time and timetz to timetz: only the precision can differ. */
export const timeToTime: RuleMaker = ({ source, target }) => {
  const digits = secondDigits(target)
  if (secondDigits(source) <= digits) return PASS_THROUGH
  return checked(`Fractions of a second are rounded to ${digits} digits.`, () => roundTime(digits))
}

/** The first eight bytes are the time of day in µs; timetz has four more for its zone. */
function roundTime(digits: number): FieldCast {
  return (data, start, length, out) => {
    const high = data.readInt32BE(start)
    const low = data.readUInt32BE(start + 4)
    const micros = digits === FULL_PRECISION ? 0 : roundingMicros(high, microsOf(high, low), digits)
    copyField(data, start, length, out)
    if (micros === 0) return DONE
    const rounded = high * 4_294_967_296 + low + micros
    const at = out.at - length
    out.buf.writeInt32BE(Math.floor(rounded / 4_294_967_296), at)
    out.buf.writeUInt32BE(rounded % 4_294_967_296, at + 4)
    return LOSSY
  }
}

export const timetzToTime: RuleMaker = ({ target }) =>
  lossy('The zone is lost.', () => {
    const round = roundTime(secondDigits(target))
    return (data, start, _length, out) => {
      round(data, start, 8, out)
      return LOSSY
    }
  })

export const timeToInterval: RuleMaker = ({ target }) => {
  if (intervalForm(target) !== null) return null
  return lossless(() => (data, start, _length, out) => {
    writeHalves(data.readInt32BE(start), data.readUInt32BE(start + 4), out)
    out.ensure(8)
    out.buf.writeInt32BE(16, out.at - 12)
    out.buf.fill(0, out.at, out.at + 8)
    out.at += 8
    return DONE
  })
}

/** Below it an interval has no infinity, and the bytes of today’s are an ordinary value of 178956970 years. */
const INFINITY_SINCE = 170_000
const FULL_RANGE = 0x7fff
const ANY_PRECISION = 0xffff
const MONTH = 1 << 1
const DAY = 1 << 3
const HOUR = 1 << 10
const MINUTE = 1 << 11
const SECOND = 1 << 12

export const intervalToInterval: RuleMaker = sides => {
  const { source, target } = sides
  const form = source.modifier === target.modifier ? null : intervalForm(target)
  const isInfinityKnown = hasIntervalInfinity(sides.sourceVersion) === hasIntervalInfinity(sides.targetVersion)
  if (form === null && isInfinityKnown) return PASS_THROUGH
  const infinity = infinitySentence(sides)
  const sentence =
    form === null
      ? infinity
      : `Parts ${target.text} does not hold are cut, fractions of a second rounded.${isInfinityKnown ? '' : ` ${infinity}`}`
  return checked(sentence, () => (data, start, length, out) => {
    if (isLimit(data, start)) return isInfinityKnown ? copyField(data, start, length, out) : REFUSED
    copyField(data, start, length, out)
    return form === null ? DONE : form(out)
  })
}

/** Whether servers of that version have infinite intervals. A source that is not PostgreSQL means infinity by those bytes. */
export function hasIntervalInfinity(version: number): boolean {
  return version === 0 || version >= INFINITY_SINCE
}

function infinitySentence(sides: CastSides): string {
  return hasIntervalInfinity(sides.sourceVersion)
    ? 'An infinity is refused: the target’s PostgreSQL has none.'
    : 'The longest interval there is is refused: the target’s PostgreSQL would take it for an infinity.'
}

/** All parts at their largest or smallest value. */
export function isLimit(data: Buffer, start: number): boolean {
  const high = data.readInt32BE(start)
  return isInfinite(high, data.readUInt32BE(start + 4)) && data.readInt32BE(start + 8) === high && data.readInt32BE(start + 12) === high
}

/** Cuts the interval field just written to what its type holds. */
export type IntervalForm = (out: TupleWriter) => CastResult

/** Null: the type holds every interval. */
export function intervalForm(type: SqlType): IntervalForm | null {
  if (type.modifier < 0) return null
  const range = (type.modifier >> 16) & FULL_RANGE
  const digits = type.modifier & ANY_PRECISION
  const unit = timeUnit(range)
  const isExact = digits >= FULL_PRECISION
  if (range === FULL_RANGE && isExact) return null
  return out => {
    const at = out.at - 16
    const before = out.buf.toString('latin1', at, out.at)
    if (range !== FULL_RANGE) cutParts(out.buf, at, range)
    const time = out.buf.readBigInt64BE(at)
    const cut = range === FULL_RANGE || unit === 0n ? (unit === 0n ? 0n : time) : time - (time % unit)
    out.buf.writeBigInt64BE(isExact ? cut : roundHalfAway(cut, 10n ** BigInt(FULL_PRECISION - digits)), at)
    return out.buf.toString('latin1', at, out.at) === before ? DONE : LOSSY
  }
}

function cutParts(buf: Buffer, at: number, range: number): void {
  const isMonths = range < DAY
  if (isMonths) buf.writeInt32BE(0, at + 8)
  if (isMonths && !(range & MONTH)) buf.writeInt32BE(Math.trunc(buf.readInt32BE(at + 12) / 12) * 12, at + 12)
}

/** µs of the smallest part of the time of day that is kept; 0 = none is. */
function timeUnit(range: number): bigint {
  if (range & SECOND) return 1n
  if (range & MINUTE) return 60_000_000n
  return range & HOUR ? 3_600_000_000n : 0n
}

function roundHalfAway(value: bigint, unit: bigint): bigint {
  const size = value < 0n ? -value : value
  const rounded = ((size + unit / 2n) / unit) * unit
  return value < 0n ? -rounded : rounded
}
