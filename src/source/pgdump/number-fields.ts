import type { TupleWriter } from '../../base/tuple-writer.ts'
import { numericModifier } from '../../cast/builtin-types.ts'
import { writeFloat8, writeHalves, writeInt16 } from '../../cast/write-field.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { TextField } from './field-reader.ts'

/** Numbers as PostgreSQL prints them, read from bytes without a string; anything else a number can be written as is left to `slow`. */

const MINUS = 45
const POINT = 46
const ZERO = 48
/** Digits a double holds exactly. */
const EXACT_DIGITS = 15
const TWO_32 = 4_294_967_296

export function integerField(name: string, slow: TextField): TextField {
  const [least, most, write] = LIMITS[name] ?? LIMITS.int4
  return (data, start, end, out) => {
    let at = start
    const isNegative = data[at] === MINUS
    if (isNegative) at++
    if (end - at < 1 || end - at > EXACT_DIGITS) return slow(data, start, end, out)
    let value = 0
    for (; at < end; at++) {
      const digit = (data[at] as number) - ZERO
      if (digit < 0 || digit > 9) return slow(data, start, end, out)
      value = value * 10 + digit
    }
    if (isNegative) value = -value
    if (value < least || value > most) return false
    write(value, out)
    return true
  }
}

type WriteWhole = (value: number, out: TupleWriter) => void
const LIMITS: Readonly<Record<string, readonly [number, number, WriteWhole]>> & { readonly int4: readonly [number, number, WriteWhole] } = {
  int2: [-32_768, 32_767, writeInt16],
  int4: [-2_147_483_648, 2_147_483_647, (value, out) => out.int32(value)],
  int8: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, writeInt64],
}

function writeInt64(value: number, out: TupleWriter): void {
  const high = Math.floor(value / TWO_32)
  writeHalves(high, value - high * TWO_32, out)
}

/** Digits, a point, digits. With a modifier the digits after the point must be as many as it says, as every server prints them. */
export function numericField(type: SqlType, slow: TextField): TextField {
  const limits = numericModifier(type.modifier)
  const groups = new Int32Array(32)
  return (data, start, end, out) => {
    const isNegative = data[start] === MINUS
    const first = isNegative ? start + 1 : start
    let point = first
    while (point < end && data[point] !== POINT) point++
    const whole = point - first
    const scale = point === end ? 0 : end - point - 1
    if (whole < 1 || whole > 60 || scale > 60 || (point < end && scale === 0)) return slow(data, start, end, out)
    if (limits !== null && (scale !== limits.scale || whole > limits.precision - limits.scale)) return slow(data, start, end, out)
    const count = readGroups(data, { first, point, end }, groups)
    if (count < 0) return slow(data, start, end, out)
    writeGroups(groups, { count, weight: ((whole + 3) >> 2) - 1, isNegative, scale }, out)
    return true
  }
}

/** Groups of four digits, aligned at the point. −1: something that is no digit. */
function readGroups(data: Buffer, part: { first: number; point: number; end: number }, groups: Int32Array): number {
  let count = 0
  let left = (part.point - part.first) & 3 || 4
  let value = 0
  for (let at = part.first; at < part.end; at++) {
    if (at === part.point) continue
    const digit = (data[at] as number) - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
    if (--left === 0) {
      groups[count++] = value
      value = 0
      left = 4
    }
  }
  if (left < 4) groups[count++] = value * (POWERS[left] as number)
  return count
}

const POWERS = [1, 10, 100, 1000]

function writeGroups(
  groups: Int32Array,
  number: { count: number; weight: number; isNegative: boolean; scale: number },
  out: TupleWriter,
): void {
  let { count, weight } = number
  let first = 0
  while (first < count && groups[first] === 0) {
    first++
    weight--
  }
  while (count > first && groups[count - 1] === 0) count--
  const isZero = count === first
  const bytes = 8 + 2 * (count - first)
  out.ensure(4 + bytes)
  const { view, at } = out
  view.setInt32(at, bytes)
  view.setInt16(at + 4, count - first)
  view.setInt16(at + 6, isZero ? 0 : weight)
  view.setInt16(at + 8, number.isNegative && !isZero ? 0x4000 : 0)
  view.setInt16(at + 10, number.scale)
  for (let i = first, to = at + 12; i < count; i++, to += 2) view.setInt16(to, groups[i] as number)
  out.at = at + 4 + bytes
}

const TENTHS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]

/** Up to 15 digits with a point among them: their quotient of two exact doubles is the double nearest to what is written. */
function float8Field(slow: TextField): TextField {
  return (data, start, end, out) => {
    let at = start
    const isNegative = data[at] === MINUS
    if (isNegative) at++
    if (end - at < 1 || end - at > EXACT_DIGITS) return slow(data, start, end, out)
    let value = 0
    let point = -1
    for (; at < end; at++) {
      const digit = (data[at] as number) - ZERO
      if (digit >= 0 && digit <= 9) value = value * 10 + digit
      else if (data[at] === POINT && point < 0 && end - start > 2) point = at
      else return slow(data, start, end, out)
    }
    if (point >= 0) value /= TENTHS[end - point - 1] as number
    writeFloat8(isNegative ? -value : value, out)
    return true
  }
}

export function floatField(name: string, slow: TextField): TextField {
  return name === 'float8' ? float8Field(slow) : slow
}
