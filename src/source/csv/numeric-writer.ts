import type { TupleWriter } from '../../base/tuple-writer.ts'

const ZERO = 0x30
const MINUS = 0x2d
const POINT = 0x2e
const NEGATIVE = 0x4000
const HEADER = 8
/** More digits are left to the general parser. */
const MOST_DIGITS = 400
/** Digits beyond this are never inferred to be a number. */
export const MOST_INFERRED_DIGITS = 1000

/** Decimal digits with at most one point, as base-10000 groups of PostgreSQL's binary numeric; the scale is the digits written after the point. */
export function numericWriter(): (data: Buffer, start: number, end: number, out: TupleWriter) => boolean {
  const groups = new Int32Array(MOST_DIGITS)
  return (data, start, end, out) => {
    const isNegative = data[start] === MINUS
    const from = isNegative ? start + 1 : start
    if (end <= from || end - from > MOST_DIGITS) return false
    let point = from
    while (point < end && data[point] !== POINT) point++
    const whole = point - from
    const scale = point < end ? end - point - 1 : 0
    if (whole + scale === 0) return false
    const count = readGroups(data, { from, point, end }, groups)
    return count >= 0 && writeGroups(groups, { count, wholeGroups: Math.ceil(whole / 4), scale, isNegative }, out)
  }
}

interface Digits {
  readonly from: number
  readonly point: number
  readonly end: number
}

/** Groups so that the point lies between two of them; −1: something else than digits. */
function readGroups(data: Buffer, { from, point, end }: Digits, groups: Int32Array): number {
  let count = 0
  let group = 0
  let left = (point - from) % 4 || 4
  for (let i = from; i < end; i++) {
    if (i === point) {
      left = 4
      continue
    }
    const digit = (data[i] as number) - ZERO
    if (digit < 0 || digit > 9) return -1
    group = group * 10 + digit
    if (--left === 0) {
      groups[count++] = group
      group = 0
      left = 4
    }
  }
  if (left === 4) return count
  while (left-- > 0) group *= 10
  groups[count++] = group
  return count
}

interface Parts {
  readonly count: number
  readonly wholeGroups: number
  readonly scale: number
  readonly isNegative: boolean
}

function writeGroups(groups: Int32Array, parts: Parts, out: TupleWriter): true {
  let first = 0
  let last = parts.count
  while (first < last && groups[first] === 0) first++
  while (last > first && groups[last - 1] === 0) last--
  const count = last - first
  const bytes = HEADER + 2 * count
  out.ensure(4 + bytes)
  const { view } = out
  let at = out.at
  view.setInt32(at, bytes)
  view.setInt16(at + 4, count)
  view.setInt16(at + 6, count === 0 ? 0 : parts.wholeGroups - 1 - first)
  view.setUint16(at + 8, parts.isNegative && count > 0 ? NEGATIVE : 0)
  view.setUint16(at + 10, parts.scale)
  at += 4 + HEADER
  for (let i = first; i < last; i++, at += 2) view.setInt16(at, groups[i] as number)
  out.at = at
  return true
}
