import { addDecimals, multiplyDecimals, negateDecimal, subtractDecimals } from '../base/decimal-text.ts'
import type { RehouseError } from '../errors.ts'
import type { Place } from '../model/place.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { typeError } from './expression-error.ts'
import type { ArithmeticOperator } from './expression-node.ts'
import { applyOne, applyTwo, type Sides } from './fold-constants.ts'
import { asInt2, asInt4, asInt8 } from './integer-range.ts'
import { inRange } from './read-value.ts'
import { kindOf, type ScalarKind, TYPES } from './scalar-kind.ts'
import type { TypedExpression } from './typed-expression.ts'
import { readLiteral, widen, widerNumber } from './widen-type.ts'

const NEXT = 'Arithmetic is exact: on integers and numeric only. Pass a float on as it is, or compute in a view of the source.'

/** `+ - *` on integers and numeric, exact; outside the range of the type is the row’s trouble (22003), as in PostgreSQL. */
export function typeArithmetic(sides: Sides, operator: ArithmeticOperator, at: Place): TypedExpression {
  const isUntyped = kindOf(sides.left.type) === 'unknown' && kindOf(sides.right.type) === 'unknown'
  if (isUntyped) throw notExact([sides.left, sides.right], operator, at)
  const left = readLiteral(sides.left, sides.right.type, at)
  const right = readLiteral(sides.right, sides.left.type, at)
  const type = exactType(widerNumber(kindOf(left.type), kindOf(right.type)))
  if (type === null) throw notExact([left, right], operator, at)
  return applyTwo({ left: widen(left, type, at), right: widen(right, type, at) }, { type, at, apply: operation(kindOf(type), operator) })
}

export function typeNegation(item: TypedExpression, at: Place): TypedExpression {
  const type = exactType(kindOf(item.type))
  if (type === null) throw notExact([item], '-', at)
  return applyOne(item, { type, at, apply: negation(kindOf(type)) })
}

/** The type of a kind of number whose arithmetic is exact; null for others. */
function exactType(kind: ScalarKind | null): SqlType | null {
  return kind === 'int2' || kind === 'int4' || kind === 'int8' || kind === 'numeric' ? TYPES[kind] : null
}

type Operation = (left: Value, right: Value) => Value

// The carriers are those of the type: number for int2 and int4, bigint for int8, decimal text for numeric.

function operation(kind: ScalarKind, operator: ArithmeticOperator): Operation {
  if (kind === 'numeric') return decimalOperation(operator)
  if (kind === 'int8') return bigOperation(operator)
  const fit = kind === 'int2' ? asInt2 : asInt4
  // A product of two int4 may be rounded, but then it is far outside the range.
  if (operator === '*') return (a, b) => fit((a as number) * (b as number))
  return operator === '+' ? (a, b) => fit((a as number) + (b as number)) : (a, b) => fit((a as number) - (b as number))
}

function bigOperation(operator: ArithmeticOperator): Operation {
  if (operator === '*') return (a, b) => asInt8((a as bigint) * (b as bigint))
  return operator === '+' ? (a, b) => asInt8((a as bigint) + (b as bigint)) : (a, b) => asInt8((a as bigint) - (b as bigint))
}

function decimalOperation(operator: ArithmeticOperator): Operation {
  const work = operator === '*' ? multiplyDecimals : operator === '+' ? addDecimals : subtractDecimals
  return (a, b) => inRange(() => work(a as string, b as string))
}

function negation(kind: ScalarKind): (value: Value) => Value {
  if (kind === 'numeric') return value => negateDecimal(value as string)
  if (kind === 'int8') return value => asInt8(-(value as bigint))
  const fit = kind === 'int2' ? asInt2 : asInt4
  return value => fit(0 - (value as number))
}

function notExact(items: readonly TypedExpression[], operator: string, at: Place): RehouseError {
  return typeError(at, `expected integers or numeric for ${operator}, got ${items.map(item => item.type.text).join(' and ')}`, NEXT)
}
