import type { TupleWriter } from '../base/tuple-writer.ts'
import { RehouseError } from '../errors.ts'
import type { SqlType } from '../model/sql-type.ts'
import { SECONDS_PER_DAY } from './calendar.ts'
import { type CastContext, type CastResult, DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import { checked, copyField, lossy, needingZone, PASS_THROUGH, type RuleMaker } from './cast-rule.ts'
import { DATE_INFINITY, DATE_MINUS_INFINITY, isInfinite, microsOf, secondsOf } from './date-time-text.ts'
import { isTimestampInRange, roundingMicros, writeMidnight, writeTimestampPlus } from './timestamp-halves.ts'
import { writeHalves } from './write-field.ts'
import { type ZoneTable, zoneTable } from './zone-table.ts'

const FULL_PRECISION = 6
const GAPS =
  'A local time that the clock of the tenant’s zone left out or showed twice is settled by the manifest’s `time` rule and counted.'

/** Digits after the second. */
export function secondDigits(type: SqlType): number {
  return type.modifier >= 0 && type.modifier < FULL_PRECISION ? type.modifier : FULL_PRECISION
}

/** The tenant’s zone. Throws TENANT_INVALID when it has none. */
export function zoneOf(context: CastContext): ZoneTable {
  if (context.zone !== null) return zoneTable(context.zone)
  throw new RehouseError(
    'TENANT_INVALID',
    'expected a time zone for the tenant, because local times are to become instants or the other way round, got none',
    {
      next: 'Name the column that holds it in the manifest (`tenants: { zone: zone }`) and give each tenant an IANA zone such as `America/Chicago`.',
    },
  )
}

/** Writes a timestamp plus µs, rounded to the target’s precision. */
function writeInstant(halves: { high: number; low: number }, micros: number, digits: number, out: TupleWriter): CastResult {
  const { high, low } = halves
  if (!writeTimestampPlus(high, low, micros, out)) return REFUSED
  return digits === FULL_PRECISION ? DONE : roundWritten(digits, out)
}

/** Rounds the int64 field just written. */
function roundWritten(digits: number, out: TupleWriter): CastResult {
  const high = out.buf.readInt32BE(out.at - 8)
  const low = out.buf.readUInt32BE(out.at - 4)
  const micros = roundingMicros(high, microsOf(high, low), digits)
  if (micros === 0) return DONE
  out.at -= 12
  return writeTimestampPlus(high, low, micros, out) ? LOSSY : REFUSED
}

/** timestamp to timestamp and timestamptz to timestamptz: only the precision can differ. */
export const instantToInstant: RuleMaker = ({ source, target, sourceVersion }) => {
  const digits = secondDigits(target)
  if (secondDigits(source) <= digits && sourceVersion > 0) return PASS_THROUGH
  const halves = { high: 0, low: 0 }
  return checked(
    digits === FULL_PRECISION ? 'A time PostgreSQL cannot hold is refused.' : `Fractions of a second are rounded to ${digits} digits.`,
    () => {
      return (data, start, length, out) => {
        halves.high = data.readInt32BE(start)
        halves.low = data.readUInt32BE(start + 4)
        return isInfinite(halves.high, halves.low) ? copyField(data, start, length, out) : writeInstant(halves, 0, digits, out)
      }
    },
  )
}

/** The offset of a local time after the manifest’s rule; NaN = to be quarantined. */
type ResolveLocal = (local: number) => number

function resolver(table: ZoneTable, context: CastContext): ResolveLocal {
  const { gap, overlap, zoneHit } = context
  return local => {
    const time = table.localTime(local)
    if (time.kind === 'one') return time.offset
    zoneHit(time.kind)
    const rule = time.kind === 'gap' ? gap : overlap
    if (rule === 'quarantine') return Number.NaN
    // Across a gap the offset before it gives a time after the gap, as PostgreSQL has it; in an overlap it gives the earlier of the two.
    return rule === 'shift_forward' || rule === 'earlier' ? time.before : time.after
  }
}

export const localToInstant: RuleMaker = ({ target }) => {
  const digits = secondDigits(target)
  return needingZone(
    checked(GAPS, context => {
      const table = zoneOf(context)
      const resolve = resolver(table, context)
      const halves = { high: 0, low: 0 }
      return (data, start, length, out) => {
        const high = data.readInt32BE(start)
        const low = data.readUInt32BE(start + 4)
        if (isInfinite(high, low)) return copyField(data, start, length, out)
        const local = secondsOf(high, low)
        const plain = table.plainOffset(local)
        const offset = Number.isNaN(plain) ? resolve(local) : plain
        if (Number.isNaN(offset)) return REFUSED
        halves.high = high
        halves.low = low
        return writeInstant(halves, -offset * 1_000_000, digits, out)
      }
    }),
  )
}

export const instantToLocal: RuleMaker = ({ target }) => {
  const digits = secondDigits(target)
  return needingZone(
    checked('A local time the clock of the tenant’s zone showed twice no longer tells which of the two it was.', context => {
      const table = zoneOf(context)
      const halves = { high: 0, low: 0 }
      return (data, start, length, out) => {
        const high = data.readInt32BE(start)
        const low = data.readUInt32BE(start + 4)
        if (isInfinite(high, low)) return copyField(data, start, length, out)
        const utc = secondsOf(high, low)
        const offset = table.offsetAt(utc)
        halves.high = high
        halves.low = low
        const result = writeInstant(halves, offset * 1_000_000, digits, out)
        return result === DONE && Number.isNaN(table.plainOffset(utc + offset)) ? overlapLoss(table, utc + offset, context) : result
      }
    }),
  )
}

function overlapLoss(table: ZoneTable, local: number, context: CastContext): CastResult {
  if (table.localTime(local).kind !== 'overlap') return DONE
  context.zoneHit('overlap')
  return LOSSY
}

const NO_ZONE = { offsetAt: (): number => 0 }

/** Writes the date of a timestamp; its time of day is lost unless it is midnight. */
function toDate(table: Pick<ZoneTable, 'offsetAt'>): FieldCast {
  return (data, start, _length, out) => {
    const high = data.readInt32BE(start)
    const low = data.readUInt32BE(start + 4)
    if (isInfinite(high, low)) {
      out.int32(high < 0 ? DATE_MINUS_INFINITY : DATE_INFINITY)
      return DONE
    }
    const utc = secondsOf(high, low)
    const local = utc + table.offsetAt(utc)
    const day = Math.floor(local / SECONDS_PER_DAY)
    out.int32(day)
    return local === day * SECONDS_PER_DAY && microsOf(high, low) === 0 ? DONE : LOSSY
  }
}

export const localToDate: RuleMaker = () => checked('The time of day is lost unless it is midnight.', () => toDate(NO_ZONE))

export const instantToDate: RuleMaker = () =>
  needingZone(checked('The time of day in the tenant’s zone is lost unless it is midnight.', context => toDate(zoneOf(context))))

/** Midnight of a date, or refused: dates reach further than timestamps. */
function fromDate(resolve: ResolveLocal): FieldCast {
  return (data, start, _length, out) => {
    const day = data.readInt32BE(start)
    if (day === DATE_INFINITY) writeHalves(0x7fff_ffff, 0xffff_ffff, out)
    else if (day === DATE_MINUS_INFINITY) writeHalves(-0x8000_0000, 0, out)
    else {
      const offset = resolve(day * SECONDS_PER_DAY)
      return Number.isNaN(offset) || !writeMidnight(day, -offset, out) ? REFUSED : DONE
    }
    return DONE
  }
}

export const dateToLocal: RuleMaker = () => checked('A date after the year 294276 is refused.', () => fromDate(() => 0))

export const dateToInstant: RuleMaker = () =>
  needingZone(
    checked(`Midnight in the tenant’s zone. ${GAPS} A date after the year 294276 is refused.`, context =>
      fromDate(resolver(zoneOf(context), context)),
    ),
  )

/** Writes the time of day; the date is lost. */
function toTime(table: Pick<ZoneTable, 'offsetAt'>, digits: number): FieldCast {
  return (data, start, _length, out) => {
    const high = data.readInt32BE(start)
    const low = data.readUInt32BE(start + 4)
    if (isInfinite(high, low)) return REFUSED
    const utc = secondsOf(high, low)
    const local = utc + table.offsetAt(utc)
    const micros = (local - Math.floor(local / SECONDS_PER_DAY) * SECONDS_PER_DAY) * 1_000_000 + microsOf(high, low)
    const timeHigh = Math.floor(micros / 4_294_967_296)
    writeHalves(timeHigh, micros - timeHigh * 4_294_967_296, out)
    if (digits < FULL_PRECISION) roundWritten(digits, out)
    return LOSSY
  }
}

export const localToTime: RuleMaker = ({ target }) =>
  lossy('The date is lost; an infinity is refused.', () => toTime(NO_ZONE, secondDigits(target)))

export const instantToTime: RuleMaker = ({ target }) =>
  needingZone(
    lossy('The date is lost; an infinity is refused. The time is that of the tenant’s zone.', context =>
      toTime(zoneOf(context), secondDigits(target)),
    ),
  )

/** Whether an int64 field is a timestamp a server takes. */
export function isTimestamp(high: number, low: number): boolean {
  return isInfinite(high, low) || isTimestampInRange(high, low)
}
