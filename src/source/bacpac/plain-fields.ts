import type { TupleWriter } from '../../base/tuple-writer.ts'
import type { BcpInput } from './bcp-input.ts'
import type { ColumnForm, WireKind } from './column-form.ts'
import type { FieldWriter } from './field-writer.ts'
import { NumericWriter } from './numeric-field.ts'
import { datetime2Writer, timeWriter, writeDate, writeDatetime, writeDatetimeoffset, writeSmalldatetime } from './time-fields.ts'
import { writeUtf16 } from './utf16-text.ts'

const MOST_PRECISION = 38

/** What a column holds that is not a sql_variant. */
export interface PlainForm extends Pick<ColumnForm, 'scale'> {
  readonly kind: Exclude<WireKind, 'variant'>
}

/** It may hold scratch space: one per reader. */
export function plainWriter(form: PlainForm): FieldWriter {
  switch (form.kind) {
    case 'bit':
      return writeBit
    case 'tinyint':
      return (input, start, _length, out) => writeInt2(input.view.getUint8(start), out)
    case 'int2':
      return (input, start, _length, out) => writeInt2(input.view.getInt16(start, true), out)
    case 'int4':
    case 'float4':
      return writeWord
    case 'int8':
    case 'float8':
      return writeTwoWords
    case 'uuid':
      return writeUuid
    case 'text':
      return writeText
    case 'bytes':
      return (input, start, length, out) => void out.field(input.data, start, length)
    case 'decimal':
    case 'money':
    case 'smallmoney':
      return numberWriter(form)
    case 'date':
      return writeDate
    case 'time':
      return timeWriter(form)
    case 'datetime':
      return writeDatetime
    case 'smalldatetime':
      return writeSmalldatetime
    case 'datetime2':
      return datetime2Writer(form)
    case 'datetimeoffset':
      return writeDatetimeoffset
  }
}

const writeBit: FieldWriter = (input, start, _length, out) => {
  const value = input.data[start] as number
  if (value > 1) throw input.failure('a bit of 0 or 1', 'another byte', start)
  out.ensure(5)
  out.view.setInt32(out.at, 1)
  out.view.setUint8(out.at + 4, value)
  out.at += 5
}

function writeInt2(value: number, out: TupleWriter): void {
  out.ensure(6)
  out.view.setInt32(out.at, 2)
  out.view.setInt16(out.at + 4, value)
  out.at += 6
}

/** Four bytes turned round. */
const writeWord: FieldWriter = (input, start, _length, out) => {
  out.ensure(8)
  const { view, at } = out
  view.setInt32(at, 4)
  view.setInt32(at + 4, input.view.getInt32(start, true))
  out.at = at + 8
}

/** Eight bytes turned round. */
const writeTwoWords: FieldWriter = (input, start, _length, out) => {
  out.ensure(12)
  const { view, at } = out
  view.setInt32(at, 8)
  view.setInt32(at + 4, input.view.getInt32(start + 4, true))
  view.setInt32(at + 8, input.view.getInt32(start, true))
  out.at = at + 12
}

/** The first three groups lie little-endian, the rest as printed. */
const writeUuid: FieldWriter = (input, start, _length, out) => {
  const { view } = input
  const group = view.getUint32(start + 4, true)
  out.uuid(view.getInt32(start, true), (group << 16) | (group >>> 16), view.getInt32(start + 8), view.getInt32(start + 12))
}

const writeText: FieldWriter = (input, start, length, out) => {
  if (length % 2 !== 0) throw input.failure('text of whole UTF-16 units', `${length} bytes`, start)
  writeUtf16(input.data, start, length, out)
}

function numberWriter({ kind, scale }: PlainForm): FieldWriter {
  const numeric = new NumericWriter()
  const words = new Uint32Array(4)
  if (kind === 'smallmoney')
    return (input, start, _length, out) => {
      const value = input.view.getInt32(start, true)
      numeric.small(Math.abs(value), value < 0, MONEY_SCALE, out)
    }
  if (kind === 'money') return (input, start, _length, out) => writeMoney({ input, start, words, numeric }, out)
  return (input, start, _length, out) => {
    const { data, view } = input
    if ((data[start] as number) > MOST_PRECISION || data[start + 1] !== scale || (data[start + 2] as number) > 1)
      throw input.failure(`a decimal of ${scale} digits behind the point`, 'another', start)
    for (let i = 0; i < 4; i++) words[i] = view.getUint32(start + 3 + i * 4, true)
    if (isAbove38Digits(words)) throw input.failure('a decimal of up to 38 digits', 'a larger one', start)
    numeric.write(words, data[start + 2] === 0, scale, out)
  }
}

const MONEY_SCALE = 4

/** The high word comes first. */
function writeMoney(
  { input, start, words, numeric }: { input: BcpInput; start: number; words: Uint32Array; numeric: NumericWriter },
  out: TupleWriter,
): void {
  const high = input.view.getInt32(start, true)
  const low = input.view.getUint32(start + 4, true)
  const isNegative = high < 0
  words[0] = isNegative ? -low : low
  words[1] = isNegative ? ~high + (low === 0 ? 1 : 0) : high
  words[2] = 0
  words[3] = 0
  numeric.write(words, isNegative, MONEY_SCALE, out)
}

/** 10^38, the least word first. */
const LIMIT = [0x0000_0000, 0x098a_2240, 0x5a86_c47a, 0x4b3b_4ca8] as const

function isAbove38Digits(words: Readonly<Uint32Array>): boolean {
  for (let i = 3; i >= 0; i--) {
    const word = words[i] as number
    const limit = LIMIT[i] as number
    if (word !== limit) return word > limit
  }
  return true
}
