import { compareDecimals, isSpecial, negateDecimal, roundDecimal } from '../base/decimal-text.ts'
import type { RehouseError } from '../errors.ts'
import type { Place } from '../model/place.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { dayOfTimestamp } from './date-text.ts'
import { typeError } from './expression-error.ts'
import type { CastTarget } from './expression-node.ts'
import { applyOne } from './fold-constants.ts'
import { asInt2, asInt4, asInt8 } from './integer-range.ts'
import { readerOf } from './read-value.ts'
import { isIntegerKind, isTextKind, kindOf, type ScalarKind, TYPES } from './scalar-kind.ts'
import type { TypedExpression } from './typed-expression.ts'
import { ValueError } from './value-error.ts'
import { textOf } from './value-text.ts'
import { readLiteral } from './widen-type.ts'

/** `item::type`. Throws EXPRESSION_TYPE where PostgreSQL has no such cast, or where its result depends on settings. */
export function castTo(item: TypedExpression, to: CastTarget, at: Place): TypedExpression {
  const plain = kindOf(item.type) === 'unknown' ? readLiteral(item, TYPES[to.name], at) : castPlain(item, to, at)
  const { limits } = to
  return limits === null ? plain : applyOne(plain, { type: limitedType(limits), at, apply: value => limited(String(value), limits) })
}

function castPlain(item: TypedExpression, to: CastTarget, at: Place): TypedExpression {
  const type = TYPES[to.name]
  const from = kindOf(item.type)
  if (from === to.name || (from === 'varchar' && to.name === 'text')) return { ...item, type }
  const convert = conversion(item.type, to.name)
  if (convert === null) throw noCast(item.type, to, at)
  return applyOne(item, { type, at, apply: convert })
}

type Convert = (value: Value) => Value

function conversion(type: SqlType, to: CastTarget['name']): Convert | null {
  const from = kindOf(type)
  if (to === 'text') return textOf(type)
  if (isTextKind(from) || from === 'citext') {
    const read = readerOf(TYPES[to])
    const toText = textOf(type)
    return read && toText && (value => read(toText(value)))
  }
  if (isIntegerKind(from) || from === 'numeric') return fromNumber(from, to)
  if (from === 'bool' && to === 'int4') return Number
  return from === 'timestamp' && to === 'date' ? value => dayOfTimestamp(BigInt(String(value))) : null
}

function fromNumber(from: ScalarKind, to: CastTarget['name']): Convert | null {
  if (to === 'numeric') return String
  if (to === 'bool') return from === 'int4' ? value => value !== 0 : null
  if (!isIntegerKind(to)) return null
  return from === 'numeric' ? value => fit(wholeNumber(String(value)), to) : value => fit(BigInt(String(value)), to)
}

function fit(value: bigint, to: 'int2' | 'int4' | 'int8'): Value {
  if (to === 'int8') return asInt8(value)
  // A bigint far outside becomes a number far outside.
  return to === 'int4' ? asInt4(Number(value)) : asInt2(Number(value))
}

/** Half away from zero, as PostgreSQL rounds numeric. */
function wholeNumber(decimal: string): bigint {
  if (isSpecial(decimal)) throw new ValueError('0A000', 'expected a number with an integer near it, got NaN or an infinity')
  return BigInt(roundDecimal(decimal, 0))
}

type Limits = NonNullable<CastTarget['limits']>

function limited(decimal: string, { precision, scale }: Limits): string {
  if (decimal === 'NaN') return decimal
  const rounded = roundDecimal(decimal, scale)
  const size = rounded.startsWith('-') ? negateDecimal(rounded) : rounded
  if (compareDecimals(size, `1${'0'.repeat(precision - scale)}`) >= 0) {
    throw new ValueError('22003', `expected a number of at most ${precision - scale} digits before the point, got a larger one`)
  }
  return rounded
}

function limitedType({ precision, scale }: Limits): SqlType {
  return { ...TYPES.numeric, modifier: ((precision << 16) | scale) + 4, text: `numeric(${precision},${scale})` }
}

const SETTINGS: Readonly<Partial<Record<ScalarKind, string>>> = {
  float4: 'A float is not exact: pass it on as it is, or cast it with as:.',
  float8: 'A float is not exact: pass it on as it is, or cast it with as:.',
  timestamptz: 'Its date and text depend on a time zone: use as:, which takes the tenant’s.',
}

function noCast(type: SqlType, to: CastTarget, at: Place): RehouseError {
  const next = SETTINGS[kindOf(type)] ?? 'Pass the column on as it is, or cast it with as:.'
  return typeError(at, `expected a value that can be cast to ${TYPES[to.name].text}, got ${type.text}`, next)
}
