import { canonicalDecimal } from '../base/decimal-text.ts'
import type { Place } from '../model/place.ts'
import { castTo } from './cast-type.ts'
import { invalid, typeError } from './expression-error.ts'
import type { ExpressionNode, Literal } from './expression-node.ts'
import { choose, coalesce, settle } from './fold-choices.ts'
import { applyOne, compare, logic } from './fold-constants.ts'
import { isIntegerKind, kindOf, TYPES, UNKNOWN } from './scalar-kind.ts'
import { resolveName, resolveOrdinal, type Scope, typeAggregate } from './scope.ts'
import { typeArithmetic, typeNegation } from './type-arithmetic.ts'
import { typeCall, typeConcat, typeMember } from './type-call.ts'
import { unify } from './type-choice.ts'
import { comparable } from './type-comparison.ts'
import { isNullConstant, type TypedExpression } from './typed-expression.ts'
import { readLiteral } from './widen-type.ts'

export { type Scope, scopeOf } from './scope.ts'
export { asColumn, asConstant, type TypedExpression } from './typed-expression.ts'

/**
 * Resolves the names of an expression and gives every part its type, as PostgreSQL would. Throws MAPPING_UNKNOWN_COLUMN and EXPRESSION_TYPE at the place in question.
 * A text or NULL literal takes the type of what it meets; alone it is text.
 */
export function typeExpression(node: ExpressionNode, scope: Scope): TypedExpression {
  return readLiteral(typeNode(node, scope), TYPES.text, node.at)
}

function typeNode(node: ExpressionNode, scope: Scope): TypedExpression {
  const typed = (part: ExpressionNode): TypedExpression => typeNode(part, scope)
  const { at } = node
  switch (node.kind) {
    case 'name':
      return resolveName(node.parts, scope, at)
    case 'ordinal':
      return resolveOrdinal(node.name, scope, at)
    case 'literal':
      return typeLiteral(node.literal, at)
    case 'compare': {
      const compared = comparable(typed(node.left), typed(node.right), at)
      return compare(compared, node.operator, compared.by)
    }
    case 'distinct': {
      const compared = comparable(typed(node.left), typed(node.right), at)
      return settle({ kind: 'distinct', ...compared, isNegated: node.isNegated, type: TYPES.bool }, [compared.left, compared.right])
    }
    case 'and':
    case 'or':
      return logic(
        node.kind,
        node.items.map(item => condition(typed(item), item.at)),
      )
    case 'not':
      return negated(condition(typed(node.item), node.item.at), at)
    case 'negate':
      return typeNegation(typed(node.item), at)
    case 'null_test': {
      const item = typed(node.item)
      return settle({ kind: 'null_test', item, isNegated: node.isNegated, type: TYPES.bool }, [item])
    }
    case 'in':
      return typeIn(node, scope)
    case 'between':
      return typeBetween(node, scope)
    case 'arithmetic':
      return typeArithmetic({ left: typed(node.left), right: typed(node.right) }, node.operator, at)
    case 'concat':
      return typeConcat({ left: typed(node.left), right: typed(node.right) }, at)
    case 'member':
      return typeMember({ left: typed(node.left), right: typed(node.right) }, node.operator, at)
    case 'case':
      return typeCase(node, scope)
    case 'coalesce': {
      const { items, type } = unify(node.items.map(typed), at)
      return coalesce(items, type)
    }
    case 'nullif':
      return typeNullif(typed(node.left), typed(node.right), at)
    case 'aggregate':
      return typeAggregate(node, scope)
    case 'call':
      return typeCall(node.name, node.args.map(typed), at)
    case 'cast':
      return castTo(typed(node.item), node.to, at)
  }
}

function typeLiteral(literal: Literal, at: Place): TypedExpression {
  switch (literal.kind) {
    case 'null':
      return { kind: 'constant', value: null, type: UNKNOWN }
    case 'text':
      return { kind: 'constant', value: literal.text, type: UNKNOWN }
    case 'bool':
      return { kind: 'constant', value: literal.value, type: TYPES.bool }
    case 'number':
      return typeNumber(literal.text, at)
  }
}

const INT4_MOST = 2n ** 31n
const INT8_MOST = 2n ** 63n

/** The first of int4, int8 and numeric that can hold it; what has a point or exponent is numeric. */
function typeNumber(text: string, at: Place): TypedExpression {
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text)
    if (value >= -INT4_MOST && value < INT4_MOST) return { kind: 'constant', value: Number(value), type: TYPES.int4 }
    if (value >= -INT8_MOST && value < INT8_MOST) return { kind: 'constant', value, type: TYPES.int8 }
  }
  try {
    return { kind: 'constant', value: canonicalDecimal(text), type: TYPES.numeric }
  } catch (error) {
    if (error instanceof RangeError) throw invalid(at, error.message, 'Write a number numeric can hold.')
    throw error
  }
}

