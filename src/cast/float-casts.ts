import type { SqlType } from '../model/sql-type.ts'
import { DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import { checked, lossless, PASS_THROUGH, type RuleMaker } from './cast-rule.ts'
import { float4Text, float8Text } from './float-text.ts'
import { writeWhole } from './integer-casts.ts'
import { mayLackNumericInfinity } from './numeric-casts.ts'
import { numericFit } from './numeric-fit.ts'
import { NumericValue } from './numeric-value.ts'
import { writeFloat4, writeFloat8 } from './write-field.ts'

const TWO_63 = 2 ** 63

export const floatToFloat: RuleMaker = ({ source, target }) => {
  if (source.name === target.name) return PASS_THROUGH
  if (target.name === 'float8') return lossless(() => widenFloat)
  return checked('Digits beyond those of a float4 are rounded off; a number beyond its range is refused.', () => narrowFloat)
}

const widenFloat: FieldCast = (data, start, _length, out) => {
  writeFloat8(data.readFloatBE(start), out)
  return DONE
}

const narrowFloat: FieldCast = (data, start, _length, out) => {
  const value = data.readDoubleBE(start)
  const single = Math.fround(value)
  const isBeyond = (Number.isFinite(value) && !Number.isFinite(single)) || (single === 0 && value !== 0)
  if (isBeyond) return REFUSED
  writeFloat4(single, out)
  return single === value || Number.isNaN(value) ? DONE : LOSSY
}

export const floatToInteger: RuleMaker = ({ source, target }) =>
  checked(
    `A fraction is rounded off (a half to the even side); a number outside the range of ${target.text}, NaN or an infinity is refused; minus zero becomes zero.`,
    () => {
      const read = floatReader(source)
      return (data, start, _length, out) => {
        const value = read(data, start)
        const whole = roundHalfEven(value)
        if (!(whole >= -TWO_63 && whole < TWO_63)) return REFUSED
        const result = writeWhole(whole + 0, target.name, out)
        return result === DONE && !Object.is(whole + 0, value) ? LOSSY : result
      }
    },
  )

function roundHalfEven(value: number): number {
  const down = Math.floor(value)
  const rest = value - down
  if (rest < 0.5) return down
  return rest > 0.5 || down % 2 !== 0 ? down + 1 : down
}

export function floatReader(type: SqlType): (data: Buffer, start: number) => number {
  return type.name === 'float4' ? (data, start) => data.readFloatBE(start) : (data, start) => data.readDoubleBE(start)
}

/** With the shortest digits that read back as the same float; PostgreSQL’s own cast keeps 15 (float4: 6) digits and loses the others without a word. */
export const floatToNumeric: RuleMaker = sides => {
  const { source, target } = sides
  const fit = numericFit(target)
  const cast = (): FieldCast => {
    const read = floatReader(source)
    const toText = source.name === 'float4' ? float4Text : float8Text
    const value = new NumericValue()
    return (data, start, _length, out) => {
      const float = read(data, start)
      value.parse(toText(float))
      if (value.isInfinite && mayLackNumericInfinity(sides)) return REFUSED
      const result = fit === null ? DONE : fit.apply(value)
      if (result !== REFUSED) value.write(out)
      return result === DONE && Object.is(float, -0) ? LOSSY : result
    }
  }
  const infinity = mayLackNumericInfinity(sides) ? '; an infinity is refused: the target’s PostgreSQL has none' : ''
  if (fit === null) return checked(`Minus zero becomes zero${infinity}.`, cast)
  return checked(`Digits beyond the scale of ${target.text} are rounded off; a number too large for it, or an infinity, is refused.`, cast)
}
