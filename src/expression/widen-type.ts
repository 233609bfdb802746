import type { Place } from '../model/place.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { typeError } from './expression-error.ts'
import { applyOne } from './fold-constants.ts'
import { floatOf, readerOf } from './read-value.ts'
import { baseType, isTextKind, kindOf, NUMBER_KINDS, numberRank, type ScalarKind, TYPES } from './scalar-kind.ts'
import type { TypedExpression } from './typed-expression.ts'
import { withoutBlanks } from './value-text.ts'

/** What PostgreSQL does to a value by itself, so that it meets another: literals take a type, numbers widen, text sheds its limits. */

/** A literal without a type, read as one; anything else unchanged. */
export function readLiteral(literal: TypedExpression, type: SqlType, at: Place): TypedExpression {
  if (kindOf(literal.type) !== 'unknown' || literal.kind !== 'constant') return literal
  const base = { ...baseType(type), modifier: -1 }
  if (literal.value === null) return { kind: 'constant', value: null, type: base }
  const read = readerOf(base)
  if (read === null)
    throw typeError(
      at,
      `expected a value of the type ${type.text}, got a text literal`,
      'Cast the other side with ::text and compare texts.',
    )
  const text: TypedExpression = { kind: 'constant', value: literal.value, type: TYPES.text }
  return applyOne(text, { type: base, at, apply: value => read(String(value)) })
}

/** To a type that holds every value of the one there is; the caller knows that it does. */
export function widen(item: TypedExpression, type: SqlType, at: Place): TypedExpression {
  const [from, to] = [kindOf(item.type), kindOf(type)]
  if (from === 'unknown') return readLiteral(item, type, at)
  if (from === 'bpchar' && to !== 'bpchar' && isTextKind(to))
    return applyOne(item, { type, at, apply: value => withoutBlanks(String(value)) })
  const convert = from === to || numberRank(from) === -1 ? null : widenNumber(from, to)
  return convert === null ? { ...item, type } : applyOne(item, { type, at, apply: convert })
}

function widenNumber(from: ScalarKind, to: ScalarKind): ((value: Value) => Value) | null {
  if (to === 'numeric') return String
  if (to === 'int8') return value => BigInt(Number(value))
  if (to === 'float4') return value => Math.fround(Number(value))
  if (to !== 'float8') return null
  return from === 'numeric' ? value => floatOf(String(value)) : Number
}

/** The wider of two kinds of numbers; null where one is none. */
export function widerNumber(a: ScalarKind, b: ScalarKind): ScalarKind | null {
  const [x, y] = [numberRank(a), numberRank(b)]
  return x === -1 || y === -1 ? null : (NUMBER_KINDS[Math.max(x, y)] ?? null)
}
