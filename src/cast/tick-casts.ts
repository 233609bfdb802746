import { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from './builtin-types.ts'
import { SECONDS_PER_DAY } from './calendar.ts'
import { type CastContext, type CastResult, type CastRule, DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import { checked, lossy, needingZone, type RuleMaker, worse } from './cast-rule.ts'
import { tickRest, tickSeconds } from './tick-time.ts'
import { timeToInterval } from './time-casts.ts'
import { instantToDate, instantToLocal, instantToTime, localToDate, localToInstant, secondDigits } from './timestamp-casts.ts'
import { writeTimestampPlus } from './timestamp-halves.ts'
import { writeHalves } from './write-field.ts'
import { zoneTable } from './zone-table.ts'

/** Casts of SQL Server’s times of 100 ns: to µs, then as PostgreSQL’s own types go. */

const MICRO_DIGITS = 6
const TWO_32 = 4_294_967_296
const TICKS_PER_MICRO = 10
const DAY_MICROS = 86_400_000_000
const ROUNDED = 'The seventh digit of a second is lost unless it is 0.'

function roundedTo(digits: number): string {
  return digits === MICRO_DIGITS ? ROUNDED : `Fractions of a second are rounded to ${digits} digits.`
}

/** Ticks of a second rounded to `digits`, half away from 2000-01-01 as PostgreSQL rounds; may be a whole second. */
type Rounding = (high: number, ticks: number) => number

function rounding(digits: number): Rounding {
  const unit = 10 ** (7 - digits)
  return (high, ticks) => {
    const rest = ticks % unit
    if (rest === 0) return ticks
    return ticks - rest + ((high >= 0 ? 2 * rest >= unit : 2 * rest > unit) ? unit : 0)
  }
}

/** A date does not change because of the time of day. */
const cut: Rounding = (_high, ticks) => ticks - (ticks % TICKS_PER_MICRO)

/** An int8 of 100 ns since 2000-01-01 as one of µs. */
function toTimestamp(round: Rounding): FieldCast {
  return (data, start, _length, out) => {
    const high = data.readInt32BE(start)
    const low = data.readUInt32BE(start + 4)
    const seconds = tickSeconds(high, low)
    const ticks = tickRest(high, low)
    const rounded = round(high, ticks)
    const day = Math.floor(seconds / SECONDS_PER_DAY)
    // Exact as a double: a day of µs is a multiple of 2^13.
    const midnight = day * DAY_MICROS
    const top = Math.floor(midnight / TWO_32)
    const micros = (seconds - day * SECONDS_PER_DAY) * 1_000_000 + rounded / TICKS_PER_MICRO
    const isWritten = writeTimestampPlus(top, midnight - top * TWO_32, micros, out)
    return isWritten ? (rounded === ticks ? DONE : LOSSY) : REFUSED
  }
}

/** 100 ns of a day as a time of µs; 23:59:59.9999999 may become 24:00:00. */
function toTime(round: Rounding): FieldCast {
  return (data, start, _length, out) => {
    const high = data.readInt32BE(start)
    const low = data.readUInt32BE(start + 4)
    const seconds = tickSeconds(high, low)
    const ticks = tickRest(high, low)
    const rounded = round(0, ticks)
    const micros = (seconds - Math.floor(seconds / SECONDS_PER_DAY) * SECONDS_PER_DAY) * 1_000_000 + rounded / TICKS_PER_MICRO
    const top = Math.floor(micros / TWO_32)
    writeHalves(top, micros - top * TWO_32, out)
    return rounded === ticks ? DONE : LOSSY
  }
}

/** First the one, then the rule of the type it leads to. */
function through(first: FieldCast, second: CastRule, context: CastContext): FieldCast {
  const cast = second.compile(context)
  const scratch = new TupleWriter(32)
  return (data, start, length, out) => {
    scratch.reset()
    const before = first(data, start, length, scratch)
    return before === REFUSED ? REFUSED : graver(before, cast(scratch.buf, 4, scratch.at - 4, out))
  }
}

function graver(a: CastResult, b: CastResult): CastResult {
  if (a === REFUSED || b === REFUSED) return REFUSED
  return a === LOSSY || b === LOSSY ? LOSSY : DONE
}

/** What is lost on the way to µs, and behind it. */
function composed(sentence: string, rule: CastRule, first: (context: CastContext) => FieldCast): CastRule {
  return {
    ...rule,
    loss: worse('sometimes', rule.loss),
    sentence: [sentence, rule.sentence].filter(text => text !== '').join(' '),
    isPassThrough: false,
    compile: context => through(first(context), rule, context),
  }
}

export const datetime2ToTimestamp: RuleMaker = ({ target }) => {
  const digits = secondDigits(target)
  return checked(roundedTo(digits), () => toTimestamp(rounding(digits)))
}

export const datetime2ToInstant: RuleMaker = sides => {
  const digits = secondDigits(sides.target)
  const rule = localToInstant({ ...sides, source: builtinType('timestamp') })
  return rule && composed(roundedTo(digits), rule, () => toTimestamp(rounding(digits)))
}

export const datetime2ToDate: RuleMaker = sides => {
  const rule = localToDate({ ...sides, source: builtinType('timestamp') })
  return rule && composed('', rule, () => toTimestamp(cut))
}

export const datetime2ToTime: RuleMaker = ({ target }) => lossy('The date is lost.', () => always(toTime(rounding(secondDigits(target)))))

function always(cast: FieldCast): FieldCast {
  return (data, start, length, out) => graver(cast(data, start, length, out), LOSSY)
}

export const ticksToTime: RuleMaker = ({ target }) => {
  const digits = secondDigits(target)
  return checked(roundedTo(digits), () => toTime(rounding(digits)))
}

export const ticksToInterval: RuleMaker = sides => {
  const rule = timeToInterval({ ...sides, source: builtinType('time') })
  return rule && composed(ROUNDED, rule, () => toTime(rounding(MICRO_DIGITS)))
}

const OFFSET = 'The offset is lost unless it is 0 or that of the tenant’s zone.'

/** The instant; the offset is lost unless it can be told from the instant. */
function toInstant(round: Rounding, context: CastContext): FieldCast {
  const cast = toTimestamp(round)
  const zone = context.zone === null ? null : zoneTable(context.zone)
  return (data, start, length, out) => {
    const result = cast(data, start, length, out)
    const offset = data.readInt16BE(start + 8)
    if (offset === 0 || result === REFUSED) return result
    const seconds = tickSeconds(data.readInt32BE(start), data.readUInt32BE(start + 4))
    return zone?.offsetAt(seconds) === offset * 60 ? result : LOSSY
  }
}

export const offsetToInstant: RuleMaker = ({ target }) => {
  const digits = secondDigits(target)
  return checked(`${roundedTo(digits)} ${OFFSET}`, context => toInstant(rounding(digits), context))
}

/** The clock of the tenant’s zone at the instant, as with timestamptz. */
export const offsetToTimestamp: RuleMaker = sides => {
  const digits = secondDigits(sides.target)
  const rule = instantToLocal({ ...sides, source: builtinType('timestamptz') })
  return rule && needingZone(composed(`${roundedTo(digits)} ${OFFSET}`, rule, context => toInstant(rounding(digits), context)))
}

export const offsetToDate: RuleMaker = sides => {
  const rule = instantToDate({ ...sides, source: builtinType('timestamptz') })
  return rule && needingZone(composed(OFFSET, rule, context => toInstant(cut, context)))
}

export const offsetToTime: RuleMaker = sides => {
  const rule = instantToTime({ ...sides, source: builtinType('timestamptz') })
  return rule && needingZone(composed(OFFSET, rule, context => toInstant(rounding(MICRO_DIGITS), context)))
}