function condition(item: TypedExpression, at: Place): TypedExpression {
  const kind = kindOf(item.type)
  if (kind === 'unknown') return readLiteral(item, TYPES.bool, at)
  if (kind === 'bool') return item
  const next = isIntegerKind(kind) ? 'Compare it, for example `Count <> 0`.' : 'Compare it with something, or test it with is not null.'
  throw typeError(at, `expected a condition (boolean), got ${item.type.text}`, next)
}

function negated(item: TypedExpression, at: Place): TypedExpression {
  return applyOne(item, { type: TYPES.bool, at, apply: value => value !== true })
}

/** The type is that of the left side as it is compared; integers and floats compare without becoming one type first. */
function typeNullif(left: TypedExpression, right: TypedExpression, at: Place): TypedExpression {
  const compared = comparable(left, right, at)
  const kinds = [kindOf(left.type), kindOf(right.type)]
  const isMixed = kinds.every(isIntegerKind) || kinds.every(kind => kind === 'float4' || kind === 'float8')
  const sides = isMixed ? { left, right } : compared
  if (isNullConstant(sides.left) || isNullConstant(right)) return sides.left
  const typed: TypedExpression = { kind: 'nullif', by: compared.by, left: sides.left, right: sides.right, type: sides.left.type }
  return settle(typed, [sides.left, sides.right])
}

type NodeOf<K extends ExpressionNode['kind']> = Extract<ExpressionNode, { readonly kind: K }>

/** Two constants and more are one list, of the type all have in common; the rest compares one by one. As PostgreSQL does it. */
function typeIn(node: NodeOf<'in'>, scope: Scope): TypedExpression {
  const { at, isNegated } = node
  const item = typeNode(node.item, scope)
  const list = node.list.map(part => typeNode(part, scope))
  const found = list.filter(part => part.kind === 'constant')
  const constants: readonly TypedExpression[] = found.length > 1 ? found : []
  const others = list.filter(part => !constants.includes(part))
  const inList = constants.length > 0 ? [typeInConstants({ item, constants, isNegated }, at)] : []
  const one = others.map(part => {
    const compared = comparable(item, part, at)
    return compare(compared, isNegated ? '<>' : '=', compared.by)
  })
  return logic(isNegated ? 'and' : 'or', [...inList, ...one])
}

interface InConstants {
  readonly item: TypedExpression
  readonly constants: readonly TypedExpression[]
  readonly isNegated: boolean
}

function typeInConstants({ item, constants, isNegated }: InConstants, at: Place): TypedExpression {
  // Says at once, and best, where one of them does not fit.
  if (kindOf(item.type) !== 'unknown') for (const constant of constants) comparable(item, constant, at)
  const [wanted = item, ...members] = unify([item, ...constants], at).items
  // A text type has no order of its own in unify: comparable knows how PostgreSQL compares it.
  const compared = members.map(member => comparable(wanted, member, at))
  const [first] = compared
  if (first === undefined) throw invalid(at, 'expected a list of values, got an empty one')
  const values = compared.map(pair => (pair.right.kind === 'constant' ? pair.right.value : null))
  return settle({ kind: 'in', item: first.left, by: first.by, values, isNegated, type: TYPES.bool }, [first.left])
}

/** `a between b and c` is `a >= b and a <= c`, in PostgreSQL too. */
function typeBetween(node: NodeOf<'between'>, scope: Scope): TypedExpression {
  const { at, isNegated } = node
  const item = typeNode(node.item, scope)
  const low = comparable(item, typeNode(node.low, scope), at)
  const high = comparable(item, typeNode(node.high, scope), at)
  return logic(isNegated ? 'or' : 'and', [compare(low, isNegated ? '<' : '>=', low.by), compare(high, isNegated ? '>' : '<=', high.by)])
}

function typeCase(node: NodeOf<'case'>, scope: Scope): TypedExpression {
  const operand = node.operand && readLiteral(typeNode(node.operand, scope), TYPES.text, node.operand.at)
  const whens = node.arms.map(arm => {
    const when = typeNode(arm.when, scope)
    if (operand === null) return condition(when, arm.when.at)
    const compared = comparable(operand, when, arm.when.at)
    return compare(compared, '=', compared.by)
  })
  const none: TypedExpression = { kind: 'constant', value: null, type: UNKNOWN }
  const last = node.otherwise ? typeNode(node.otherwise, scope) : none
  // PostgreSQL looks at the type of else first.
  const { type, items } = unify([last, ...node.arms.map(arm => typeNode(arm.value, scope))], node.at)
  const [otherwise = none, ...values] = items
  const arms = whens.map((when, i) => ({ when, value: values[i] ?? none }))
  return choose(arms, otherwise, type)
}
