import { TupleWriter } from '../base/tuple-writer.ts'
import { RehouseError } from '../errors.ts'
import type { JsonLiteral } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'
import { type CastContext, type CastResult, DONE, REFUSED } from './cast.ts'
import { finish } from './container-casts.ts'
import { fieldParser } from './field-parser.ts'
import { jsonbForm } from './jsonb-form.ts'
import { baseOf, elementOf, familyOf } from './sql-family.ts'
import { stringWriter } from './text-casts.ts'
import { writeVersioned } from './write-field.ts'

/** A constant belongs to no tenant: local times in it have no zone and are refused where an instant is wanted. */
const NO_TENANT: CastContext = { zone: null, gap: 'quarantine', overlap: 'quarantine', zoneHit: () => undefined }

/**
 * Writes a constant of the manifest as a field of the type. Numbers and strings are read as the type’s input function would read them; jsonb takes any constant, an array type a list.
 * Throws MAPPING_TYPE when the constant is not wholly a value of the type: rounding it would not be what was written.
 */
export function literalEncoder(literal: JsonLiteral, type: SqlType): (out: TupleWriter) => void {
  const field = new TupleWriter(64)
  if (literal === null) field.null()
  else if (write(literal, baseOf(type), field) !== DONE) throw misfit(literal, type)
  const bytes = Buffer.from(field.bytes())
  return out => {
    out.ensure(bytes.length)
    bytes.copy(out.buf, out.at)
    out.at += bytes.length
  }
}

function misfit(literal: JsonLiteral, type: SqlType): RehouseError {
  return new RehouseError('MAPPING_TYPE', `expected a constant of type ${type.text}, got ${shown(literal)}`, {
    next: 'Write a constant the column can hold as it stands; times with an offset (2024-05-01T12:00:00Z) where the column is timestamptz.',
  })
}

function shown(literal: JsonLiteral): string {
  const text = jsonbForm(literal)?.text ?? 'a number that is too large'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function write(literal: Exclude<JsonLiteral, null>, type: SqlType, out: TupleWriter): CastResult {
  const family = familyOf(type)
  if (family === 'json' || family === 'jsonb') return writeDocument(literal, family, out)
  if (Array.isArray(literal)) return family === 'array' ? writeArray(literal, type, out) : REFUSED
  const text = scalarText(literal, family)
  if (text === null || text.includes('\0') || !text.isWellFormed()) return REFUSED
  if (family === 'text' || family === 'bpchar') return stringWriter(type)(text, out)
  return fieldParser(type, NO_TENANT)?.(text, out) ?? REFUSED
}

function writeDocument(literal: JsonLiteral, family: 'json' | 'jsonb', out: TupleWriter): CastResult {
  const form = jsonbForm(literal)
  if (!form || form.hasLostKeys || form.text.includes('\\u0000')) return REFUSED
  if (family === 'json') out.text(form.text)
  else writeVersioned(form.text, out)
  return DONE
}

/** Null: a list, an object, or a truth value where none is read from its word. */
function scalarText(literal: Exclude<JsonLiteral, null>, family: string): string | null {
  if (typeof literal === 'string') return literal
  if (typeof literal === 'boolean') return family === 'bool' || family === 'text' || family === 'bpchar' ? String(literal) : null
  if (!('digits' in literal)) return null
  return family === 'bool' ? null : literal.digits
}

/** One dimension, counted from 1. */
function writeArray(items: readonly JsonLiteral[], type: SqlType, out: TupleWriter): CastResult {
  const element = elementOf(type)
  const mark = out.at
  const header = Buffer.alloc(items.length === 0 ? 12 : 20)
  header.writeInt32BE(items.length === 0 ? 0 : 1)
  header.writeInt32BE(items.includes(null) ? 1 : 0, 4)
  header.writeUInt32BE(element.oid, 8)
  if (items.length > 0) header.writeInt32BE(items.length, 12)
  if (items.length > 0) header.writeInt32BE(1, 16)
  out.field(header, 0, header.length)
  for (const item of items) {
    if (item === null) out.null()
    else if (write(item, baseOf(element), out) !== DONE) return REFUSED
  }
  return finish(mark, DONE, out)
}
