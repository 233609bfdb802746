import { nearestWord } from '../base/nearest-word.ts'
import type { Place } from '../model/place.ts'
import type { SqlType } from '../model/sql-type.ts'
import { unknownName } from './expression-error.ts'
import type { AggregateName, ExpressionNode, NamePart } from './expression-node.ts'
import type { TypedExpression } from './typed-expression.ts'

/** The names an expression may use. */
export interface Scope {
  /** The value of exactly this name; null = there is none. */
  resolve(parts: readonly string[]): { readonly slot: number; readonly type: SqlType } | null
  /** `count`, `min` or `max` over a list: of its members, or of a value of each. Null = there is no such list or value. Absent = there are no lists. */
  aggregate?(name: AggregateName, parts: readonly string[]): { readonly slot: number; readonly type: SqlType } | null
  /** All names, parts joined by dots. */
  known(): readonly string[]
}

/** A name as it is, else the only one that differs in upper and lower case alone (legacy columns are `FirstName`); a quoted part must be exact. */
export function resolveName(parts: readonly NamePart[], scope: Scope, at: Place): TypedExpression {
  const written = parts.map(part => part.text)
  const exact = scope.resolve(written)
  if (exact) return { kind: 'slot', ...exact }
  const matches = scope.known().filter(name => isSameButForCase(parts, name))
  const [match, other] = matches
  if (other !== undefined) {
    throw unknownName(
      at,
      `expected one name, got ${written.join('.')}, which can be ${matches.join(' or ')}`,
      'Write it exactly as the source does.',
    )
  }
  const found = match === undefined ? null : scope.resolve(match.split('.'))
  if (found) return { kind: 'slot', ...found }
  throw unknownName(at, `expected a column or value there is, got ${written.join('.')}`, nextForName(written, scope))
}

function nextForName(written: readonly string[], scope: Scope): string {
  const list = written.slice(0, 1)
  if (scope.aggregate?.('count', list))
    return `${list.join()} is a list: write count(…), min(…) or max(…) of it, { collect: ${list.join()} }, or give it to a function.`
  const [longer, other] = scope.known().filter(name => name.endsWith(`.${written.join('.')}`))
  const near = other === undefined && longer !== undefined ? longer : nearestWord(written.join('.'), scope.known())
  return near === null ? 'Look at the columns of the source relation and the names under let.' : `Did you mean ${near}?`
}

/** An aggregate over a list is a value of the row, computed once. */
export function typeAggregate({ name, list }: Extract<ExpressionNode, { kind: 'aggregate' }>, scope: Scope): TypedExpression {
  const parts = list.kind === 'name' ? list.parts.map(part => part.text) : []
  const found = scope.aggregate?.(name, parts) ?? null
  if (found !== null) return { kind: 'slot', ...found }
  const expected = name === 'count' ? 'a list' : 'a value with an order of the members of a list, as list.column'
  throw unknownName(
    list.at,
    `expected ${expected} for ${name}, got ${parts.join('.')}`,
    'Lists are the names under `with` that have `many: true`.',
  )
}

/** `ordinal(m)`, which a scope with elements knows by that very name. */
export function resolveOrdinal(name: string, scope: Scope, at: Place): TypedExpression {
  const found = scope.resolve([ordinalName(name)])
  if (found) return { kind: 'slot', ...found }
  throw unknownName(at, `expected the element of a list in ordinal(…), got ${name}`, 'Only what `as` names beside `each` has a number.')
}

export function ordinalName(name: string): string {
  return `ordinal(${name})`
}

function isSameButForCase(parts: readonly NamePart[], name: string): boolean {
  const known = name.split('.')
  return known.length === parts.length && parts.every((part, i) => !part.isQuoted && part.text.toLowerCase() === known[i]?.toLowerCase())
}

/** A scope over a list of names, for callers that have no table of their own. */
export function scopeOf(names: readonly { readonly name: readonly string[]; readonly slot: number; readonly type: SqlType }[]): Scope {
  const known = names.map(entry => entry.name.join('.'))
  return {
    resolve: parts => names.find(entry => entry.name.length === parts.length && entry.name.every((part, i) => part === parts[i])) ?? null,
    known: () => known,
  }
}
