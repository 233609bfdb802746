import type { TupleWriter } from '../base/tuple-writer.ts'
import { type CastResult, DONE, LOSSY, REFUSED } from './cast.ts'
import { roundedToFloat4 } from './float-rounding.ts'
import { float4Text, float8Text } from './float-text.ts'
import { NumericValue } from './numeric-value.ts'
import { writeFloat4, writeFloat8 } from './write-field.ts'

/**
 * Writes decimal text (or NaN, ±Infinity) as the float type of that name. LOSSY: the number is not one the float prints with these digits;
 * REFUSED: beyond its range, or so small that only zero would be left.
 */
export function readDecimalAsFloat(name: string): (decimal: string, out: TupleWriter) => CastResult {
  const given = new NumericValue()
  const kept = new NumericValue()
  const isSingle = name === 'float4'
  return (decimal, out) => {
    if (!given.parse(decimal)) return REFUSED
    if (given.isSpecial) return writeSpecial(given, isSingle, out)
    const value = isSingle ? roundedToFloat4(decimal) : Number(decimal)
    if (!Number.isFinite(value) || (value === 0 && !given.isZero)) return REFUSED
    if (isSingle) writeFloat4(value, out)
    else writeFloat8(value, out)
    return isSame(given, kept, isSingle ? float4Text(value) : float8Text(value)) ? DONE : LOSSY
  }
}

function writeSpecial(given: NumericValue, isSingle: boolean, out: TupleWriter): CastResult {
  const value = given.isNaN ? Number.NaN : given.isNegative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (isSingle) writeFloat4(value, out)
  else writeFloat8(value, out)
  return DONE
}

/** Equal as numbers, whatever their scale. */
function isSame(given: NumericValue, kept: NumericValue, text: string): boolean {
  kept.parse(text)
  given.trimScale()
  kept.trimScale()
  return given.text() === kept.text()
}
