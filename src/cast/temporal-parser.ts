import { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import { DATE_END, FIRST_DAY, SECONDS_PER_DAY } from './calendar.ts'
import { type CastContext, type CastResult, DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import type { TextCast } from './cast-rule.ts'
import { DATE_INFINITY, DATE_MINUS_INFINITY, microsOf } from './date-time-text.ts'
import { infinityOf, parseDateTime, parseTime, type WrittenTime } from './parse-date-time.ts'
import { parseInterval } from './parse-interval.ts'
import { familyOf } from './sql-family.ts'
import { intervalForm } from './time-casts.ts'
import { localToInstant, secondDigits } from './timestamp-casts.ts'
import { isTimestampInRange, roundingMicros, writeTimestampPlus } from './timestamp-halves.ts'
import { writeHalves } from './write-field.ts'

const MICROS_PER_DAY = 86_400_000_000

/** Parsers of dates, times and intervals; null = not one of these. */
export function temporalParser(target: SqlType, context: CastContext): TextCast | null {
  switch (familyOf(target)) {
    case 'date':
      return parseDate
    case 'time':
      return timeParser(target, 'time')
    case 'timetz':
      return timeParser(target, 'timetz')
    case 'timestamp':
      return localParser(target)
    case 'timestamptz':
      return instantParser(target, context)
    case 'interval':
      return intervalParser(target)
    default:
      return null
  }
}

const parseDate: TextCast = (text, out) => {
  const infinity = infinityOf(text)
  if (infinity !== 0) out.int32(infinity > 0 ? DATE_INFINITY : DATE_MINUS_INFINITY)
  if (infinity !== 0) return DONE
  const time = parseDateTime(text)
  if (!time || time.day < FIRST_DAY || time.day >= DATE_END) return REFUSED
  out.int32(time.day)
  return time.micros === 0 && time.offset === null ? DONE : LOSSY
}

function timeParser(target: SqlType, kind: 'time' | 'timetz'): TextCast {
  const digits = secondDigits(target)
  return (text, out) => {
    const time = parseTime(text)
    // A time of day alone does not tell which offset its zone had.
    if (!time || (kind === 'timetz' && time.offset === null)) return REFUSED
    const high = Math.floor(time.micros / 4_294_967_296)
    const rounding = digits === 6 ? 0 : roundingMicros(high, time.micros % 1_000_000, digits)
    const micros = time.micros + rounding
    if (micros > MICROS_PER_DAY) return REFUSED
    writeHalves(Math.floor(micros / 4_294_967_296), micros % 4_294_967_296, out)
    if (kind === 'timetz') appendZone(time.offset ?? 0, out)
    return time.isRounded || rounding !== 0 || (kind === 'time' && time.offset !== null) ? LOSSY : DONE
  }
}

/** timetz: 12 bytes, the zone as seconds west. */
function appendZone(offset: number, out: TupleWriter): void {
  out.ensure(4)
  out.buf.writeInt32BE(12, out.at - 12)
  out.buf.writeInt32BE(-offset, out.at)
  out.at += 4
}

function writeInfinity(infinity: -1 | 1, out: TupleWriter): CastResult {
  writeHalves(infinity > 0 ? 0x7fff_ffff : -0x8000_0000, infinity > 0 ? 0xffff_ffff : 0, out)
  return DONE
}

/** Writes the local time as it stands, rounded. An offset that was written is lost: the type has none. */
function localParser(target: SqlType): TextCast {
  const digits = secondDigits(target)
  return (text, out) => {
    const infinity = infinityOf(text)
    if (infinity !== 0) return writeInfinity(infinity, out)
    const time = parseDateTime(text)
    if (!time) return REFUSED
    const result = writeMoment(time, 0, digits, out)
    return result === DONE && time.offset !== null ? LOSSY : result
  }
}

function writeMoment(time: WrittenTime, offset: number, digits: number, out: TupleWriter): CastResult {
  const value = BigInt(time.day * SECONDS_PER_DAY - offset) * 1_000_000n + BigInt(time.micros)
  const high = Number(value >> 32n)
  const low = Number(value & 0xffff_ffffn)
  if (!isTimestampInRange(high, low)) return REFUSED
  const rounding = digits === 6 ? 0 : roundingMicros(high, microsOf(high, low), digits)
  if (!writeTimestampPlus(high, low, rounding, out)) return REFUSED
  return rounding === 0 && !time.isRounded ? DONE : LOSSY
}

/** An offset that was written decides; without one the time is local in the tenant’s zone, and refused when the tenant has none. */
function instantParser(target: SqlType, context: CastContext): TextCast {
  const digits = secondDigits(target)
  const scratch = new TupleWriter(16)
  const toInstant: FieldCast | null = context.zone === null ? null : localCast(target, context)
  return (text, out) => {
    const infinity = infinityOf(text)
    if (infinity !== 0) return writeInfinity(infinity, out)
    const time = parseDateTime(text)
    if (!time) return REFUSED
    if (time.offset !== null) return writeMoment(time, time.offset, digits, out)
    if (toInstant === null) return REFUSED
    scratch.reset()
    const local = writeMoment(time, 0, 6, scratch)
    if (local === REFUSED) return REFUSED
    const result = toInstant(scratch.buf, 4, 8, out)
    return result === DONE ? local : result
  }
}

function localCast(target: SqlType, context: CastContext): FieldCast | null {
  return localToInstant({ source: target, target, sourceVersion: 0, targetVersion: 0 })?.compile(context) ?? null
}

function intervalParser(target: SqlType): TextCast {
  const form = intervalForm(target)
  return (text, out) => {
    const parts = parseInterval(text)
    if (!parts) return REFUSED
    out.int64(parts.micros)
    out.ensure(8)
    out.buf.writeInt32BE(16, out.at - 12)
    out.buf.writeInt32BE(parts.days, out.at)
    out.buf.writeInt32BE(parts.months, out.at + 4)
    out.at += 8
    return form === null ? DONE : form(out)
  }
}
