import type { SqlType } from '../model/sql-type.ts'

/** The types of `pg_catalog`: internal name, OID, OID of its array, name as `format_type` prints it. The same in PostgreSQL 10 to 18. */
const SCALARS: readonly (readonly [string, number, number, string])[] = [
  ['bool', 16, 1000, 'boolean'],
  ['bytea', 17, 1001, 'bytea'],
  ['char', 18, 1002, '"char"'],
  ['name', 19, 1003, 'name'],
  ['int8', 20, 1016, 'bigint'],
  ['int2', 21, 1005, 'smallint'],
  ['int4', 23, 1007, 'integer'],
  ['regproc', 24, 1008, 'regproc'],
  ['text', 25, 1009, 'text'],
  ['oid', 26, 1028, 'oid'],
  ['tid', 27, 1010, 'tid'],
  ['xid', 28, 1011, 'xid'],
  ['cid', 29, 1012, 'cid'],
  ['json', 114, 199, 'json'],
  ['xml', 142, 143, 'xml'],
  ['point', 600, 1017, 'point'],
  ['lseg', 601, 1018, 'lseg'],
  ['path', 602, 1019, 'path'],
  ['box', 603, 1020, 'box'],
  ['polygon', 604, 1027, 'polygon'],
  ['line', 628, 629, 'line'],
  ['cidr', 650, 651, 'cidr'],
  ['float4', 700, 1021, 'real'],
  ['float8', 701, 1022, 'double precision'],
  ['circle', 718, 719, 'circle'],
  ['macaddr8', 774, 775, 'macaddr8'],
  ['money', 790, 791, 'money'],
  ['macaddr', 829, 1040, 'macaddr'],
  ['inet', 869, 1041, 'inet'],
  ['bpchar', 1042, 1014, 'bpchar'],
  ['varchar', 1043, 1015, 'character varying'],
  ['date', 1082, 1182, 'date'],
  ['time', 1083, 1183, 'time without time zone'],
  ['timestamp', 1114, 1115, 'timestamp without time zone'],
  ['timestamptz', 1184, 1185, 'timestamp with time zone'],
  ['interval', 1186, 1187, 'interval'],
  ['timetz', 1266, 1270, 'time with time zone'],
  ['bit', 1560, 1561, '"bit"'],
  ['varbit', 1562, 1563, 'bit varying'],
  ['numeric', 1700, 1231, 'numeric'],
  ['refcursor', 1790, 2201, 'refcursor'],
  ['regprocedure', 2202, 2207, 'regprocedure'],
  ['regoper', 2203, 2208, 'regoper'],
  ['regoperator', 2204, 2209, 'regoperator'],
  ['regclass', 2205, 2210, 'regclass'],
  ['regtype', 2206, 2211, 'regtype'],
  ['uuid', 2950, 2951, 'uuid'],
  ['txid_snapshot', 2970, 2949, 'txid_snapshot'],
  ['pg_lsn', 3220, 3221, 'pg_lsn'],
  ['tsvector', 3614, 3643, 'tsvector'],
  ['tsquery', 3615, 3645, 'tsquery'],
  ['regconfig', 3734, 3735, 'regconfig'],
  ['regdictionary', 3769, 3770, 'regdictionary'],
  ['jsonb', 3802, 3807, 'jsonb'],
  ['jsonpath', 4072, 4073, 'jsonpath'],
  ['regnamespace', 4089, 4090, 'regnamespace'],
  ['regrole', 4096, 4097, 'regrole'],
  ['regcollation', 4191, 4192, 'regcollation'],
  ['pg_snapshot', 5038, 5039, 'pg_snapshot'],
  ['xid8', 5069, 271, 'xid8'],
]

