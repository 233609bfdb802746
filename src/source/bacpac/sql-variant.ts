import { TupleWriter } from '../../base/tuple-writer.ts'
import { builtinType } from '../../cast/builtin-types.ts'
import { valueText } from '../../cast/value-text.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { BcpInput } from './bcp-input.ts'
import { codePageOf } from './code-pages.ts'
import { ownType, TICK_DIGITS } from './column-form.ts'
import type { FieldWriter } from './field-writer.ts'
import { type PlainForm, plainWriter } from './plain-fields.ts'
import { writeUtf16 } from './utf16-text.ts'

/**
 * sql_variant: base type, count of property bytes, properties, value (MS-TDS 2.2.5.5.4). Delivered as the text PostgreSQL prints for a value of the type it holds:
 * bytes as `\x…`, times with as many digits as declared. Which type it was is not delivered.
 */
export function variantWriter(): FieldWriter {
  const scratch = new TupleWriter(64)
  return (input, start, length, out) => {
    const base = input.data[start]
    const properties = input.data[start + 1] ?? 0
    const read = base === undefined ? undefined : READERS.get(base)
    if (length < 2 || read === undefined) throw input.failure('a base type of sql_variant', 'another', start)
    if (2 + properties > length) throw input.failure(`at most ${length - 2} bytes of properties`, String(properties), start)
    read({ input, start, properties, at: start + 2 + properties, length: length - 2 - properties, scratch }, out)
  }
}

interface Variant {
  readonly input: BcpInput
  readonly start: number
  readonly properties: number
  /** The value and its bytes. */
  readonly at: number
  readonly length: number
  readonly scratch: TupleWriter
}

type VariantReader = (variant: Variant, out: TupleWriter) => void

interface TypedForm extends PlainForm {
  readonly type: SqlType
}

/** A value that lies as in a column of its own. */
function plain(kind: PlainForm['kind'], name: string, bytes: number): VariantReader {
  const form: TypedForm = { type: builtinType(name), kind, scale: 0 }
  return ({ input, at, length, scratch, properties }, out) => {
    if (properties !== 0 || length !== bytes) throw input.failure(`${bytes} bytes of ${name}`, String(length), at)
    writeAsText(form, { input, at, length, scratch }, out)
  }
}

function writeAsText(form: TypedForm, value: Pick<Variant, 'input' | 'at' | 'length' | 'scratch'>, out: TupleWriter): void {
  const { scratch } = value
  scratch.reset()
  plainWriter(form)(value.input, value.at, value.length, scratch)
  out.text(valueText(form.type)(scratch.buf, 4, scratch.at - 4))
}

/** Bytes a time of so many digits takes. */
const TIME_BYTES = [3, 3, 3, 4, 4, 5, 5, 5]

/** Times count units of their own scale here, not 100 ns as in columns. */
function scaledTime(kind: 'time' | 'datetime2' | 'datetimeoffset', rest: number): VariantReader {
  return ({ input, start, properties, at, length, scratch }, out) => {
    const scale = input.data[start + 2] ?? 0
    const timeBytes = TIME_BYTES[scale]
    if (properties !== 1 || timeBytes === undefined || length !== timeBytes + rest)
      throw input.failure(`a ${kind} in sql_variant`, `${length} bytes`, at)
    const units = input.data.readUIntLE(at, timeBytes) * 10 ** (TICK_DIGITS - scale)
    const copy = Buffer.alloc(5 + rest)
    copy.writeUIntLE(Math.min(units, 2 ** 40 - 1), 0, 5)
    input.data.copy(copy, 5, at + timeBytes, at + length)
    const form: TypedForm = { type: ownType(kind, TICK_DIGITS), kind, scale: TICK_DIGITS }
    writeAsText(form, { input: input.over(copy), at: 0, length: copy.length, scratch }, out)
  }
}

/** Precision, scale; then the sign and as many bytes of magnitude as it needs. */
const decimal: VariantReader = ({ input, start, properties, at, length, scratch }, out) => {
  const [precision = 0, scale = 0] = input.data.subarray(start + 2, start + 4)
  if (properties !== 2 || precision > 38 || scale > precision || length < 5 || length > 17 || (length - 1) % 4 !== 0)
    throw input.failure('a decimal in sql_variant', `${length} bytes`, at)
  const copy = Buffer.alloc(19)
  copy[0] = precision
  copy[1] = scale
  input.data.copy(copy, 2, at, at + length)
  writeAsText({ type: builtinType('numeric'), kind: 'decimal', scale }, { input: input.over(copy), at: 0, length: 19, scratch }, out)
}

const bytes: VariantReader = ({ input, at, length, properties }, out) => {
  if (properties !== 2) throw input.failure('2 bytes of properties', String(properties), at)
  out.text(`\\x${input.data.toString('hex', at, at + length)}`)
}

const nationalText: VariantReader = ({ input, at, length, properties }, out) => {
  if (properties !== 7 || length % 2 !== 0) throw input.failure('text of whole UTF-16 units', `${length} bytes`, at)
  writeUtf16(input.data, at, length, out)
}

/** In the code page of its collation. */
const codePageText: VariantReader = ({ input, start, at, length, properties }, out) => {
  if (properties !== 7) throw input.failure('7 bytes of properties', String(properties), at)
  const value = input.data.subarray(at, at + length)
  if (value.every(byte => byte < 0x80)) return void out.field(value, 0, length)
  const page = codePageOf(input.data.readUInt32LE(start + 2), input.data[start + 6] ?? 0)
  if (page === null) throw input.failure('text of a code page known here', 'another', at)
  out.text(new TextDecoder(page).decode(value))
}

/** By the type numbers of MS-TDS 2.2.5.4. */
const READERS: ReadonlyMap<number, VariantReader> = new Map<number, VariantReader>([
  [0x24, plain('uuid', 'uuid', 16)],
  [0x28, plain('date', 'date', 3)],
  [0x29, scaledTime('time', 0)],
  [0x2a, scaledTime('datetime2', 3)],
  [0x2b, scaledTime('datetimeoffset', 5)],
  [0x30, plain('tinyint', 'int2', 1)],
  [0x32, plain('bit', 'bool', 1)],
  [0x34, plain('int2', 'int2', 2)],
  [0x38, plain('int4', 'int4', 4)],
  [0x3a, plain('smalldatetime', 'timestamp', 4)],
  [0x3b, plain('float4', 'float4', 4)],
  [0x3c, plain('money', 'numeric', 8)],
  [0x3d, plain('datetime', 'timestamp', 8)],
  [0x3e, plain('float8', 'float8', 8)],
  [0x6a, decimal],
  [0x6c, decimal],
  [0x7a, plain('smallmoney', 'numeric', 4)],
  [0x7f, plain('int8', 'int8', 8)],
  [0xa5, bytes],
  [0xa7, codePageText],
  [0xad, bytes],
  [0xaf, codePageText],
  [0xe7, nationalText],
  [0xef, nationalText],
])
