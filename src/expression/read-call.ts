import type { FuncCall, Node } from 'libpg-query'
import type { Place } from '../model/place.ts'
import { invalid } from './expression-error.ts'
import type { AggregateName, FunctionName } from './expression-node.ts'
import type { ExpressionText } from './expression-text.ts'

/** Functions of the subset with the fewest and the most arguments. `trim` is btrim, or ltrim and rtrim with `leading` and `trailing`, to the parser. */
const FUNCTIONS: ReadonlyMap<string, { readonly name: FunctionName; readonly fewest: number; readonly most: number }> = new Map([
  ['trim', { name: 'btrim', fewest: 1, most: 2 }],
  ['btrim', { name: 'btrim', fewest: 1, most: 2 }],
  ['ltrim', { name: 'ltrim', fewest: 1, most: 2 }],
  ['rtrim', { name: 'rtrim', fewest: 1, most: 2 }],
  ['lower', { name: 'lower', fewest: 1, most: 1 }],
  ['upper', { name: 'upper', fewest: 1, most: 1 }],
  ['length', { name: 'length', fewest: 1, most: 1 }],
])

const AGGREGATES: readonly string[] = ['count', 'min', 'max'] satisfies AggregateName[]
const PLAIN_KEYS = new Set(['funcname', 'args', 'funcformat', 'location'])

function aggregateNamed(name: string): { readonly name: AggregateName; readonly fewest: number; readonly most: number } | undefined {
  // The list holds nothing but names of that type.
  return AGGREGATES.includes(name) ? { name: name as AggregateName, fewest: 1, most: 1 } : undefined
}

export function isAggregate(name: FunctionName | AggregateName): name is AggregateName {
  return AGGREGATES.includes(name)
}

/** The element of `ordinal(m)`; null = another call. The parser folds names to lower case, and so are names of elements. */
export function readOrdinal(call: FuncCall, source: ExpressionText): { name: string; at: Place } | null {
  const [name, ...schema] = (call.funcname ?? []).map(part => ('String' in part ? (part.String.sval ?? '') : ''))
  if (name !== 'ordinal' || schema.length > 0) return null
  const at = source.placeOfByte(call.location)
  const [arg, ...others] = call.args ?? []
  const fields = arg && 'ColumnRef' in arg ? (arg.ColumnRef.fields ?? []) : []
  const [field] = fields
  if (others.length > 0 || fields.length !== 1 || !field || !('String' in field))
    throw invalid(
      at,
      'expected the name of a list’s element in ordinal(…), got something else',
      'Write the name given under `as`: ordinal(m).',
    )
  return { name: field.String.sval ?? '', at }
}

export function readCall(call: FuncCall, source: ExpressionText): { name: FunctionName | AggregateName; args: readonly Node[]; at: Place } {
  const at = source.placeOfByte(call.location)
  const parts = (call.funcname ?? []).map(part => ('String' in part ? (part.String.sval ?? '') : ''))
  const written = parts.length === 2 && parts[0] === 'pg_catalog' ? (parts[1] ?? '') : parts.join('.')
  const known = FUNCTIONS.get(written) ?? aggregateNamed(written)
  if (known === undefined) throw invalid(at, `expected a function of the subset, got ${written}`)
  const extra = Object.keys(call).find(key => !PLAIN_KEYS.has(key))
  if (extra !== undefined) throw invalid(at, `expected a plain call of ${written}, got one with ${extra.replaceAll('_', ' ')}`)
  const args = call.args ?? []
  if (args.length < known.fewest || args.length > known.most) {
    const expected = known.fewest === known.most ? String(known.fewest) : `${known.fewest} or ${known.most}`
    throw invalid(at, `expected ${expected} arguments of ${written}, got ${args.length}`)
  }
  return { name: known.name, args, at }
}
