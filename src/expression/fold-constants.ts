import type { Place } from '../model/place.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { typeError } from './expression-error.ts'
import type { CompareOperator } from './expression-node.ts'
import { TYPES } from './scalar-kind.ts'
import { type Comparison, isNullConstant, type TypedExpression } from './typed-expression.ts'
import { ValueError } from './value-error.ts'

/**
 * Builders of typed expressions that compute at once what is the same for every row. As in PostgreSQL, a strict operation on the constant NULL is NULL whatever
 * its other side would do, and so is `and` with false, `or` with true. A constant that cannot be computed is an error of the mapping, at its place.
 */
export interface Apply<F> {
  readonly type: SqlType
  readonly at: Place
  readonly apply: F
}

export function applyOne(item: TypedExpression, { type, at, apply }: Apply<(value: Value) => Value>): TypedExpression {
  if (item.kind !== 'constant') return { kind: 'apply_one', item, apply, type }
  return { kind: 'constant', value: item.value === null ? null : attempt(at, () => apply(item.value)), type }
}

export interface Sides {
  readonly left: TypedExpression
  readonly right: TypedExpression
}

export function applyTwo({ left, right }: Sides, { type, at, apply }: Apply<(left: Value, right: Value) => Value>): TypedExpression {
  if (isNullConstant(left) || isNullConstant(right)) return { kind: 'constant', value: null, type }
  if (left.kind !== 'constant' || right.kind !== 'constant') return { kind: 'apply_two', left, right, apply, type }
  return { kind: 'constant', value: attempt(at, () => apply(left.value, right.value)), type }
}

export function compare(sides: Sides, operator: CompareOperator, by: Comparison): TypedExpression {
  const { left, right } = sides
  if (isNullConstant(left) || isNullConstant(right)) return { kind: 'constant', value: null, type: TYPES.bool }
  if (left.kind !== 'constant' || right.kind !== 'constant') return { kind: 'compare', operator, by, left, right, type: TYPES.bool }
  return { kind: 'constant', value: holds(operator, by.order(left.value, right.value)), type: TYPES.bool }
}

/** Whether an operator holds for the order of its two sides. */
export function holds(operator: CompareOperator, order: number): boolean {
  switch (operator) {
    case '=':
      return order === 0
    case '<>':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** `and` ends with the first false, `or` with the first true. */
export function logic(kind: 'and' | 'or', items: readonly TypedExpression[]): TypedExpression {
  const deciding = kind === 'or'
  const decided = items.find(item => item.kind === 'constant' && item.value === deciding)
  if (decided) return decided
  const open = items.filter(item => !(item.kind === 'constant' && item.value === !deciding))
  if (open.length > 0 && open.every(isNullConstant)) return { kind: 'constant', value: null, type: TYPES.bool }
  const [only, second] = open
  if (only === undefined) return { kind: 'constant', value: !deciding, type: TYPES.bool }
  return second === undefined ? only : { kind, items: open, type: TYPES.bool }
}

function attempt(at: Place, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw typeError(at, error.message, 'Write a literal its type can hold.')
  }
}
