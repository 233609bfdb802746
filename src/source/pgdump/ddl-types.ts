import type { Node, TypeName } from 'libpg-query'
import { arrayOf, findBuiltin, packNumericModifier } from '../../cast/builtin-types.ts'
import type { SqlType } from '../../model/sql-type.ts'
import { printedName } from './sql-text.ts'

/** A type as a script makes it. */
export interface MadeType {
  readonly type: SqlType
  /** A domain that takes no NULL, or one over such a domain. */
  readonly refusesNull: boolean
  readonly hasDefault: boolean
  /** Of a domain: the collation it gives its columns. */
  readonly collation: string | null
}

export interface ResolvedType extends MadeType {
  /** `serial` and its like: not NULL, with a default. */
  readonly isSerial: boolean
}

const SERIALS: Readonly<Record<string, string>> = {
  serial: 'int4',
  serial4: 'int4',
  bigserial: 'int8',
  serial8: 'int8',
  smallserial: 'int2',
  serial2: 'int2',
}
/** Types of extensions whose values we know, by the extension that brings them. */
const EXTENSION_TYPES: Readonly<Record<string, readonly string[]>> = {
  citext: ['citext'],
  hstore: ['hstore'],
  ltree: ['ltree', 'lquery', 'ltxtquery'],
  vector: ['vector'],
}
const INTERVAL_FULL_RANGE = 0x7fff
const INTERVAL_FULL_PRECISION = 0xffff
const PLAIN = { refusesNull: false, hasDefault: false, collation: null, isSerial: false }

/** The types of one database, by schema and name. Not known names become base types of their own, whose values nobody reads. */
export class TypeRegistry {
  readonly #made = new Map<string, MadeType>()
  /** Schemas that names without one are looked for in. */
  searchPath: readonly string[] = ['public']

  add(schema: string, name: string, made: Partial<MadeType> & { readonly type: SqlType }): void {
    this.#made.set(key(schema, name), { refusesNull: false, hasDefault: false, collation: null, ...made })
  }

  change(schema: string, name: string, change: Partial<MadeType>): void {
    const made = this.#made.get(key(schema, name))
    if (made !== undefined) this.#made.set(key(schema, name), { ...made, ...change })
  }

  drop(schema: string, name: string): void {
    this.#made.delete(key(schema, name))
  }

  addExtension(name: string, schema: string): void {
    for (const type of EXTENSION_TYPES[name] ?? []) this.add(schema, type, { type: baseType(schema, type) })
  }

  find(parts: readonly string[]): MadeType | null {
    const [schema, name] = parts.length > 1 ? parts.slice(-2) : [null, parts[0]]
    for (const candidate of schema === null || schema === undefined ? this.searchPath : [schema]) {
      const made = this.#made.get(key(candidate, name ?? ''))
      if (made !== undefined) return made
    }
    return null
  }

  /** A type as it is used: with its modifier, as an array. */
  resolve(use: TypeName): ResolvedType {
    const parts = namesOf(use.names)
    const name = parts.at(-1) ?? ''
    const serial = parts.length === 1 ? SERIALS[name] : undefined
    const found = serial === undefined ? this.#named(parts, use) : { type: builtin(serial, -1) }
    const made = {
      ...PLAIN,
      ...found,
      isSerial: serial !== undefined,
      hasDefault: serial !== undefined || (found as MadeType).hasDefault === true,
    }
    if ((use.arrayBounds ?? []).length === 0) return made
    return { ...PLAIN, type: arrayOf(made.type), collation: made.collation }
  }

  #named(parts: readonly string[], use: TypeName): Partial<MadeType> & { readonly type: SqlType } {
    const name = parts.at(-1) ?? ''
    const schema = parts.at(-2)
    const own = schema === 'pg_catalog' ? null : this.find(parts)
    if (own !== null) return withModifier(own, use)
    if (schema === undefined || schema === 'pg_catalog') {
      const type = findBuiltin(name.startsWith('_') ? name : name, builtinModifier(name, use))
      if (type !== null) return { type: name === 'interval' ? intervalType(type) : type }
    }
    return withModifier({ ...PLAIN, type: baseType(schema ?? this.searchPath[0] ?? 'public', name) }, use)
  }
}

function key(schema: string, name: string): string {
  return JSON.stringify([schema, name])
}

function builtin(name: string, modifier: number): SqlType {
  const type = findBuiltin(name, modifier)
  if (type === null) throw new RangeError(`expected a built-in type, got ${name}`)
  return type
}

export function baseType(schema: string, name: string): SqlType {
  return { kind: 'base', schema, name, modifier: -1, text: printedType(schema, name), oid: 0 }
}

export function printedType(schema: string, name: string): string {
  return `${printedName(schema)}.${printedName(name)}`
}

export function namesOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map(node => ('String' in node ? (node.String.sval ?? '') : ''))
}

/** Numbers in parentheses after a type; null where something else stands there. */
function modifiers(use: TypeName): readonly number[] | null {
  const values = (use.typmods ?? []).map(node => ('A_Const' in node && node.A_Const.ival ? (node.A_Const.ival.ival ?? 0) : negative(node)))
  return values.some(value => value === null) ? null : values.map(value => value ?? 0)
}

/** `numeric(5,-2)`: minus is an operator to the parser. */
function negative(node: Node): number | null {
  if ('Integer' in node) return node.Integer.ival ?? 0
  if (!('A_Expr' in node) || node.A_Expr.lexpr || namesOf(node.A_Expr.name)[0] !== '-') return null
  const value = node.A_Expr.rexpr
  return value && 'A_Const' in value ? -(value.A_Const.ival?.ival ?? 0) : null
}

function builtinModifier(name: string, use: TypeName): number {
  const values = modifiers(use)
  const [first, second] = values ?? []
  if (first === undefined) return -1
  switch (name) {
    case 'numeric':
      return packNumericModifier(first, second ?? 0)
    case 'varchar':
    case 'bpchar':
      return first + 4
    case 'interval':
      return ((first & INTERVAL_FULL_RANGE) << 16) | (second ?? INTERVAL_FULL_PRECISION)
    case 'char':
      return -1
    default:
      return first
  }
}

function withModifier(made: MadeType, use: TypeName): MadeType {
  const values = modifiers(use)
  if (made.type.kind !== 'base' || values === null || values.length === 0) return made
  const modifier = values.length === 1 ? (values[0] ?? -1) : -1
  return { ...made, type: { ...made.type, modifier, text: `${made.type.text}(${values.join(',')})` } }
}

const INTERVAL_FIELDS: readonly (readonly [number, string])[] = [
  [1 << 2, 'year'],
  [1 << 1, 'month'],
  [1 << 3, 'day'],
  [1 << 10, 'hour'],
  [1 << 11, 'minute'],
  [1 << 12, 'second'],
]

/** `interval day to second(3)`. */
function intervalType(type: SqlType): SqlType {
  if (type.modifier < 0) return type
  const range = (type.modifier >> 16) & INTERVAL_FULL_RANGE
  const precision = type.modifier & INTERVAL_FULL_PRECISION
  if (range === INTERVAL_FULL_RANGE) return type
  const fields = INTERVAL_FIELDS.filter(([bit]) => (range & bit) !== 0).map(([, word]) => word)
  const words = fields.length > 1 ? `${fields[0]} to ${fields.at(-1)}` : (fields[0] ?? '')
  return { ...type, text: `interval ${words}${precision === INTERVAL_FULL_PRECISION ? '' : `(${precision})`}` }
}
