import { builtinType, packNumericModifier, typeText } from '../cast/builtin-types.ts'
import { findCast } from '../cast/find-cast.ts'
import { baseOf, familyOf } from '../cast/sql-family.ts'
import type { SqlType } from '../model/sql-type.ts'

/** The target every first draft is made for: the built-in server, and what casts know of it. */
export const TARGET_VERSION = 180_000

/** What a column becomes. */
export interface TargetType {
  readonly type: SqlType
  /** Digits or offsets the target type cannot hold go, counted, by `on_loss`. */
  readonly losesDigits: boolean
  /** What a person should know: the type was changed in more than spelling. */
  readonly remark: string | null
  /** The extension the type comes from. */
  readonly extension: string | null
}

export interface SourceType {
  readonly type: SqlType
  /** Of the server it was read from; 0 = not PostgreSQL. */
  readonly version: number
}

/** Null: no type of the target takes these values. */
export function targetTypeOf({ type, version }: SourceType): TargetType | null {
  const base = baseOf(type)
  const domain = type.kind === 'domain' ? `the domain ${type.text} becomes the type under it; its own checks are not carried` : null
  for (const candidate of candidates(base)) {
    if (leadsTo({ type: base, version }, candidate.type)) return { ...candidate, remark: candidate.remark ?? domain }
  }
  return null
}

/** Whether values of the one can be migrated into the other. */
export function leadsTo({ type, version }: SourceType, target: SqlType): boolean {
  return findCast({ source: type, target, sourceVersion: version, targetVersion: TARGET_VERSION }) !== null
}

function candidates(type: SqlType): readonly TargetType[] {
  const text = as('text', `${type.text} has no counterpart in the draft: its values arrive as text`)
  if (type.schema === 'sqlserver') return [...sqlServer(type.name), text]
  if (type.kind === 'enum') return [same(type), text]
  if (type.kind === 'array') return isPlain(type.element) ? [same(type), text] : [text]
  if (type.kind !== 'base') return type.schema === 'pg_catalog' ? [same(type), text] : [text]
  if (type.schema !== 'pg_catalog') return [...extension(type), text]
  return [...builtin(type), text]
}

function builtin(type: SqlType): readonly TargetType[] {
  if (type.name === 'money') return [as('numeric', 'money becomes numeric(19,4), read with two decimals', packNumericModifier(19, 4))]
  if (type.name === 'oid') return [as('int8', 'oid becomes bigint; a large object it may stand for is not carried')]
  if (type.name === 'name') return [as('text', null)]
  // What xml a server takes depends on how it was built.
  if (type.name === 'xml') return [as('text', 'xml becomes text, character by character')]
  return [same(type)]
}

function sqlServer(name: string): readonly TargetType[] {
  const lost = (what: string): string => `${what}; a seventh digit of a second is rounded to six, each time counted (on_loss)`
  if (name === 'datetime2') return [{ ...as('timestamp', lost('datetime2(7) becomes timestamp'), 6), losesDigits: true }]
  if (name === 'time') return [{ ...as('time', lost('time(7) becomes time'), 6), losesDigits: true }]
  if (name === 'datetimeoffset')
    return [
      {
        ...as('timestamptz', lost('datetimeoffset becomes timestamptz: the instant is kept, the offset it was written in is not'), 6),
        losesDigits: true,
      },
    ]
  return []
}

function extension(type: SqlType): readonly TargetType[] {
  if (type.name === 'citext')
    return [{ ...same(type), extension: 'citext', remark: 'citext needs its extension in the target; target.sql creates it' }]
  if (type.name === 'hstore') return [as('jsonb', 'hstore becomes jsonb')]
  return []
}

function isPlain(element: SqlType | undefined): boolean {
  if (element === undefined) return false
  return (
    element.kind === 'enum' ||
    (element.schema === 'pg_catalog' && element.kind === 'base' && !['money', 'xml', 'name', 'oid'].includes(element.name))
  )
}

function same(type: SqlType): TargetType {
  return { type, losesDigits: false, remark: null, extension: null }
}

function as(name: string, remark: string | null, modifier = -1): TargetType {
  return { type: { ...builtinType(name), modifier, text: typeText(name, modifier) }, losesDigits: false, remark, extension: null }
}

export const TEXT: SqlType = builtinType('text')

