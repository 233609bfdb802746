import type { Place } from '../model/place.ts'

/** An expression as it was written: what the subset has, each part with its place, names not yet resolved. */
export type ExpressionNode = { readonly at: Place } & (
  | { readonly kind: 'name'; readonly parts: readonly NamePart[] }
  | { readonly kind: 'literal'; readonly literal: Literal }
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly left: ExpressionNode; readonly right: ExpressionNode }
  | { readonly kind: 'distinct'; readonly left: ExpressionNode; readonly right: ExpressionNode; readonly isNegated: boolean }
  | { readonly kind: 'and' | 'or'; readonly items: readonly ExpressionNode[] }
  | { readonly kind: 'not' | 'negate'; readonly item: ExpressionNode }
  | { readonly kind: 'null_test'; readonly item: ExpressionNode; readonly isNegated: boolean }
  | { readonly kind: 'in'; readonly item: ExpressionNode; readonly list: readonly ExpressionNode[]; readonly isNegated: boolean }
  | {
      readonly kind: 'between'
      readonly item: ExpressionNode
      readonly low: ExpressionNode
      readonly high: ExpressionNode
      readonly isNegated: boolean
    }
  | { readonly kind: 'arithmetic'; readonly operator: ArithmeticOperator; readonly left: ExpressionNode; readonly right: ExpressionNode }
  | { readonly kind: 'concat'; readonly left: ExpressionNode; readonly right: ExpressionNode }
  | { readonly kind: 'member'; readonly operator: MemberOperator; readonly left: ExpressionNode; readonly right: ExpressionNode }
  | {
      readonly kind: 'case'
      /** `case x when …`; null = `case when …`. */
      readonly operand: ExpressionNode | null
      readonly arms: readonly { readonly when: ExpressionNode; readonly value: ExpressionNode }[]
      readonly otherwise: ExpressionNode | null
    }
  | { readonly kind: 'coalesce'; readonly items: readonly ExpressionNode[] }
  | { readonly kind: 'nullif'; readonly left: ExpressionNode; readonly right: ExpressionNode }
  /** `ordinal(m)`: the element's number in its list, from 1. */
  | { readonly kind: 'ordinal'; readonly name: string }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly ExpressionNode[] }
  /** Over a list: `count(name)`, `min(name.column)`. */
  | { readonly kind: 'aggregate'; readonly name: AggregateName; readonly list: ExpressionNode }
  | { readonly kind: 'cast'; readonly item: ExpressionNode; readonly to: CastTarget }
)

export type CompareOperator = '=' | '<>' | '<' | '<=' | '>' | '>='
export type ArithmeticOperator = '+' | '-' | '*'
export type MemberOperator = '->' | '->>'
export type AggregateName = 'count' | 'min' | 'max'
export type FunctionName = 'btrim' | 'ltrim' | 'rtrim' | 'lower' | 'upper' | 'length'

/** One part of `a.b`, as written and not folded to lower case. A quoted part means exactly that name. */
export interface NamePart {
  readonly text: string
  readonly isQuoted: boolean
}

/** Numbers as decimal text. */
export type Literal =
  | { readonly kind: 'text' | 'number'; readonly text: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'null' }

export type CastName = 'text' | 'int2' | 'int4' | 'int8' | 'numeric' | 'date' | 'bool' | 'uuid'

export interface CastTarget {
  readonly name: CastName
  /** `numeric(precision, scale)`. */
  readonly limits: { readonly precision: number; readonly scale: number } | null
}

/** The parts an expression is made of, in the order written. */
export function childrenOf(node: ExpressionNode): readonly ExpressionNode[] {
  switch (node.kind) {
    case 'name':
    case 'literal':
    case 'ordinal':
      return []
    case 'and':
    case 'or':
    case 'coalesce':
      return node.items
    case 'not':
    case 'negate':
    case 'null_test':
    case 'cast':
      return [node.item]
    case 'in':
      return [node.item, ...node.list]
    case 'between':
      return [node.item, node.low, node.high]
    case 'aggregate':
      return [node.list]
    case 'call':
      return node.args
    case 'case':
      return [
        ...(node.operand ? [node.operand] : []),
        ...node.arms.flatMap(arm => [arm.when, arm.value]),
        ...(node.otherwise ? [node.otherwise] : []),
      ]
    default:
      return [node.left, node.right]
  }
}

/** The names an expression uses, each once, in the order written. */
export function namesIn(node: ExpressionNode): readonly (readonly string[])[] {
  const names = new Map<string, readonly string[]>()
  const collect = (at: ExpressionNode): void => {
    if (at.kind === 'name') {
      const parts = at.parts.map(part => part.text)
      names.set(JSON.stringify(parts), parts)
    }
    for (const child of childrenOf(at)) collect(child)
  }
  collect(node)
  return [...names.values()]
}
