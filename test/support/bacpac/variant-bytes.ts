import type { FieldValue, VariantValue } from './database-description.ts'
import { FieldBytes } from './field-bytes.ts'
import { parseServerType, type ServerType, type TypeName } from './server-type.ts'
import { asBuffer, asText, scaledUnits, valueWriter } from './value-writer.ts'

/** The byte that names a type in a stream of SQL Server (TDS 7.3). */
const TYPE_BYTES: Partial<Record<TypeName, number>> = {
  uniqueidentifier: 0x24,
  date: 0x28,
  time: 0x29,
  datetime2: 0x2a,
  datetimeoffset: 0x2b,
  tinyint: 0x30,
  bit: 0x32,
  smallint: 0x34,
  int: 0x38,
  smalldatetime: 0x3a,
  real: 0x3b,
  money: 0x3c,
  datetime: 0x3d,
  float: 0x3e,
  decimal: 0x6a,
  numeric: 0x6c,
  smallmoney: 0x7a,
  bigint: 0x7f,
  varbinary: 0xa5,
  varchar: 0xa7,
  binary: 0xad,
  char: 0xaf,
  nvarchar: 0xe7,
  nchar: 0xef,
}
/** SQL_Latin1_General_CP1_CI_AS, as real exports have it. */
const COLLATION = Buffer.from('0904d00034', 'hex')

/** The bytes of a sql_variant: type, number of property bytes, properties, value. Text of char and varchar lies in code page 1252, here without its upper control range. */
export function variantBytes(value: Exclude<FieldValue, null>): Buffer {
  if (Buffer.isBuffer(value)) return value
  if (typeof value !== 'object') throw new TypeError(`expected a variant, got ${typeof value}`)
  const type = parseServerType(value.type)
  const code = TYPE_BYTES[type.name]
  if (code === undefined) throw new TypeError(`expected a type a sql_variant can hold, got ${value.type}`)
  const { properties, bytes } = partsOf(type, value)
  return Buffer.concat([Buffer.of(code, properties.length), properties, bytes])
}

interface VariantParts {
  readonly properties: Buffer
  readonly bytes: Buffer
}

function partsOf(type: ServerType, { value }: VariantValue): VariantParts {
  switch (type.name) {
    case 'char':
    case 'varchar':
      return withLength(COLLATION, Buffer.from(asText(value), 'latin1'))
    case 'nchar':
    case 'nvarchar':
      return withLength(COLLATION, Buffer.from(asText(value), 'utf16le'))
    case 'binary':
    case 'varbinary':
      return withLength(Buffer.alloc(0), asBuffer(value))
    case 'decimal':
    case 'numeric':
      return { properties: Buffer.of(type.precision ?? 18, type.scale ?? 0), bytes: decimalBytes(asText(value), type.scale ?? 0) }
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return { properties: Buffer.of(type.scale ?? 7), bytes: scaledTime(plainBytes(type, value), type.scale ?? 7) }
    default:
      return { properties: Buffer.alloc(0), bytes: plainBytes(type, value) }
  }
}

function plainBytes(type: ServerType, value: VariantValue['value']): Buffer {
  const out = new FieldBytes(32)
  valueWriter(type)(value, out)
  return out.take()
}

/** Unlike in a column, units of the type's own scale in as few bytes as it needs. */
function scaledTime(bytes: Buffer, scale: number): Buffer {
  const out = new FieldBytes(16)
  out.uint(bytes.readUIntLE(0, 5) / 10 ** (7 - scale), scale <= 2 ? 3 : scale <= 4 ? 4 : 5)
  out.bytes(bytes.subarray(5))
  return out.take()
}

function withLength(collation: Buffer, bytes: Buffer): VariantParts {
  const length = Buffer.alloc(2)
  length.writeUInt16LE(bytes.length)
  return { properties: Buffer.concat([collation, length]), bytes }
}

function decimalBytes(text: string, scale: number): Buffer {
  const units = scaledUnits(text, scale)
  const out = new FieldBytes(17)
  const magnitude = units < 0n ? -units : units
  out.uint(units < 0n ? 0 : 1, 1)
  out.uint64(magnitude & 0xffff_ffff_ffff_ffffn)
  out.uint64(magnitude >> 64n)
  return out.take()
}
