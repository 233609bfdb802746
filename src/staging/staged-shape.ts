import { createHash } from 'node:crypto'
import { tableLabel } from '../base/table-label.ts'
import { hasValueText } from '../cast/value-text.ts'
import type { Column, ManyTables, Relation } from '../model/catalogue.ts'
import type { SourceKey } from '../model/source-key.ts'
import type { SqlType } from '../model/sql-type.ts'
import { qualifiedName, quoteName, underDomains } from '../postgres/quote.ts'

/** The only schema of a staging database that is ours. */
export const STAGING_SCHEMA = 'legacy_staging'

/** How a relation lies in staging: its columns in their order, then the canonical texts of key parts PostgreSQL could not order as the key wants it. */
export interface StagedShape {
  /** Name of the table in `legacy_staging`. */
  readonly table: string
  readonly columns: readonly StagedColumn[]
  /** Indexes of columns whose canonical key text is kept besides, each in a column of its own behind the others. */
  readonly keyed: readonly number[]
}

interface StagedColumn {
  /** In the file's catalogue. */
  readonly of: Column
  readonly name: string
  /** What PostgreSQL holds the bytes as. */
  readonly type: SqlType
}

export const NAME_BYTES = 63
const SYSTEM_COLUMNS: ReadonlySet<string> = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'])

/**
 * `known`: the types of pg_catalog this server reads and sends in binary. A type that is the same bytes under another name is staged as that: an enum as text, a domain as what is
 * under it, so that a row's text and with it the digest of its content is what a PostgreSQL with those types would give. What PostgreSQL does not have is staged as bytea.
 */
export function stagedShape(relation: Relation, key: SourceKey, known: ReadonlySet<string>): StagedShape {
  const columns = relation.columns.map((of, i) => ({ of, name: columnName(of.name, i), type: stagedType(of.type, known) }))
  const names = key.kind === 'content' ? [] : key.names
  const keyed = columns.flatMap(({ of, type }, i) => (names.includes(of.name) && isOwnEquality(of, type) ? [i] : []))
  const label = tableLabel(relation.schema, relation.name)
  const own = relation.many === undefined ? [] : [madeOf(relation.many)]
  const described = [label, columns.map(({ of, name, type }) => [of.name, name, of.type.text, type.text]), keyed, ...own]
  const digest = createHash('sha256').update(JSON.stringify(described)).digest('hex').slice(0, 16)
  return { table: `${cut(label, NAME_BYTES - 17)}-${digest}`, columns, keyed }
}

/** What the bytes of many tables’ rows depend on besides: a copy made for another mapping is another copy. */
function madeOf({ constants, tables, shapes }: ManyTables): unknown {
  return [
    constants,
    tables.map(({ relation, constants: values, shape }) => [relation.schema, relation.name, values.map(({ text }) => text), shape]),
    shapes.map(shape => shape.map(({ name, type }) => [name, type.text])),
  ]
}

/** The name a column has in staging: its own, where PostgreSQL can have it. */
export function columnName(name: string, index: number): string {
  const isPlain = Buffer.byteLength(name) <= NAME_BYTES && name !== '' && !SYSTEM_COLUMNS.has(name) && !name.includes('\0')
  return isPlain ? name : `${cut(name.replaceAll('\0', ''), 40)} (column ${index + 1})`
}

/** At most so many bytes of it, whole characters. */
export function cut(text: string, bytes: number): string {
  let kept = ''
  let length = 0
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > bytes) return kept
    kept += character
  }
  return kept
}

export const TEXT = catalogType('text', 'base')
const BYTEA = catalogType('bytea', 'base')
/** Kept as they were written: to read them would cost time, and needs what not every server has. */
const AS_TEXT: ReadonlySet<string> = new Set(['json', 'xml'])

