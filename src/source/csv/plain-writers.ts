import type { TupleWriter } from '../../base/tuple-writer.ts'
import { writeHalves } from '../../cast/write-field.ts'
import { numericWriter } from './numeric-writer.ts'
import { writeDate, writeInstant, writeLocalTime } from './time-writers.ts'

/** Writes the bytes of a CSV field as a value. False, with nothing written: they are not of the type in its canonical form. */
export type BytesWriter = (data: Buffer, start: number, end: number, out: TupleWriter) => boolean

/** Writers without garbage for the types that are inferred, by internal name, without modifier. What they refuse may still be of the type in another spelling. */
export function plainWriter(type: string): BytesWriter | null {
  switch (type) {
    case 'text':
      return writeText
    case 'int2':
      return integerWriter(-32_768, 32_767, (value, out) => {
        out.ensure(6)
        out.view.setInt32(out.at, 2)
        out.view.setInt16(out.at + 4, value)
        out.at += 6
      })
    case 'int4':
      return integerWriter(-2_147_483_648, 2_147_483_647, (value, out) => out.int32(value))
    case 'int8':
      return writeInt8
    case 'numeric':
      return numericWriter()
    case 'bool':
      return writeBool
    case 'uuid':
      return writeUuid
    case 'date':
      return writeDate
    case 'timestamp':
      return writeLocalTime
    case 'timestamptz':
      return writeInstant
    default:
      return null
  }
}

const writeText: BytesWriter = (data, start, end, out) => out.field(data, start, end - start)

const ZERO = 0x30
const MINUS = 0x2d
/** Digits a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15

/** The whole number at `start`; NaN: no digits only, or more than a double can hold. */
function wholeNumber(data: Buffer, start: number, end: number): number {
  const isNegative = data[start] === MINUS
  const from = isNegative ? start + 1 : start
  if (from >= end || end - from > EXACT_DIGITS) return Number.NaN
  let value = 0
  for (let i = from; i < end; i++) {
    const digit = (data[i] as number) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return isNegative ? -value : value
}

function integerWriter(least: number, most: number, write: (value: number, out: TupleWriter) => void): BytesWriter {
  return (data, start, end, out) => {
    const value = wholeNumber(data, start, end)
    // Not a number compares false.
    if (!(value >= least && value <= most)) return false
    write(value, out)
    return true
  }
}

const TWO_32 = 4_294_967_296
const WHOLE = /^-?\d{1,19}$/

const writeInt8: BytesWriter = (data, start, end, out) => {
  const value = wholeNumber(data, start, end)
  if (!Number.isNaN(value)) {
    const high = Math.floor(value / TWO_32)
    writeHalves(high, value - high * TWO_32, out)
    return true
  }
  if (end - start > 20) return false
  const text = data.toString('latin1', start, end)
  if (!WHOLE.test(text)) return false
  const whole = BigInt(text)
  if (BigInt.asIntN(64, whole) !== whole) return false
  out.int64(whole)
  return true
}

const TRUE = Uint8Array.of(1)
const FALSE = Uint8Array.of(0)

const writeBool: BytesWriter = (data, start, end, out) => {
  const value = boolWord(data, start, end)
  return value === null ? false : out.field(value ? TRUE : FALSE, 0, 1)
}

const TRUE_WORD = Buffer.from('true')
const FALSE_WORD = Buffer.from('false')
const LOWER_CASE = 0x20

/** true, false, t, f in any case; null = another word. */
export function boolWord(data: Buffer, start: number, end: number): boolean | null {
  const isTrue = ((data[start] as number) | LOWER_CASE) === TRUE_WORD[0]
  const word = isTrue ? TRUE_WORD : FALSE_WORD
  const length = end - start
  if (length !== 1 && length !== word.length) return null
  for (let i = 0; i < length; i++) if (((data[start + i] as number) | LOWER_CASE) !== word[i]) return null
  return isTrue
}

const UUID_LENGTH = 36
const HYPHEN = 0x2d
const HEX = hexTable()

function hexTable(): Int8Array {
  const table = new Int8Array(256).fill(-1)
  for (const [i, digit] of [...'0123456789abcdef'].entries()) {
    table[digit.charCodeAt(0)] = i
    table[digit.toUpperCase().charCodeAt(0)] = i
  }
  return table
}

const isHyphenPlace = (i: number): boolean => i === 8 || i === 13 || i === 18 || i === 23

/** Hex digits in groups of 8-4-4-4-12. */
export function isUuid(data: Buffer, start: number, end: number): boolean {
  if (end - start !== UUID_LENGTH) return false
  for (let i = 0; i < UUID_LENGTH; i++) {
    const byte = data[start + i] as number
    if (isHyphenPlace(i) ? byte !== HYPHEN : (HEX[byte] as number) < 0) return false
  }
  return true
}

const writeUuid: BytesWriter = (data, start, end, out) => {
  if (!isUuid(data, start, end)) return false
  out.ensure(20)
  const { buf } = out
  out.view.setInt32(out.at, 16)
  let to = out.at + 4
  for (let i = 0; i < UUID_LENGTH; ) {
    if (isHyphenPlace(i)) i++
    buf[to++] = ((HEX[data[start + i] as number] as number) << 4) | (HEX[data[start + i + 1] as number] as number)
    i += 2
  }
  out.at = to
  return true
}
