import { fieldEncoder } from '../cast/field-codec.ts'
import { compileExpression } from '../expression/compile-expression.ts'
import { parseExpression } from '../expression/parse-expression.ts'
import { asColumn, typeExpression } from '../expression/type-expression.ts'
import type { Expression } from '../model/mapping.ts'
import type { CompileContext } from './compile-context.ts'
import type { RowState, ValueSource } from './row-state.ts'

/** An expression as a value source: a bare column passes its bytes on, anything else is computed. Null, with an error found: it does not compile. */
export function compileExpressionSource(expression: Expression, context: CompileContext): ValueSource | null {
  return context.problems.attempt<ValueSource | null>(expression.at, null, () => {
    const typed = typeExpression(parseExpression(expression), context.slots)
    const slot = asColumn(typed)
    if (slot !== null) {
      const write: ValueSource['write'] = (row, out) => row.copySlot(slot, out)
      return { type: typed.type, slot: context.slots.isField(slot) ? slot : null, write }
    }
    const evaluate = compileExpression(typed)
    const encode = fieldEncoder(typed.type)
    return {
      type: typed.type,
      slot: null,
      write: (row, out) => {
        const value = evaluate(row)
        if (value === null) out.null()
        else encode(value, out)
        return true
      },
    }
  })
}

/** A condition: true only where the expression is true, not where it is NULL. */
export function compileCondition(expression: Expression, context: CompileContext): (row: RowState) => boolean {
  const never = (): boolean => false
  return context.problems.attempt<(row: RowState) => boolean>(expression.at, never, () => {
    const typed = typeExpression(parseExpression(expression), context.slots)
    if (typed.type.name !== 'bool') {
      context.problems.error('EXPRESSION_TYPE', `expected a condition (boolean), got ${typed.type.text}`, {
        at: expression.at,
        next: 'Compare the value with something, for example `Count > 0`.',
      })
      return never
    }
    const evaluate = compileExpression(typed)
    return row => evaluate(row) === true
  })
}
