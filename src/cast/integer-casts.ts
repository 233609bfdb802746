import type { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import { type CastResult, DONE, type FieldCast, LOSSY, REFUSED } from './cast.ts'
import { checked, lossless, PASS_THROUGH, type RuleMaker } from './cast-rule.ts'
import { roundedToFloat4 } from './float-rounding.ts'
import { numericFit } from './numeric-fit.ts'
import { NumericValue } from './numeric-value.ts'
import { writeFloat4, writeFloat8, writeHalves, writeInt16 } from './write-field.ts'

const TWO_32 = 4_294_967_296
/** High halves of the int64 values a double holds exactly: below 2^53 in size. */
const SAFE_HIGH = 0x200000

const BYTES: Readonly<Record<string, number>> = { int2: 2, int4: 4, int8: 8, oid: 4 }
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int2: [-32_768, 32_767],
  int4: [-2_147_483_648, 2_147_483_647],
  oid: [0, 4_294_967_295],
}
/** Decimal digits of the largest value. */
const DIGITS: Readonly<Record<string, number>> = { int2: 5, int4: 10, int8: 19, oid: 10 }

/** int2, int4, int8 and oid among each other. */
export const integerToInteger: RuleMaker = ({ source, target }) => {
  if (source.name === target.name) return PASS_THROUGH
  const isWider = target.name !== 'oid' && (BYTES[target.name] as number) > (BYTES[source.name] as number)
  if (isWider) return lossless(() => widen(source.name, target.name))
  return checked(`A number outside the range of ${target.text} is refused.`, () => narrow(source.name, target.name))
}

/** Reads int2, int4 or oid. */
function readSmall(name: string): (data: Buffer, start: number) => number {
  if (name === 'int2') return (data, start) => data.readInt16BE(start)
  return name === 'oid' ? (data, start) => data.readUInt32BE(start) : (data, start) => data.readInt32BE(start)
}

function widen(source: string, target: string): FieldCast {
  const read = readSmall(source)
  if (target === 'int4') {
    return (data, start, _length, out) => {
      out.int32(read(data, start))
      return DONE
    }
  }
  return (data, start, _length, out) => {
    const value = read(data, start)
    writeHalves(value < 0 ? -1 : 0, value >>> 0, out)
    return DONE
  }
}

function narrow(source: string, target: string): FieldCast {
  if (source !== 'int8') {
    const read = readSmall(source)
    return (data, start, _length, out) => writeSmall(read(data, start), target, out)
  }
  return (data, start, _length, out) => {
    const high = data.readInt32BE(start)
    return high !== 0 && high !== -1 ? REFUSED : writeSmall(high * TWO_32 + data.readUInt32BE(start + 4), target, out)
  }
}

function writeSmall(value: number, target: string, out: TupleWriter): CastResult {
  const [least, most] = RANGES[target] as readonly [number, number]
  if (value < least || value > most) return REFUSED
  if (target === 'int2') writeInt16(value, out)
  else out.int32(value | 0)
  return DONE
}

/** Writes a whole double (below 2^53 in size, or to be refused) as the integer type of that name. */
export function writeWhole(value: number, target: string, out: TupleWriter): CastResult {
  if (target !== 'int8') return writeSmall(value, target, out)
  const high = Math.floor(value / TWO_32)
  writeHalves(high, value - high * TWO_32, out)
  return DONE
}

/** Integers to numeric: widening, unless the precision is too small. */
export const integerToNumeric: RuleMaker = ({ source, target }) => {
  const fit = numericFit(target)
  const isRoomy = fit === null || (fit.scale >= 0 && fit.precision - fit.scale >= (DIGITS[source.name] as number))
  const cast = (): FieldCast => {
    const load = integerLoader(source)
    const value = new NumericValue()
    return (data, start, _length, out) => {
      load(data, start, value)
      const result = fit === null ? DONE : fit.apply(value)
      if (result !== REFUSED) value.write(out)
      return result
    }
  }
  return isRoomy ? lossless(cast) : checked(`A number with more digits than ${target.text} holds is refused.`, cast)
}

function integerLoader(source: SqlType): (data: Buffer, start: number, value: NumericValue) => void {
  if (source.name !== 'int8') {
    const read = readSmall(source.name)
    return (data, start, value) => value.setInteger(read(data, start))
  }
  return (data, start, value) => {
    const high = data.readInt32BE(start)
    if (high >= -SAFE_HIGH && high < SAFE_HIGH) value.setInteger(high * TWO_32 + data.readUInt32BE(start + 4))
    else value.parse(String(data.readBigInt64BE(start)))
  }
}

/** Integers to floats: exact as far as the float has bits. */
export const integerToFloat: RuleMaker = ({ source, target }) => {
  const isExact = source.name === 'int2' || (target.name === 'float8' && source.name !== 'int8')
  const cast = (): FieldCast => (source.name === 'int8' ? bigToFloat(target.name) : smallToFloat(source.name, target.name))
  return isExact ? lossless(cast) : checked(`A number with more digits than ${target.text} keeps is rounded to the nearest it has.`, cast)
}

function smallToFloat(source: string, target: string): FieldCast {
  const read = readSmall(source)
  return (data, start, _length, out) => {
    const value = read(data, start)
    if (target === 'float8') writeFloat8(value, out)
    else writeFloat4(value, out)
    return target === 'float8' || Math.fround(value) === value ? DONE : LOSSY
  }
}

function bigToFloat(target: string): FieldCast {
  return (data, start, _length, out) => {
    const exact = data.readBigInt64BE(start)
    const value = target === 'float8' ? Number(exact) : roundedToFloat4(String(exact))
    if (target === 'float8') writeFloat8(value, out)
    else writeFloat4(value, out)
    return BigInt(value) === exact ? DONE : LOSSY
  }
}
