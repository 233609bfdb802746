import type { Place } from '../model/place.ts'
import type { SqlType } from '../model/sql-type.ts'
import { typeError } from './expression-error.ts'
import { baseType, isSameType, isTextKind, kindOf, TYPES, withoutModifier } from './scalar-kind.ts'
import { numberType } from './type-comparison.ts'
import type { TypedExpression } from './typed-expression.ts'
import { widen, widerNumber } from './widen-type.ts'

/** What several values become when any of them can be the result (case, coalesce, in): PostgreSQL’s rule for UNION and CASE. */
export function commonTypeOf(items: readonly TypedExpression[], at: Place): SqlType {
  const typed = items.filter(item => kindOf(item.type) !== 'unknown').map(item => item.type)
  const [first, ...others] = typed
  if (first === undefined) return TYPES.text
  // A literal need not fit the limits of the column beside it.
  if (typed.length === items.length && others.every(type => isSameType(type, first) && type.modifier === first.modifier)) return first
  const type = others.reduce((found, next) => meet(found, next, at), withoutModifier(first))
  if (kindOf(type) === 'float4') for (const item of items) checkFloat4(item, at)
  return type
}

/** An int8 or numeric that is not a literal would be rounded twice on its way to float4. */
function checkFloat4(item: TypedExpression, at: Place): void {
  const kind = kindOf(item.type)
  if (item.kind !== 'constant' && (kind === 'int8' || kind === 'numeric')) throw mixed(TYPES.float4, item.type, at)
}

function meet(found: SqlType, type: SqlType, at: Place): SqlType {
  const [a, b] = [kindOf(found), kindOf(type)]
  // Text types convert to one another both ways: the first one stands.
  if (isTextKind(a) && isTextKind(b)) return found
  const wider = widerNumber(a, b)
  if (wider !== null) return numberType(wider)
  if (isSameType(found, baseType(type))) return found
  throw mixed(found, type, at)
}

function mixed(found: SqlType, type: SqlType, at: Place): Error {
  return typeError(at, `expected values of one type, got ${found.text} and ${type.text}`, 'Cast them to one type, for example with ::text.')
}

/** Every item as the type they have in common. */
export function unify(
  items: readonly TypedExpression[],
  at: Place,
): { readonly type: SqlType; readonly items: readonly TypedExpression[] } {
  const type = commonTypeOf(items, at)
  return { type, items: items.map(item => widen(item, type, at)) }
}
