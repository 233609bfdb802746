import type { SqlType } from '../model/sql-type.ts'

/** How a type behaves in an expression. `opaque`: it can be passed on and tested for NULL, nothing else. `unknown`: a text or NULL literal that has no type yet. */
export type ScalarKind =
  | 'unknown'
  | 'bool'
  | 'int2'
  | 'int4'
  | 'int8'
  | 'numeric'
  | 'float4'
  | 'float8'
  | 'text'
  | 'varchar'
  | 'bpchar'
  | 'citext'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'enum'
  | 'opaque'

const BUILT_IN: ReadonlyMap<string, ScalarKind> = new Map<string, ScalarKind>([
  ['unknown', 'unknown'],
  ['bool', 'bool'],
  ['int2', 'int2'],
  ['int4', 'int4'],
  ['int8', 'int8'],
  ['numeric', 'numeric'],
  ['float4', 'float4'],
  ['float8', 'float8'],
  ['text', 'text'],
  ['name', 'text'],
  ['varchar', 'varchar'],
  ['bpchar', 'bpchar'],
  ['date', 'date'],
  ['time', 'time'],
  ['timestamp', 'timestamp'],
  ['timestamptz', 'timestamptz'],
  ['uuid', 'uuid'],
  ['json', 'json'],
  ['jsonb', 'jsonb'],
])

/** A domain behaves as the type under it. */
export function kindOf(type: SqlType): ScalarKind {
  const base = baseType(type)
  if (base.kind === 'enum') return 'enum'
  if (base.kind === 'base' && base.name === 'citext') return 'citext'
  return base.kind === 'base' && base.schema === 'pg_catalog' ? (BUILT_IN.get(base.name) ?? 'opaque') : 'opaque'
}

export function baseType(type: SqlType): SqlType {
  let base = type
  while (base.kind === 'domain' && base.element) base = base.element
  return base
}

export function isTextKind(kind: ScalarKind): boolean {
  return kind === 'text' || kind === 'varchar' || kind === 'bpchar'
}

export function isIntegerKind(kind: ScalarKind): kind is 'int2' | 'int4' | 'int8' {
  return kind === 'int2' || kind === 'int4' || kind === 'int8'
}

/** Numbers in the order they widen to one another; -1 = not a number. */
export function numberRank(kind: ScalarKind): number {
  return NUMBER_KINDS.indexOf(kind)
}

export const NUMBER_KINDS: readonly ScalarKind[] = ['int2', 'int4', 'int8', 'numeric', 'float4', 'float8']

function builtIn(name: string, text: string, oid: number): SqlType {
  return { kind: 'base', schema: 'pg_catalog', name, modifier: -1, text, oid }
}

export const UNKNOWN = builtIn('unknown', 'a literal without a type', 705)

/** The types an expression can come to by itself. */
export const TYPES = {
  bool: builtIn('bool', 'boolean', 16),
  int2: builtIn('int2', 'smallint', 21),
  int4: builtIn('int4', 'integer', 23),
  int8: builtIn('int8', 'bigint', 20),
  numeric: builtIn('numeric', 'numeric', 1700),
  float4: builtIn('float4', 'real', 700),
  float8: builtIn('float8', 'double precision', 701),
  text: builtIn('text', 'text', 25),
  varchar: builtIn('varchar', 'character varying', 1043),
  bpchar: builtIn('bpchar', 'character', 1042),
  date: builtIn('date', 'date', 1082),
  uuid: builtIn('uuid', 'uuid', 2950),
  json: builtIn('json', 'json', 114),
  jsonb: builtIn('jsonb', 'jsonb', 3802),
} as const satisfies Record<string, SqlType>

/** Whether two types are the same but for the modifier. */
export function isSameType(a: SqlType, b: SqlType): boolean {
  return a.kind === b.kind && a.schema === b.schema && a.name === b.name
}

/** The type without its limits, of a domain the type under it. */
export function withoutModifier(type: SqlType): SqlType {
  const base = baseType(type)
  if (base.modifier === -1) return base
  const known = Object.values(TYPES).find(plain => plain.name === base.name && base.schema === 'pg_catalog')
  return known ?? { ...base, modifier: -1, text: base.text.replace(/\([^)]*\)/, '') }
}
