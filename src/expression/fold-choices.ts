import type { SqlType } from '../model/sql-type.ts'
import { compileExpression } from './compile-expression.ts'
import { isNullConstant, type TypedExpression } from './typed-expression.ts'

/** Builders that leave out what can never be the result, as PostgreSQL does before it runs anything: an error in it is then no error of the row. */

const NO_ROW = { value: () => null }

/** An operation whose parts are all constants, computed. It must be one that cannot fail. */
export function settle(typed: TypedExpression, parts: readonly TypedExpression[]): TypedExpression {
  if (parts.some(part => part.kind !== 'constant')) return typed
  return { kind: 'constant', value: compileExpression(typed)(NO_ROW), type: typed.type }
}

/** Without its NULLs, and nothing after the first constant. */
export function coalesce(items: readonly TypedExpression[], type: SqlType): TypedExpression {
  const open = items.filter(item => !isNullConstant(item))
  const last = open.findIndex(item => item.kind === 'constant')
  const reached = last === -1 ? open : open.slice(0, last + 1)
  const [first, second] = reached
  if (first === undefined) return { kind: 'constant', value: null, type }
  return second === undefined ? first : { kind: 'coalesce', items: reached, type }
}

type Case = Extract<TypedExpression, { readonly kind: 'case' }>

/** Without the arms that are never taken, and nothing after the first that always is. */
export function choose(arms: Case['arms'], otherwise: TypedExpression, type: SqlType): TypedExpression {
  const open = arms.filter(arm => !(arm.when.kind === 'constant' && arm.when.value !== true))
  const always = open.findIndex(arm => arm.when.kind === 'constant')
  const last = always === -1 ? otherwise : (open[always]?.value ?? otherwise)
  const reached = always === -1 ? open : open.slice(0, always)
  return reached.length === 0 ? last : { kind: 'case', arms: reached, otherwise: last, type }
}
