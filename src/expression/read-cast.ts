import type { Node, TypeCast, TypeName } from 'libpg-query'
import type { Place } from '../model/place.ts'
import { invalid } from './expression-error.ts'
import type { CastName, CastTarget } from './expression-node.ts'
import type { ExpressionText } from './expression-text.ts'

const CASTS: ReadonlySet<string> = new Set<CastName>(['text', 'int2', 'int4', 'int8', 'numeric', 'date', 'bool', 'uuid'])
const NEXT = 'Cast to text, int2, int4, int8, numeric, date, bool or uuid; the target column’s own type is cast to by itself, or with as:.'
const MOST_PRECISION = 1000

export function readCast(cast: TypeCast, source: ExpressionText): { to: CastTarget; at: Place } {
  const type = cast.typeName ?? {}
  const at = source.placeOfByte(type.location)
  return { to: castTarget(type, at), at }
}

function castTarget(type: TypeName, at: Place): CastTarget {
  const parts = (type.names ?? []).map(part => ('String' in part ? (part.String.sval ?? '') : ''))
  const name = parts.length === 2 && parts[0] === 'pg_catalog' ? (parts[1] ?? '') : parts.join('.')
  if (!isCast(name) || type.arrayBounds || type.setof || type.pct_type)
    throw invalid(at, `expected a cast of the subset, got one to ${name}`, NEXT)
  const numbers = (type.typmods ?? []).map(wholeNumber)
  if (numbers.length === 0) return { name, limits: null }
  const [precision = null, scale = 0] = numbers
  if (
    name !== 'numeric' ||
    numbers.length > 2 ||
    precision === null ||
    scale === null ||
    precision < 1 ||
    precision > MOST_PRECISION ||
    scale < 0 ||
    scale > precision
  ) {
    throw invalid(at, `expected a precision of 1..${MOST_PRECISION} and a scale of 0..precision, got another limit of ${name}`, NEXT)
  }
  return { name, limits: { precision, scale } }
}

function isCast(name: string): name is CastName {
  return CASTS.has(name)
}

function wholeNumber(node: Node): number | null {
  return 'A_Const' in node && node.A_Const.ival ? (node.A_Const.ival.ival ?? 0) : null
}
