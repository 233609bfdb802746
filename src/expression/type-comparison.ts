import type { Place } from '../model/place.ts'
import type { SqlType } from '../model/sql-type.ts'
import { comparisonOf } from './comparisons.ts'
import { typeError } from './expression-error.ts'
import type { Sides } from './fold-constants.ts'
import { isSameType, isTextKind, kindOf, type ScalarKind, TYPES, withoutModifier } from './scalar-kind.ts'
import type { Comparison, TypedExpression } from './typed-expression.ts'
import { widen, widerNumber } from './widen-type.ts'

/** Two sides of one type, and how they compare. */
export interface Compared extends Sides {
  readonly by: Comparison
}

/** Brings two sides to the type PostgreSQL’s operator would compare them as. Throws EXPRESSION_TYPE where they have none in common. */
export function comparable(left: TypedExpression, right: TypedExpression, at: Place): Compared {
  const type = commonType(left.type, right.type)
  const by = type && comparisonOf(type)
  if (!type || !by) throw notComparable(left, right, at)
  return { left: widen(left, type, at), right: widen(right, type, at), by }
}

/** varchar has no operators of its own. */
function commonType(left: SqlType, right: SqlType): SqlType | null {
  const type = meet(left, right)
  return type !== null && kindOf(type) === 'varchar' ? TYPES.text : type
}

function meet(left: SqlType, right: SqlType): SqlType | null {
  const [a, b] = [kindOf(left), kindOf(right)]
  if (a === 'unknown') return b === 'unknown' ? TYPES.text : withoutModifier(right)
  if (b === 'unknown') return withoutModifier(left)
  if (isTextKind(a) && isTextKind(b)) return commonText(a, b)
  // Two different number types meet as float8 where one of them is a float: PostgreSQL has no narrower operator for them.
  const wider = a === b ? null : widerNumber(a, b)
  if (wider !== null) return wider === 'float4' ? TYPES.float8 : numberType(wider)
  const base = withoutModifier(left)
  return isSameType(base, withoutModifier(right)) ? base : null
}

/** PostgreSQL compares as text where one side is, else as bpchar where one side is (blanks at the end do not count then). */
function commonText(a: ScalarKind, b: ScalarKind): SqlType {
  if (a === 'text' || b === 'text') return TYPES.text
  return a === 'bpchar' || b === 'bpchar' ? TYPES.bpchar : TYPES.text
}

export function numberType(kind: ScalarKind): SqlType {
  switch (kind) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'float4':
    case 'float8':
      return TYPES[kind]
    default:
      return TYPES.numeric
  }
}

function notComparable(left: TypedExpression, right: TypedExpression, at: Place): Error {
  const types = `expected two values that can be compared, got ${left.type.text} and ${right.type.text}`
  const kinds = [kindOf(left.type), kindOf(right.type)]
  if (kinds.includes('bool'))
    return typeError(
      at,
      types,
      'A boolean is true or false: write `IsActive`, `not IsActive` or `IsActive = false` instead of `= 1` and `= 0`.',
    )
  if (kinds.includes('json') || kinds.includes('jsonb')) return typeError(at, types, 'Take the text of a member with ->> and compare that.')
  if (kinds.includes('citext')) return typeError(at, types, 'Say which comparison is meant: `x::text = …` or `lower(x) = lower(…)`.')
  return typeError(at, types, 'Cast one side to the type of the other, for example `x::text`.')
}
