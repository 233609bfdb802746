import { TupleWriter } from '../base/tuple-writer.ts'
import type { Expression } from '../model/mapping.ts'
import type { CompileContext } from './compile-context.ts'
import { compileExpressionSource } from './compile-expression-source.ts'
import { carrierOf, typeWithNull } from './function-carriers.ts'
import type { GivenShape, Primitive } from './function-realm.ts'
import type { RowState, ValueSource } from './row-state.ts'
import { carryWhole, findWhole } from './whole-related.ts'

/** A value a function is given. */
export interface Given {
  readonly typescript: string
  /** Null: it goes in as it is. */
  readonly shape: GivenShape | null
  /** Undefined: the row's fate is sealed. */
  read(row: RowState): Primitive | undefined
}

/** The value of an expression, or a related row or list under its name. Null, with an error found: there is none. */
export function compileGiven(expression: Expression, context: CompileContext): Given | null {
  const text = expression.text.trim()
  const path = findWhole(text.split('.'), context)
  const whole = path && carryWhole(path)
  if (whole !== null) {
    if (context.relation.columns.some(({ name }) => name === text)) return twoThings(expression, context)
    return { typescript: whole.typescript, shape: whole.shape, read: row => whole.text(row) }
  }
  const source = compileExpressionSource(expression, context)
  return source && givenOf(source, isNullable(source, context))
}

function twoThings({ text, at }: Expression, { problems }: CompileContext): null {
  problems.error('MANIFEST_INVALID', `expected a name under \`uses\` to mean one thing, got ${text}, a column and a related row`, {
    at,
    next: 'Give the related row under `with` another name.',
  })
  return null
}

function givenOf(source: ValueSource, mayBeNull: boolean): Given {
  const carrier = carrierOf(source.type)
  const scratch = new TupleWriter(256)
  return {
    typescript: typeWithNull(carrier, mayBeNull),
    shape: carrier.shape === 'document' ? 'document' : null,
    read: row => {
      scratch.reset()
      if (!source.write(row, scratch)) return undefined
      const length = scratch.buf.readInt32BE(0)
      return length < 0 ? null : carrier.carry(scratch.buf, 4, length)
    },
  }
}

/** Only a column of the row's own is known not to be NULL. */
function isNullable({ slot }: ValueSource, { slots, relation, entity }: CompileContext): boolean {
  if (slot === null || entity.list !== null) return true
  return relation.columns.find(({ name }) => slots.resolve([name])?.slot === slot)?.isNullable ?? true
}
