import type { Place } from '../model/place.ts'
import type { Value } from '../model/value.ts'
import { typeError } from './expression-error.ts'
import type { FunctionName, MemberOperator } from './expression-node.ts'
import { applyOne, applyTwo, type Sides } from './fold-constants.ts'
import { elementOf, elementOfBinary, memberOf, textOfMember } from './json-member.ts'
import { isTextKind, kindOf, TYPES } from './scalar-kind.ts'
import { lengthOf, TRIMS } from './text-functions.ts'
import type { TypedExpression } from './typed-expression.ts'
import { textOf } from './value-text.ts'
import { readLiteral, widen } from './widen-type.ts'

/** A function of the subset: all take text. */
export function typeCall(name: FunctionName, args: readonly TypedExpression[], at: Place): TypedExpression {
  const [text, characters] = args.map(arg => textArgument(arg, name, at))
  if (text === undefined) throw typeError(at, `expected an argument of ${name}, got none`, 'Give it a text.')
  const trim = TRIMS[name]
  if (trim && characters)
    return applyTwo({ left: text, right: characters }, { type: TYPES.text, at, apply: (a, b) => trim(String(a), String(b)) })
  if (trim) return applyOne(text, { type: TYPES.text, at, apply: value => trim(String(value), ' ') })
  if (name === 'length') return applyOne(text, { type: TYPES.int4, at, apply: value => lengthOf(String(value)) })
  const change = name === 'lower' ? (value: Value) => String(value).toLowerCase() : (value: Value) => String(value).toUpperCase()
  return applyOne(text, { type: TYPES.text, at, apply: change })
}

function textArgument(arg: TypedExpression, name: FunctionName, at: Place): TypedExpression {
  const kind = kindOf(arg.type)
  if (kind === 'unknown' || isTextKind(kind) || kind === 'citext') return widen(arg, TYPES.text, at)
  throw typeError(at, `expected text for ${name}, got ${arg.type.text}`, 'Cast it with ::text.')
}

/** `||`: at least one side is text, the other becomes text; NULL with anything is NULL. */
export function typeConcat({ left, right }: Sides, at: Place): TypedExpression {
  const kinds = [kindOf(left.type), kindOf(right.type)]
  const hasText = kinds.some(kind => kind === 'unknown' || isTextKind(kind) || kind === 'citext')
  if (!hasText)
    throw typeError(at, `expected text on one side of ||, got ${left.type.text} and ${right.type.text}`, 'Cast one side with ::text.')
  const sides = { left: joined(left, at), right: joined(right, at) }
  return applyTwo(sides, { type: TYPES.text, at, apply: (a, b) => String(a) + String(b) })
}

function joined(item: TypedExpression, at: Place): TypedExpression {
  const kind = kindOf(item.type)
  if (kind === 'unknown' || kind === 'text' || kind === 'varchar') return widen(item, TYPES.text, at)
  const toText = kind === 'json' || kind === 'jsonb' ? null : textOf(item.type)
  if (toText === null)
    throw typeError(at, `expected a value with one text form for ||, got ${item.type.text}`, 'Cast it with ::text where that is allowed.')
  return applyOne(item, { type: TYPES.text, at, apply: toText })
}

/** `->` (a part of a document) and `->>` (its text), by name or by position from 0, from the end if negative. */
export function typeMember(sides: Sides, operator: MemberOperator, at: Place): TypedExpression {
  const kind = kindOf(sides.left.type)
  if (kind !== 'json' && kind !== 'jsonb')
    throw typeError(at, `expected json or jsonb before ${operator}, got ${sides.left.type.text}`, 'Use it on a json or jsonb column.')
  const right = readLiteral(sides.right, TYPES.text, at)
  const find = memberFinder(right, kind === 'jsonb' ? elementOfBinary : elementOf, at)
  if (operator === '->')
    return applyTwo({ left: sides.left, right }, { type: TYPES[kind], at, apply: (document, key) => find(String(document), key) })
  const findText = (document: Value, key: Value): Value => {
    const part = find(String(document), key)
    return part === null ? null : textOfMember(part)
  }
  return applyTwo({ left: sides.left, right }, { type: TYPES.text, at, apply: findText })
}

function memberFinder(key: TypedExpression, element: typeof elementOf, at: Place): (document: string, key: Value) => string | null {
  const kind = kindOf(key.type)
  if (kind === 'int2' || kind === 'int4') return (document, position) => element(document, Number(position))
  if (isTextKind(kind)) return (document, name) => memberOf(document, String(name))
  throw typeError(at, `expected a name or position after the arrow, got ${key.type.text}`, "Write a text such as 'name' or an integer.")
}
