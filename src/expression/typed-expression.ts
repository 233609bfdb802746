import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import type { CompareOperator } from './expression-node.ts'

/** An expression whose names are slots of a row and whose types fit: ready to be compiled. */
export type TypedExpression = { readonly type: SqlType } & (
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'constant'; readonly value: Value }
  /** NULL where the argument, or one of the two, is NULL; all are computed before that is looked at. */
  | { readonly kind: 'apply_one'; readonly item: TypedExpression; readonly apply: (value: Value) => Value }
  | {
      readonly kind: 'apply_two'
      readonly left: TypedExpression
      readonly right: TypedExpression
      readonly apply: (left: Value, right: Value) => Value
    }
  | {
      readonly kind: 'compare'
      readonly operator: CompareOperator
      readonly by: Comparison
      readonly left: TypedExpression
      readonly right: TypedExpression
    }
  | {
      readonly kind: 'distinct'
      readonly by: Comparison
      readonly left: TypedExpression
      readonly right: TypedExpression
      readonly isNegated: boolean
    }
  | { readonly kind: 'and' | 'or'; readonly items: readonly TypedExpression[] }
  | { readonly kind: 'null_test'; readonly item: TypedExpression; readonly isNegated: boolean }
  | {
      readonly kind: 'in'
      readonly by: Comparison
      readonly item: TypedExpression
      readonly values: readonly Value[]
      readonly isNegated: boolean
    }
  | {
      readonly kind: 'case'
      readonly arms: readonly { readonly when: TypedExpression; readonly value: TypedExpression }[]
      readonly otherwise: TypedExpression
    }
  | { readonly kind: 'coalesce'; readonly items: readonly TypedExpression[] }
  | { readonly kind: 'nullif'; readonly by: Comparison; readonly left: TypedExpression; readonly right: TypedExpression }
)

/** How two values of one type compare. `isIdentity`: equal values have equal carriers (`===`). */
export interface Comparison {
  readonly isIdentity: boolean
  /** Negative, zero or positive; neither is NULL. */
  readonly order: (left: Value, right: Value) => number
}

/** The slot of an expression that is a column by itself, so that its bytes can be passed on; null for any other. */
export function asColumn(typed: TypedExpression): number | null {
  return typed.kind === 'slot' ? typed.slot : null
}

/** The value of an expression that is the same for every row (`value` null = NULL); null for any other. */
export function asConstant(typed: TypedExpression): { readonly value: Value } | null {
  return typed.kind === 'constant' ? { value: typed.value } : null
}

export function isNullConstant(typed: TypedExpression): boolean {
  return typed.kind === 'constant' && typed.value === null
}
