import { TupleWriter } from '../../base/tuple-writer.ts'
import { fieldEncoder } from '../../cast/field-codec.ts'
import { baseOf, familyOf } from '../../cast/sql-family.ts'
import { valueText } from '../../cast/value-text.ts'
import { bug } from '../../errors.ts'
import type { SqlType } from '../../model/sql-type.ts'

/** A field as PostgreSQL prints it. */
export function fieldText(type: SqlType, field: Buffer): string {
  return valueText(type)(field, 0, field.length)
}

const LENGTH_BYTES = 4

/** A field from the text of a key: integers, texts and UUIDs; for other types BUG. */
export function textField(type: SqlType, text: string): Buffer {
  const out = new TupleWriter(64)
  fieldEncoder(type)(carrierOf(type, text), out)
  return Buffer.from(out.bytes().subarray(LENGTH_BYTES))
}

function carrierOf(type: SqlType, text: string): string | number | bigint {
  const family = familyOf(type)
  if (family === 'int') return baseOf(type).name === 'int8' ? BigInt(text) : Number(text)
  if (family === 'text' || family === 'uuid' || family === 'enum' || family === 'numeric') return text
  throw bug(`expected an integer, a text or a UUID for the memory target, got ${type.text}`)
}
