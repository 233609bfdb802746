import type { FieldValue } from './database-description.ts'
import type { FieldBytes } from './field-bytes.ts'
import { prefixBytes, type ServerType } from './server-type.ts'
import { asBuffer, asText, isBinary, valueWriter } from './value-writer.ts'
import { variantBytes } from './variant-bytes.ts'

/** Writes one field with its prefix. */
export type FieldEncoder = (value: FieldValue, out: FieldBytes) => void

/** How SQL Server's export writes a column. Throws on a value that is not of the type. */
export function encoderOf(type: ServerType, isNullable: boolean): FieldEncoder {
  const prefix = prefixBytes(type, isNullable)
  const isVariant = type.name === 'sql_variant'
  const writeValue = isVariant ? writeVariant : valueWriter(type)
  const length = lengthOf(type)
  return (value, out) => {
    if (value !== null) {
      if (prefix > 0) out.uint(length(value), prefix)
      writeValue(value, out)
    } else if (!isNullable) throw new TypeError(`expected a value of ${type.name}, got NULL`)
    else out.fill(isVariant ? 0 : 0xff, prefix)
  }
}

const FIXED: Partial<Record<ServerType['name'], number>> = {
  bigint: 8,
  int: 4,
  smallint: 2,
  tinyint: 1,
  bit: 1,
  decimal: 19,
  numeric: 19,
  money: 8,
  smallmoney: 4,
  float: 8,
  real: 4,
  date: 3,
  time: 5,
  smalldatetime: 4,
  datetime: 8,
  datetime2: 8,
  datetimeoffset: 10,
  rowversion: 8,
  uniqueidentifier: 16,
}

function lengthOf(type: ServerType): (value: Exclude<FieldValue, null>) => number {
  const fixed = FIXED[type.name]
  if (fixed !== undefined) return () => fixed
  if (type.name === 'sql_variant') return value => variantBytes(value).length
  if (isBinary(type)) return value => asBuffer(value).length
  return type.name === 'char' || type.name === 'nchar' ? () => Number(type.length) * 2 : value => asText(value).length * 2
}

function writeVariant(value: Exclude<FieldValue, null>, out: FieldBytes): void {
  out.bytes(variantBytes(value))
}
