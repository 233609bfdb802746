import { TupleCursor } from '../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../src/base/tuple-writer.ts'
import { builtinType } from '../../src/cast/builtin-types.ts'
import { fieldDecoder, fieldEncoder } from '../../src/cast/field-codec.ts'
import type { Column, ForeignKey, Relation, UniqueKey } from '../../src/model/catalogue.ts'
import type { Value } from '../../src/model/value.ts'

/** A table said once, for engines with SQL and without. */
export interface TableSpec {
  readonly name: string
  readonly columns: readonly ColumnSpec[]
  readonly primaryKey?: readonly string[]
  readonly unique?: readonly { readonly name: string; readonly columns: readonly string[]; readonly nullsNotDistinct?: boolean }[]
  readonly foreignKeys?: readonly ForeignKeySpec[]
}

export interface ColumnSpec {
  readonly name: string
  /** Internal name of a built-in type. */
  readonly type: string
  readonly isNullable?: boolean
}

export interface ForeignKeySpec {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: string
  readonly referenced: readonly string[]
  readonly isDeferred?: boolean
  readonly onDelete?: 'no action' | 'cascade'
}

export type Row = readonly Value[]
export type Fields = readonly (Buffer | null)[]

const SCHEMA = 'public'

export function relationOf(spec: TableSpec): Relation {
  return {
    schema: SCHEMA,
    name: spec.name,
    kind: 'table',
    columns: spec.columns.map(columnOf),
    primaryKey: spec.primaryKey ?? null,
    uniqueKeys: uniqueKeysOf(spec),
    foreignKeys: (spec.foreignKeys ?? []).map(foreignKeyOf),
    estimatedRows: null,
  }
}

function columnOf(column: ColumnSpec): Column {
  const type = builtinType(column.type)
  const isText = ['text', 'varchar', 'bpchar'].includes(column.type)
  return {
    name: column.name,
    type,
    isNullable: column.isNullable ?? false,
    hasDefault: false,
    generated: 'no',
    collation: isText ? { name: 'C', isDeterministic: true } : null,
  }
}

function uniqueKeysOf(spec: TableSpec): readonly UniqueKey[] {
  const rest = { isDeferrable: false, isPartialOrExpression: false }
  const primary = spec.primaryKey && {
    name: `${spec.name}_pkey`,
    columns: spec.primaryKey,
    isPrimary: true,
    nullsNotDistinct: false,
    ...rest,
  }
  const others = (spec.unique ?? []).map(key => ({ nullsNotDistinct: false, isPrimary: false, ...rest, ...key }))
  return primary ? [primary, ...others] : others
}

function foreignKeyOf(key: ForeignKeySpec): ForeignKey {
  return {
    name: key.name,
    columns: key.columns,
    referencedSchema: SCHEMA,
    referencedTable: key.references,
    referencedColumns: key.referenced,
    isDeferrable: key.isDeferred ?? false,
    isValidated: true,
    onDelete: key.onDelete ?? 'no action',
    setNullColumns: null,
  }
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const list = (names: readonly string[]): string => names.map(quoted).join(', ')

export function ddlOf(spec: TableSpec): string {
  const columns = spec.columns.map(column => {
    const { type, collation, isNullable } = columnOf(column)
    return `${quoted(column.name)} ${type.text}${collation ? ' collate "C"' : ''}${isNullable ? '' : ' not null'}`
  })
  const primary = spec.primaryKey ? [`constraint ${quoted(`${spec.name}_pkey`)} primary key (${list(spec.primaryKey)})`] : []
  const unique = (spec.unique ?? []).map(
    key => `constraint ${quoted(key.name)} unique ${key.nullsNotDistinct ? 'nulls not distinct ' : ''}(${list(key.columns)})`,
  )
  const foreign = (spec.foreignKeys ?? []).map(
    key =>
      `constraint ${quoted(key.name)} foreign key (${list(key.columns)}) references ${quoted(key.references)} (${list(key.referenced)})` +
      ` on delete ${key.onDelete ?? 'no action'}${key.isDeferred ? ' deferrable initially deferred' : ''}`,
  )
  return `create table ${SCHEMA}.${quoted(spec.name)} (${[...columns, ...primary, ...unique, ...foreign].join(', ')})`
}

/** A row's values as fields of its columns' types. */
export function fieldsOf(spec: TableSpec, row: Row): Fields {
  return spec.columns.map((column, i) => fieldOf(column.type, row[i] ?? null))
}

export function fieldOf(type: string, value: Value): Buffer | null {
  if (value === null) return null
  const out = new TupleWriter(64)
  fieldEncoder(builtinType(type))(value, out)
  return Buffer.from(out.bytes().subarray(4))
}

/** Fields as tuples of a binary COPY, no header, no trailer. */
export function tuplesOf(rows: readonly Fields[]): Buffer {
  const out = new TupleWriter()
  for (const row of rows) {
    out.fieldCount(row.length)
    for (const field of row) {
      if (field === null) out.null()
      else out.field(field, 0, field.length)
    }
  }
  return Buffer.from(out.bytes())
}

export function rowTuples(spec: TableSpec, rows: readonly Row[]): Buffer {
  return tuplesOf(rows.map(row => fieldsOf(spec, row)))
}

/** Everything a stream of tuples holds, as fields. */
export async function collectFields(chunks: AsyncIterable<Buffer>, count: number): Promise<Fields[]> {
  const cursor = new TupleCursor(count)
  const rows: Fields[] = []
  for await (const chunk of chunks) {
    cursor.push(chunk)
    while (cursor.next()) {
      rows.push(
        Array.from(cursor.start, (start, i) => {
          const length = cursor.length[i] ?? -1
          return length < 0 ? null : Buffer.from(cursor.data.subarray(start, start + length))
        }),
      )
    }
  }
  if (cursor.pending !== 0) throw new Error(`expected whole rows, got ${cursor.pending} bytes more`)
  return rows
}

export function valueIn(type: string, field: Buffer | null): Value {
  return field === null ? null : fieldDecoder(builtinType(type))(field, 0, field.length)
}

/** A key value as the text a position holds. */
export function positionText(value: Value): string {
  return String(value)
}
