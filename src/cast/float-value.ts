import type { TupleWriter } from '../base/tuple-writer.ts'
import { type CastResult, DONE, LOSSY, REFUSED } from './cast.ts'
import { float4Neighbour } from './float-neighbour.ts'
import { float4Text, float8Text } from './float-text.ts'
import { NumericValue } from './numeric-value.ts'
import { writeFloat4, writeFloat8 } from './write-field.ts'

/** The float4 nearest to a decimal number, rounded once: going through a double would round twice. */
export function roundedToFloat4(decimal: string): number {
  const double = Number(decimal)
  const single = Math.fround(double)
  if (single === double || !Number.isFinite(single)) return single
  const other = float4Neighbour(single, double > single)
  // Only when the double lies in the middle of two float4 can the first rounding have decided the second.
  if ((single + other) / 2 !== double) return single
  const side = compareDecimal(decimal, double)
  if (side === 0) return single
  return side > 0 === other > single ? other : single
}

/** Sign of decimal − double, exact. */
function compareDecimal(decimal: string, double: number): number {
  const [digits, power] = scaled(decimal)
  let shift = 0
  let exact = double
  while (!Number.isInteger(exact)) {
    exact *= 2
    shift++
  }
  // decimal = digits × 10^power, double = exact / 2^shift; both multiplied until they are whole.
  const left = digits * 2n ** BigInt(shift) * 10n ** BigInt(Math.max(0, power))
  const right = BigInt(exact) * 10n ** BigInt(Math.max(0, -power))
  return left === right ? 0 : left > right ? 1 : -1
}

/** A decimal as digits × 10^power. */
function scaled(decimal: string): readonly [bigint, number] {
  const [mantissa = '', exponent = '0'] = decimal.trim().toLowerCase().split('e')
  const point = mantissa.indexOf('.')
  const places = point < 0 ? 0 : mantissa.length - point - 1
  return [BigInt(mantissa.replace('.', '').replace(/^\+/, '')), Number(exponent) - places]
}

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