/** What values of a type are held as; see `stagedShape`. */
export function stagedType(type: SqlType, known: ReadonlySet<string>): SqlType {
  const base = underDomains(type)
  const isText = base.kind === 'enum' || (base.kind === 'base' && (base.name === 'citext' || (isBuiltin(base) && AS_TEXT.has(base.name))))
  if (isText) return known.has('text') ? TEXT : BYTEA
  return isBuiltin(base) && known.has(base.name) ? catalogType(base.name, base.kind) : BYTEA
}

function isBuiltin({ schema, kind }: SqlType): boolean {
  return schema === 'pg_catalog' && kind !== 'composite'
}

/**
 * Of the types a server knows those a file's values fit into. `any`: its texts may hold what no text of PostgreSQL can (NUL, bytes that are not UTF-8): one such value must not
 * keep a whole table from being read, so texts are staged as their bytes.
 */
export function fittingTypes(types: ReadonlySet<string>, texts: TextsOf): ReadonlySet<string> {
  return texts === 'postgres' ? types : new Set([...types].filter(name => !TEXTS.has(name)))
}

export type TextsOf = 'postgres' | 'any'

/** Without a modifier: nothing is cut or rounded on the way in. The quoted internal name has none where the word of SQL would (`bit`, `char`). */
function catalogType(name: string, kind: SqlType['kind']): SqlType {
  return { kind, schema: 'pg_catalog', name, modifier: -1, text: `pg_catalog.${quoteName(name)}`, oid: 0 }
}

/** Values that are equal as keys, but not to the type they are staged as. */
function isOwnEquality({ type, collation }: Column, staged: SqlType): boolean {
  const base = underDomains(type)
  if (base.name === 'citext' || staged === BYTEA) return base.name !== 'bytea'
  return collation?.equality !== undefined && collation.equality !== 'bytes'
}

/** Whether the position of this key can be said to PostgreSQL. */
export function isPositionSql(shape: StagedShape, names: readonly string[]): boolean {
  return shape.columns.every(({ of }, i) => !names.includes(of.name) || (!shape.keyed.includes(i) && hasValueText(of.type)))
}

export function keyedName(index: number): string {
  return `key text (column ${index + 1})`
}

export function createStatement(shape: StagedShape): string {
  const columns = shape.columns.map(columnDefinition)
  const keyed = shape.keyed.map(i => `${quoteName(keyedName(i))} pg_catalog.bytea`)
  return `create unlogged table ${qualifiedName({ schema: STAGING_SCHEMA, name: shape.table })} (${[...columns, ...keyed].join(', ')})`
}

/** Texts are ordered by code point. */
export function columnDefinition({ name, type }: Pick<StagedColumn, 'name' | 'type'>): string {
  return `${quoteName(name)} ${type.text}${COLLATED.has(type.name) ? ' collate "C"' : ''}`
}

const COLLATED: ReadonlySet<string> = new Set(['text', 'varchar', 'bpchar', '_text', '_varchar', '_bpchar'])
const TEXTS: ReadonlySet<string> = new Set([...COLLATED, 'name', 'char', 'jsonb', '_name', '_char', '_json', '_jsonb'])

/** The staged table as the postgres source reads it. Only the columns the file has: rows are told apart by these. */
export function stagedRelation({ table, columns }: StagedShape): Relation {
  return {
    schema: STAGING_SCHEMA,
    name: table,
    kind: 'table',
    columns: columns.map(({ of, name, type }) => ({ ...of, name, type })),
    primaryKey: null,
    uniqueKeys: [],
    foreignKeys: [],
    estimatedRows: null,
  }
}

/** The same with the canonical key texts, for reading in key order. */
export function keyedRelation(shape: StagedShape): Relation {
  const relation = stagedRelation(shape)
  const keyed = shape.keyed.map(i => {
    const isNullable = shape.columns[i]?.of.isNullable ?? true
    return { name: keyedName(i), type: BYTEA, isNullable, hasDefault: false, generated: 'no', collation: null } as const
  })
  return { ...relation, columns: [...relation.columns, ...keyed] }
}
