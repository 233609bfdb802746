import { comparisonOf } from '../expression/comparisons.ts'
import { compileExpression, type Evaluate } from '../expression/compile-expression.ts'
import { parseExpression } from '../expression/parse-expression.ts'
import { typeExpression } from '../expression/type-expression.ts'
import type { Expression } from '../model/mapping.ts'
import type { Value } from '../model/value.ts'
import type { CompileContext } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { compileMatchKey } from './match-key.ts'
import { HAS_KEY } from './parent-key.ts'
import type { RowState } from './row-state.ts'

type Order = (a: Value, b: Value) => number

/** The values some rows are ordered by: NULL last, text by code point, uuid by bytes. */
export class OrderKeys {
  readonly #evaluate: readonly Evaluate[]
  readonly #orders: readonly Order[]
  readonly #values: Value[][]

  constructor(parts: readonly { readonly evaluate: Evaluate; readonly order: Order }[]) {
    this.#evaluate = parts.map(part => part.evaluate)
    this.#orders = parts.map(part => part.order)
    this.#values = parts.map(() => [])
  }

  /** Always true, so that it can end a step. */
  take(state: RowState, ordinal: number): true {
    for (let i = 0; i < this.#evaluate.length; i++) (this.#values[i] as Value[])[ordinal] = (this.#evaluate[i] as Evaluate)(state)
    return true
  }

  clear(): void {
    for (const values of this.#values) values.length = 0
  }

  compare(a: number, b: number): number {
    for (let i = 0; i < this.#orders.length; i++) {
      const values = this.#values[i] as Value[]
      const [left, right] = [values[a] ?? null, values[b] ?? null]
      if (left === null || right === null) {
        if (left !== right) return left === null ? 1 : -1
        continue
      }
      const order = (this.#orders[i] as Order)(left, right)
      if (order !== 0) return order
    }
    return 0
  }
}

/** An expression of a type without an order is an error found. */
export function orderKeys(expressions: readonly Expression[], context: CompileContext): OrderKeys {
  return new OrderKeys(expressions.flatMap(expression => orderPart(expression, context)))
}

type OrderPart = ConstructorParameters<typeof OrderKeys>[0][number]

function orderPart(expression: Expression, context: CompileContext): OrderPart[] {
  return context.problems.attempt<OrderPart[]>(expression.at, [], () => {
    const typed = typeExpression(parseExpression(expression), context.slots)
    const comparison = comparisonOf(typed.type)
    if (comparison !== null) return [{ evaluate: compileExpression(typed), order: comparison.order }]
    context.problems.error('EXPRESSION_TYPE', `expected a value that has an order, got ${typed.type.text}`, {
      at: expression.at,
      next: 'Cast it, for example `Column::text`.',
    })
    return []
  })
}

/** The row’s own key, part by part; one that has no order goes by its text. */
export function ownKeyOrder(context: CompileContext): OrderKeys {
  return new OrderKeys(
    context.key.types.map((type, slot) => {
      const comparison = comparisonOf(type)
      if (comparison !== null) return { evaluate: row => row.value(slot), order: comparison.order }
      const text: Evaluate = row => {
        const value = row.value(slot)
        return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
      }
      return { evaluate: text, order: (a, b) => (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0) }
    }),
  )
}

/** One text for rows with equal values; NULLs are equal here, as in SQL’s `partition by`. */
export function compileGroupText(within: readonly Expression[], context: CompileContext): (state: RowState) => string {
  const parts = within.flatMap(expression => {
    const source = compileExpressionSource(expression, context)
    const key = source && compileMatchKey([{ source, at: expression.at }], [{ type: source.type }], context)
    return key === null ? [] : [key]
  })
  return state => {
    const words = parts.map(part =>
      part.read(state) !== HAS_KEY ? 'n' : `v${part.key.isInteger ? part.key.halves.join(',') : part.key.text}`,
    )
    return JSON.stringify(words)
  }
}