/** Range and multirange types: name, OID, OID of its array, subtype. */
const RANGES: readonly (readonly [string, number, number, string])[] = [
  ['int4range', 3904, 3905, 'int4'],
  ['numrange', 3906, 3907, 'numeric'],
  ['tsrange', 3908, 3909, 'timestamp'],
  ['tstzrange', 3910, 3911, 'timestamptz'],
  ['daterange', 3912, 3913, 'date'],
  ['int8range', 3926, 3927, 'int8'],
  ['int4multirange', 4451, 6150, 'int4'],
  ['nummultirange', 4532, 6151, 'numeric'],
  ['tsmultirange', 4533, 6152, 'timestamp'],
  ['tstzmultirange', 4534, 6153, 'timestamptz'],
  ['datemultirange', 4535, 6155, 'date'],
  ['int8multirange', 4536, 6157, 'int8'],
]

const byName = new Map<string, SqlType>()
const arrayOids = new Map<string, number>()
for (const [name, oid, array, text] of SCALARS) {
  byName.set(name, { kind: 'base', schema: 'pg_catalog', name, modifier: -1, text, oid })
  arrayOids.set(name, array)
}
for (const [name, oid, array, subtype] of RANGES) {
  const element = byName.get(subtype)
  if (!element) continue
  byName.set(name, {
    kind: name.endsWith('multirange') ? 'multirange' : 'range',
    schema: 'pg_catalog',
    name,
    modifier: -1,
    text: name,
    oid,
    element,
  })
  arrayOids.set(name, array)
}

/** Names of all scalar, range and multirange types there are here. */
export const BUILTIN_NAMES: readonly string[] = [...byName.keys()]

/** The built-in type of an internal name (`int4`, `_int4` for its array); null = no such type. `modifier` as `atttypmod`. */
export function findBuiltin(name: string, modifier = -1): SqlType | null {
  if (name.startsWith('_')) {
    const element = findBuiltin(name.slice(1), modifier)
    return element && arrayOf(element)
  }
  const type = byName.get(name)
  if (!type) return null
  return modifier === -1 ? type : { ...type, modifier, text: typeText(name, modifier) }
}

/** The built-in type of an internal name. Throws RangeError when there is none. */
export function builtinType(name: string, modifier = -1): SqlType {
  const type = findBuiltin(name, modifier)
  if (!type) throw new RangeError(`expected the name of a built-in type, got ${name}`)
  return type
}

/** The array type over an element. The element’s modifier is the array’s. */
export function arrayOf(element: SqlType): SqlType {
  const oid = element.schema === 'pg_catalog' ? (arrayOids.get(element.name) ?? 0) : 0
  return {
    kind: 'array',
    schema: element.schema,
    name: `_${element.name}`,
    modifier: element.modifier,
    text: `${element.text}[]`,
    oid,
    element,
  }
}

/** Precision and scale of a numeric modifier; null = any. The scale may be negative or above the precision (PostgreSQL 15). */
export function numericModifier(modifier: number): { readonly precision: number; readonly scale: number } | null {
  if (modifier < 4) return null
  const packed = modifier - 4
  return { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 1024) - 1024 }
}

/** `numeric(precision, scale)` as `atttypmod`. */
export function packNumericModifier(precision: number, scale: number): number {
  return ((precision << 16) | (scale & 0x7ff)) + 4
}

const INTERVAL_PRECISION_FULL = 0xffff

/** As `format_type` prints it. */
export function typeText(name: string, modifier: number): string {
  const type = byName.get(name)
  if (!type) return name
  if (modifier < 0) return type.text
  if (name === 'numeric') {
    const limits = numericModifier(modifier)
    return limits ? `numeric(${limits.precision},${limits.scale})` : type.text
  }
  if (name === 'bpchar') return `character(${modifier - 4})`
  if (name === 'varchar') return `character varying(${modifier - 4})`
  if (name === 'bit') return `bit(${modifier})`
  if (name === 'varbit') return `bit varying(${modifier})`
  if (name === 'interval') return (modifier & 0xffff) === INTERVAL_PRECISION_FULL ? 'interval' : `interval(${modifier & 0xffff})`
  const space = type.text.indexOf(' ')
  return name.startsWith('time') && space > 0 ? `${type.text.slice(0, space)}(${modifier})${type.text.slice(space)}` : type.text
}
