import type { SqlType } from '../model/sql-type.ts'

/**
 * What kind of value a type holds: the key of the cast table. Types of `pg_catalog` by their name; extensions we know the bytes of by their name in any schema;
 * every other base type is `unknown`.
 */
export type Family =
  | 'bool'
  | 'int'
  | 'oid'
  | 'float'
  | 'numeric'
  | 'money'
  | 'text'
  | 'bpchar'
  | 'char'
  | 'enum'
  | 'bytea'
  | 'bits'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'inet'
  | 'macaddr'
  | 'macaddr8'
  | 'pg_lsn'
  | 'geometry'
  | 'hstore'
  | 'opaque'
  | 'object'
  | 'unknown'
  | 'array'
  | 'composite'
  | 'range'
  | 'multirange'
  | 'datetime2'
  | 'tick_time'
  | 'datetimeoffset'

const CATALOG: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['bool', 'bool'],
  ['int2', 'int'],
  ['int4', 'int'],
  ['int8', 'int'],
  ['oid', 'oid'],
  ['float4', 'float'],
  ['float8', 'float'],
  ['numeric', 'numeric'],
  ['money', 'money'],
  ['text', 'text'],
  ['varchar', 'text'],
  ['name', 'text'],
  ['bpchar', 'bpchar'],
  ['char', 'char'],
  ['bytea', 'bytea'],
  ['bit', 'bits'],
  ['varbit', 'bits'],
  ['date', 'date'],
  ['time', 'time'],
  ['timetz', 'timetz'],
  ['timestamp', 'timestamp'],
  ['timestamptz', 'timestamptz'],
  ['interval', 'interval'],
  ['uuid', 'uuid'],
  ['json', 'json'],
  ['jsonb', 'jsonb'],
  ['inet', 'inet'],
  ['cidr', 'inet'],
  ['macaddr', 'macaddr'],
  ['macaddr8', 'macaddr8'],
  ['pg_lsn', 'pg_lsn'],
  ['point', 'geometry'],
  ['lseg', 'geometry'],
  ['box', 'geometry'],
  ['path', 'geometry'],
  ['polygon', 'geometry'],
  ['line', 'geometry'],
  ['circle', 'geometry'],
  // Bytes that mean the same on every server, and that we never look into.
  ['xml', 'opaque'],
  ['tsvector', 'opaque'],
  ['tsquery', 'opaque'],
  ['jsonpath', 'opaque'],
  ['refcursor', 'opaque'],
  ['xid', 'opaque'],
  ['cid', 'opaque'],
  ['tid', 'opaque'],
  ['xid8', 'opaque'],
  ['pg_snapshot', 'opaque'],
  ['txid_snapshot', 'opaque'],
])

/** Known by name whatever the schema the extension was installed in. */
const EXTENSIONS: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['citext', 'text'],
  ['hstore', 'hstore'],
  ['ltree', 'opaque'],
  ['lquery', 'opaque'],
  ['ltxtquery', 'opaque'],
  ['vector', 'opaque'],
])

/** SQL Server’s types that PostgreSQL does not have in full (docs/design/008). */
const SQL_SERVER: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['datetime2', 'datetime2'],
  ['time', 'tick_time'],
  ['datetimeoffset', 'datetimeoffset'],
])

/** The family of a type; a domain’s is that of the type under it. */
export function familyOf(type: SqlType): Family {
  const base = baseOf(type)
  if (base.kind === 'enum' || base.kind === 'array' || base.kind === 'composite' || base.kind === 'range' || base.kind === 'multirange')
    return base.kind
  if (base.schema === 'sqlserver') return SQL_SERVER.get(base.name) ?? 'unknown'
  if (base.schema !== 'pg_catalog') return EXTENSIONS.get(base.name) ?? 'unknown'
  // regclass and its like are OIDs of objects of one database: they mean nothing in another.
  return CATALOG.get(base.name) ?? (base.name.startsWith('reg') ? 'object' : 'unknown')
}

/** The type under a domain, through all its layers; other types unchanged. */
export function baseOf(type: SqlType): SqlType {
  let base = type
  while (base.kind === 'domain' && base.element) base = base.element
  return base
}

/** The element of an array or the subtype of a range. An array column’s modifier is its elements’. Throws RangeError on a type without one. */
export function elementOf(type: SqlType): SqlType {
  if (!type.element) throw new RangeError(`expected an element type of ${type.text}, got none`)
  if (type.kind !== 'array' || type.modifier === -1 || type.element.modifier !== -1 || type.element.kind !== 'base') return type.element
  return { ...type.element, modifier: type.modifier }
}
