import type { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import { numericModifier } from './builtin-types.ts'
import { type CastResult, type CastSides, DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import { checked, copyField, PASS_THROUGH, type RuleMaker } from './cast-rule.ts'
import { readDecimalAsFloat } from './float-value.ts'
import { writeWhole } from './integer-casts.ts'
import { type NumericFit, numericFit } from './numeric-fit.ts'
import { NumericValue } from './numeric-value.ts'

/** Below it numeric has no infinity. */
const INFINITY_SINCE = 140_000
const MAX_INT8 = 9_223_372_036_854_775_807n
const MIN_INT8 = -9_223_372_036_854_775_808n
const SAFE_DIGITS = 15

/** Whether the target may meet an infinity it has no word for. */
export function mayLackNumericInfinity(sides: CastSides): boolean {
  return sides.targetVersion < INFINITY_SINCE && sides.sourceVersion >= INFINITY_SINCE
}

export const numericToNumeric: RuleMaker = sides => {
  const { source, target } = sides
  const fit = numericFit(target)
  if (fit === null) {
    if (!mayLackNumericInfinity(sides) || numericModifier(source.modifier) !== null) return PASS_THROUGH
    return checked('An infinity is refused: the target’s PostgreSQL has none.', () => finiteOnly)
  }
  if (source.modifier === target.modifier) return PASS_THROUGH
  const isWidening = widens(source, fit)
  const cast = (): FieldCast => fitNumeric(fit)
  if (isWidening) return { ...checked('', cast), loss: 'never' }
  return checked(`Digits beyond the scale of ${target.text} are rounded off; a number too large for it, or an infinity, is refused.`, cast)
}

function widens(source: SqlType, fit: NumericFit): boolean {
  const limits = numericModifier(source.modifier)
  return limits !== null && limits.scale >= 0 && fit.scale >= limits.scale && fit.precision - fit.scale >= limits.precision - limits.scale
}

const SIGN_SPECIAL = 0xc000

const finiteOnly: FieldCast = (data, start, length, out) => {
  const sign = data.readUInt16BE(start + 4)
  return sign > SIGN_SPECIAL ? REFUSED : copyField(data, start, length, out)
}

/** Most values only need another scale written: the digits stay. */
function fitNumeric(fit: NumericFit): FieldCast {
  const value = new NumericValue()
  const most = fit.precision - fit.scale
  return (data, start, length, out) => {
    const sign = data.readUInt16BE(start + 4)
    if (sign < SIGN_SPECIAL && data.readUInt16BE(start + 6) <= fit.scale && (data.readInt16BE(start + 2) + 1) * 4 <= most) {
      out.field(data, start, length)
      out.buf.writeUInt16BE(fit.scale, out.at - length + 6)
      return DONE
    }
    value.read(data, start, length)
    const result = fit.apply(value)
    if (result !== REFUSED) value.write(out)
    return result
  }
}

export const numericToInteger: RuleMaker = ({ target }) =>
  checked(`A fraction is rounded off; a number outside the range of ${target.text}, NaN or an infinity is refused.`, () => {
    const value = new NumericValue()
    return (data, start, length, out) => {
      value.read(data, start, length)
      return writeRounded(value, target.name, out)
    }
  })

/** Rounds half away from zero, as numeric does. */
export function writeRounded(value: NumericValue, target: string, out: TupleWriter): CastResult {
  if (value.isSpecial) return REFUSED
  const isLost = value.round(0)
  const result = value.wholeDigits <= SAFE_DIGITS ? writeWhole(value.wholeNumber, target, out) : writeBig(value, target, out)
  return result === DONE && isLost ? LOSSY : result
}

function writeBig(value: NumericValue, target: string, out: TupleWriter): CastResult {
  if (target !== 'int8' || value.wholeDigits > 19) return REFUSED
  const whole = value.wholeBigint
  if (whole > MAX_INT8 || whole < MIN_INT8) return REFUSED
  out.int64(whole)
  return DONE
}

export const numericToFloat: RuleMaker = ({ target }) =>
  checked(`A number whose digits ${target.text} cannot keep is rounded to the nearest it has; one beyond its range is refused.`, () => {
    const value = new NumericValue()
    const write = readDecimalAsFloat(target.name)
    return (data, start, length, out) => {
      value.read(data, start, length)
      return write(value.text(), out)
    }
  })

/** money is counted in the smallest unit of the server’s currency, taken to be a hundredth. */
export const moneyToNumeric: RuleMaker = ({ target }) =>
  checked('Read with two decimals, as in most currencies; see lc_monetary of the source.', () => {
    const value = new NumericValue()
    const fit = numericFit(target)
    return (data, start, _length, out) => {
      const units = String(data.readBigInt64BE(start))
      value.parse(`${units}e-2`)
      const result = fit === null ? DONE : fit.apply(value)
      if (result !== REFUSED) value.write(out)
      return result
    }
  })