/** The types of one column in several sources → one that takes them all; null = there is none, not even text. */
export function commonType(sources: readonly SourceType[]): TargetType | null {
  const targets: TargetType[] = []
  for (const source of sources) {
    const target = targetTypeOf(source)
    if (target === null) return null
    targets.push(target)
  }
  const [first, ...rest] = targets
  if (first === undefined) return null
  const type = rest.reduce<SqlType | null>((wide, other) => (wide === null ? null : widen(wide, other.type)), first.type)
  const isFit = type !== null && sources.every(source => leadsTo({ ...source, type: baseOf(source.type) }, type))
  const chosen = isFit ? type : sources.every(source => leadsTo({ ...source, type: baseOf(source.type) }, TEXT)) ? TEXT : null
  if (chosen === null) return null
  const remarks = [...new Set(targets.map(target => target.remark).filter(remark => remark !== null))]
  return {
    type: chosen,
    losesDigits: chosen !== TEXT && targets.some(target => target.losesDigits),
    remark: remarks.length === 0 ? null : remarks.join('; '),
    extension: targets.find(target => target.extension !== null)?.extension ?? null,
  }
}

export function isSameTypeText(a: SqlType, b: SqlType): boolean {
  return a.text === b.text && a.name === b.name && (a.labels ?? []).join('\n') === (b.labels ?? []).join('\n')
}

/** Null: nothing but text takes both. */
function widen(a: SqlType, b: SqlType): SqlType | null {
  if (isSameTypeText(a, b)) return a
  const [from, to] = [familyOf(a), familyOf(b)]
  if (from === 'int' && to === 'int') return INTEGERS.indexOf(a.name) > INTEGERS.indexOf(b.name) ? a : b
  if (isDecimal(from) && isDecimal(to)) return widerDecimal(a, b)
  if (isText(from) && isText(to)) return widerText(a, b)
  if (from === 'enum' && to === 'enum') return { ...a, labels: [...new Set([...(a.labels ?? []), ...(b.labels ?? [])])] }
  if (from === 'float' && to === 'float') return builtinType('float8')
  if (from === to && PRECISE.includes(from)) return finer(a, b)
  if (from === 'date' && to === 'timestamp') return b
  if (from === 'timestamp' && to === 'date') return a
  if (new Set([from, to, 'json', 'jsonb']).size === 2) return builtinType('json')
  return null
}

const INTEGERS = ['int2', 'int4', 'int8']
const DIGITS: Readonly<Record<string, number>> = { int2: 5, int4: 10, int8: 19 }
const PRECISE: readonly string[] = ['time', 'timetz', 'timestamp', 'timestamptz']

function isDecimal(family: string): boolean {
  return family === 'int' || family === 'numeric'
}

function isText(family: string): boolean {
  return family === 'text' || family === 'bpchar'
}

function widerDecimal(a: SqlType, b: SqlType): SqlType {
  const [x, y] = [limitsOf(a), limitsOf(b)]
  if (x === null || y === null) return builtinType('numeric')
  const scale = Math.max(x.scale, y.scale)
  const precision = Math.max(x.whole, y.whole) + scale
  return precision > 1000 ? builtinType('numeric') : withModifier('numeric', packNumericModifier(precision, scale))
}

function limitsOf(type: SqlType): { readonly whole: number; readonly scale: number } | null {
  const digits = DIGITS[type.name]
  if (digits !== undefined) return { whole: digits, scale: 0 }
  const limits = /\((\d+),(-?\d+)\)/.exec(type.text)
  return limits === null ? null : { whole: Number(limits[1]) - Number(limits[2]), scale: Number(limits[2]) }
}

function widerText(a: SqlType, b: SqlType): SqlType {
  if (a.name === 'citext' || b.name === 'citext') return a.name === 'citext' ? a : b
  if (a.modifier < 0 || b.modifier < 0) return TEXT
  const modifier = Math.max(a.modifier, b.modifier)
  return a.name === 'bpchar' && b.name === 'bpchar' ? withModifier('bpchar', modifier) : withModifier('varchar', modifier)
}

function finer(a: SqlType, b: SqlType): SqlType {
  return a.modifier < 0 || (b.modifier >= 0 && a.modifier > b.modifier) ? a : b
}

function withModifier(name: string, modifier: number): SqlType {
  return { ...builtinType(name), modifier, text: typeText(name, modifier) }
}
