import type { TupleWriter } from '../../base/tuple-writer.ts'
import type { BcpInput } from './bcp-input.ts'
import type { ColumnForm } from './column-form.ts'
import type { FieldWriter } from './field-writer.ts'
import { plainWriter } from './plain-fields.ts'
import { variantWriter } from './sql-variant.ts'

/** Reads one field of a row; false: bytes are missing (see BcpInput.need). */
export type FieldStep = (input: BcpInput, out: TupleWriter) => boolean

/** The step of a column that is delivered. */
export function readStep(form: ColumnForm): FieldStep {
  const { kind, scale } = form
  return framed(form, kind === 'variant' ? variantWriter() : plainWriter({ kind, scale }), writeNull)
}

/** The step of a column that is not. */
export function skipStep(form: ColumnForm): FieldStep {
  return framed(form, skipValue, skipNull)
}

const skipValue: FieldWriter = () => undefined
const skipNull = (): void => undefined
const writeNull = (out: TupleWriter): void => void out.null()

type NullWriter = (out: TupleWriter) => void

function framed(form: ColumnForm, write: FieldWriter, writeNone: NullWriter): FieldStep {
  if (form.prefix === 0) return fixedStep(form.most, write)
  if (form.prefix === 1) return byteStep(form, write, writeNone)
  return longStep(form, write, writeNone)
}

function fixedStep(bytes: number, write: FieldWriter): FieldStep {
  return (input, out) => {
    const { at } = input
    if (at + bytes > input.data.length) return input.need(bytes)
    write(input, at, bytes, out)
    input.at = at + bytes
    return true
  }
}

const NO_BYTE = 0xff

/** A byte of length: what the type always has, or 0xFF for NULL. */
function byteStep({ most, isNullable }: ColumnForm, write: FieldWriter, writeNone: NullWriter): FieldStep {
  return (input, out) => {
    const { at, data } = input
    if (at >= data.length) return input.need(1)
    const length = data[at] as number
    if (length === most) {
      if (at + 1 + most > data.length) return input.need(1 + most)
      write(input, at + 1, most, out)
      input.at = at + 1 + most
      return true
    }
    if (length !== NO_BYTE) throw input.failure(`a value of ${most} bytes`, `one that claims ${length}`)
    if (!isNullable) throw input.failure('a value', 'NULL in a column that has none')
    writeNone(out)
    input.at = at + 1
    return true
  }
}

const ALL_ONES = 0xffff_ffff

/** The length at `at` as a number; −1 = NULL. */
type LengthReader = (view: DataView, at: number) => number

const LENGTHS: Readonly<Record<2 | 4 | 8, LengthReader>> = {
  2: (view, at) => {
    const length = view.getUint16(at, true)
    return length === 0xffff ? -1 : length
  },
  4: (view, at) => {
    const length = view.getUint32(at, true)
    return length === ALL_ONES ? -1 : length
  },
  8: (view, at) => {
    const low = view.getUint32(at, true)
    const high = view.getUint32(at + 4, true)
    return low === ALL_ONES && high === ALL_ONES ? -1 : high * 4_294_967_296 + low
  },
}
/** A sql_variant has no other sign for NULL: a value is never without its type. */
const variantLength: LengthReader = (view, at) => LENGTHS[4](view, at) || -1

/** Two, four or eight bytes of length; all ones for NULL. */
function longStep(form: ColumnForm, write: FieldWriter, writeNone: NullWriter): FieldStep {
  const { most, isNullable, isExact, kind } = form
  const prefix = form.prefix as 2 | 4 | 8
  const lengthAt = kind === 'variant' ? variantLength : LENGTHS[prefix]
  return (input, out) => {
    const { at, data } = input
    if (at + prefix > data.length) return input.need(prefix)
    const length = lengthAt(input.view, at)
    if (length > most || (isExact && length >= 0 && length !== most))
      throw input.failure(`a value of ${isExact ? '' : 'at most '}${most} bytes`, `one that claims ${length}`)
    if (length >= 0) {
      if (at + prefix + length > data.length) return input.need(prefix + length)
      write(input, at + prefix, length, out)
      input.at = at + prefix + length
      return true
    }
    if (!isNullable) throw input.failure('a value', 'NULL in a column that has none')
    writeNone(out)
    input.at = at + prefix
    return true
  }
}
