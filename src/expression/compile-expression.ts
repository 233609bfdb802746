import type { Value } from '../model/value.ts'
import type { CompareOperator } from './expression-node.ts'
import { holds } from './fold-constants.ts'
import type { Comparison, TypedExpression } from './typed-expression.ts'

/** Where a compiled expression finds the values of its row. */
export interface RowValues {
  value(slot: number): Value
}

export type Evaluate = (row: RowValues) => Value

/**
 * An expression as a function of a row: closures over closures, three-valued logic, arguments from left to right, `and`, `or`, `case` and `coalesce` no further than
 * needed. Throws ValueError where PostgreSQL would refuse the row.
 */
export function compileExpression(typed: TypedExpression): Evaluate {
  switch (typed.kind) {
    case 'slot': {
      const { slot } = typed
      return row => row.value(slot)
    }
    case 'constant': {
      const { value } = typed
      return () => value
    }
    case 'apply_one':
      return compileOne(compileExpression(typed.item), typed.apply)
    case 'apply_two':
      return compileTwo({ left: compileExpression(typed.left), right: compileExpression(typed.right) }, typed.apply)
    case 'compare':
      return compileCompare({ left: compileExpression(typed.left), right: compileExpression(typed.right) }, typed.operator, typed.by)
    case 'distinct':
      return compileDistinct({ left: compileExpression(typed.left), right: compileExpression(typed.right) }, typed)
    case 'and':
    case 'or':
      return compileLogic(typed.items.map(compileExpression), typed.kind === 'or')
    case 'null_test': {
      const item = compileExpression(typed.item)
      return typed.isNegated ? row => item(row) !== null : row => item(row) === null
    }
    case 'in':
      return compileIn(compileExpression(typed.item), typed)
    case 'case':
      return compileCase(typed)
    case 'coalesce':
      return compileCoalesce(typed.items.map(compileExpression))
    case 'nullif':
      return compileNullif({ left: compileExpression(typed.left), right: compileExpression(typed.right) }, typed.by)
  }
}

interface Sides {
  readonly left: Evaluate
  readonly right: Evaluate
}

function compileOne(item: Evaluate, apply: (value: Value) => Value): Evaluate {
  return row => {
    const value = item(row)
    return value === null ? null : apply(value)
  }
}

function compileTwo({ left, right }: Sides, apply: (left: Value, right: Value) => Value): Evaluate {
  return row => {
    const a = left(row)
    const b = right(row)
    return a === null || b === null ? null : apply(a, b)
  }
}

function compileCompare({ left, right }: Sides, operator: CompareOperator, by: Comparison): Evaluate {
  if (by.isIdentity && (operator === '=' || operator === '<>')) {
    const wanted = operator === '='
    return row => {
      const a = left(row)
      const b = right(row)
      return a === null || b === null ? null : (a === b) === wanted
    }
  }
  const { order } = by
  return row => {
    const a = left(row)
    const b = right(row)
    return a === null || b === null ? null : holds(operator, order(a, b))
  }
}

function compileDistinct({ left, right }: Sides, { by, isNegated }: { readonly by: Comparison; readonly isNegated: boolean }): Evaluate {
  return row => {
    const a = left(row)
    const b = right(row)
    const isSame = a === null || b === null ? a === b : by.order(a, b) === 0
    return isSame === isNegated
  }
}

function compileLogic(items: readonly Evaluate[], deciding: boolean): Evaluate {
  return row => {
    let isUnknown = false
    for (let i = 0; i < items.length; i++) {
      const value = (items[i] as Evaluate)(row)
      if (value === deciding) return deciding
      if (value === null) isUnknown = true
    }
    return isUnknown ? null : !deciding
  }
}

interface InList {
  readonly by: Comparison
  readonly values: readonly Value[]
  readonly isNegated: boolean
}

function compileIn(item: Evaluate, { by, values, isNegated }: InList): Evaluate {
  const known = values.filter(value => value !== null)
  const otherwise = known.length === values.length ? isNegated : null
  const set = new Set<Value>(known)
  const { order } = by
  const has = by.isIdentity ? (value: Value) => set.has(value) : (value: Value) => known.some(member => order(value, member) === 0)
  return row => {
    const value = item(row)
    if (value === null) return null
    return has(value) ? !isNegated : otherwise
  }
}

function compileCase(typed: Extract<TypedExpression, { readonly kind: 'case' }>): Evaluate {
  const whens = typed.arms.map(arm => compileExpression(arm.when))
  const values = typed.arms.map(arm => compileExpression(arm.value))
  const otherwise = compileExpression(typed.otherwise)
  return row => {
    for (let i = 0; i < whens.length; i++) {
      if ((whens[i] as Evaluate)(row) === true) return (values[i] as Evaluate)(row)
    }
    return otherwise(row)
  }
}

function compileCoalesce(items: readonly Evaluate[]): Evaluate {
  return row => {
    for (let i = 0; i < items.length; i++) {
      const value = (items[i] as Evaluate)(row)
      if (value !== null) return value
    }
    return null
  }
}

function compileNullif({ left, right }: Sides, by: Comparison): Evaluate {
  return row => {
    const a = left(row)
    const b = right(row)
    return a !== null && b !== null && by.order(a, b) === 0 ? null : a
  }
}
