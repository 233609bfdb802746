import { TupleCursor } from '../../base/tuple-cursor.ts'
import { baseOf, familyOf } from '../../cast/sql-family.ts'
import { countCharacters, isStorableText, textLimit } from '../../cast/text-form.ts'
import type { Column, Relation } from '../../model/catalogue.ts'
import { Refusal } from '../target.ts'
import { columnIndex, type Field, type StoredRow } from './memory-table.ts'

/** Bytes of the types that have a fixed number of them. */
const SIZES: Readonly<Record<string, number>> = {
  bool: 1,
  int2: 2,
  int4: 4,
  int8: 8,
  float4: 4,
  float8: 8,
  date: 4,
  time: 8,
  timestamp: 8,
  timestamptz: 8,
  uuid: 16,
}

/** COPY tuples as rows of the table. Throws a Refusal as PostgreSQL would: 22P04 format, 08P01 or 22P03 a field too short or too long, 22021 text, 22001 length, 23502 NULL, names are the caller's. */
export function parseRows(relation: Relation, columns: readonly string[], tuples: readonly Buffer[]): readonly StoredRow[] {
  const places = columns.map(name => columnIndex(relation, name))
  const cursor = new TupleCursor(columns.length)
  const rows: StoredRow[] = []
  try {
    for (const block of tuples) {
      cursor.push(block)
      while (cursor.next()) rows.push(storedRow(relation, places, cursor))
    }
  } catch (error) {
    throw error instanceof RangeError ? refusal('22P04', relation, {}) : error
  }
  if (cursor.pending > 0) throw refusal('22P04', relation, {})
  return rows
}

function storedRow(relation: Relation, places: readonly number[], cursor: TupleCursor): StoredRow {
  const fields: Field[] = relation.columns.map(() => null)
  for (const [i, place] of places.entries()) {
    const start = cursor.start[i] ?? 0
    const length = cursor.length[i] ?? -1
    fields[place] = length < 0 ? null : Buffer.from(cursor.data.subarray(start, start + length))
  }
  for (const [i, column] of relation.columns.entries()) checkField(relation, column, fields[i] ?? null)
  for (const [i, column] of relation.columns.entries()) {
    const isFilled = !places.includes(i) && (column.hasDefault || column.generated !== 'no')
    if (fields[i] === null && !column.isNullable && !isFilled) throw refusal('23502', relation, { column: column.name })
  }
  return { fields }
}

function checkField(relation: Relation, column: Column, field: Field): void {
  if (field === null) return
  const type = baseOf(column.type)
  const size = SIZES[type.name]
  if (size !== undefined && field.length !== size) throw refusal(field.length < size ? '08P01' : '22P03', relation, { column: column.name })
  if (familyOf(type) !== 'text') return
  if (!isStorableText(field, 0, field.length)) throw refusal('22021', relation, { column: column.name })
  const limit = textLimit(type)
  if (limit !== null && countCharacters(field, 0, field.length) > limit) throw refusal('22001', relation, { column: column.name })
}

export function refusal(sqlstate: string, relation: Relation, at: { readonly column?: string; readonly constraint?: string }): Refusal {
  return new Refusal(`${sqlstate} (${at.constraint ?? at.column ?? relation.name})`, {
    sqlstate,
    constraint: at.constraint ?? null,
    table: `${relation.schema}.${relation.name}`,
    column: at.column ?? null,
  })
}
