import type { A_Const, A_Expr, BoolExpr, CaseExpr, ColumnRef, Node, NullTest } from 'libpg-query'
import type { Place } from '../model/place.ts'
import { invalid } from './expression-error.ts'
import type { CompareOperator, ExpressionNode, Literal, NamePart } from './expression-node.ts'
import type { ExpressionText } from './expression-text.ts'
import { isAggregate, readCall, readOrdinal } from './read-call.ts'
import { readCast } from './read-cast.ts'
import { refusalOf } from './refused-nodes.ts'
import type { Token } from './tokens.ts'

/** What is needed to read the parser’s tree: where everything stands in the text. */
export interface Reading {
  readonly source: ExpressionText
  readonly tokens: readonly Token[]
}

/** The parser’s tree as our own: a closed list, everything else is refused by name. */
export function readNode(node: Node | undefined, reading: Reading): ExpressionNode {
  if (node === undefined) throw invalid(reading.source.start, 'expected an expression, got none')
  if ('ColumnRef' in node) return readName(node.ColumnRef, reading)
  if ('A_Const' in node) return readLiteral(node.A_Const, reading)
  if ('BoolExpr' in node) return readLogic(node.BoolExpr, reading)
  if ('NullTest' in node) return readNullTest(node.NullTest, reading)
  if ('A_Expr' in node) return readOperator(node.A_Expr, reading)
  if ('CaseExpr' in node) return readCase(node.CaseExpr, reading)
  if ('CoalesceExpr' in node) {
    return {
      kind: 'coalesce',
      items: readNodes(node.CoalesceExpr.args, reading),
      at: reading.source.placeOfByte(node.CoalesceExpr.location),
    }
  }
  if ('FuncCall' in node) {
    const ordinal = readOrdinal(node.FuncCall, reading.source)
    if (ordinal !== null) return { kind: 'ordinal', ...ordinal }
    const { name, args, at } = readCall(node.FuncCall, reading.source)
    const read = readNodes(args, reading)
    if (!isAggregate(name)) return { kind: 'call', name, args: read, at }
    const [list] = read
    if (list?.kind !== 'name') throw invalid(at, `expected the name of a list for ${name}, got another expression`)
    return { kind: 'aggregate', name, list, at }
  }
  if ('TypeCast' in node) {
    const { to, at } = readCast(node.TypeCast, reading.source)
    return { kind: 'cast', item: readNode(node.TypeCast.arg, reading), to, at }
  }
  throw refusalOf(node, reading.source)
}

function readNodes(nodes: readonly Node[] | undefined, reading: Reading): readonly ExpressionNode[] {
  return (nodes ?? []).map(node => readNode(node, reading))
}

/** The parser folds names to lower case and cuts them at 63 bytes: the text has them as written. */
function readName(ref: ColumnRef, reading: Reading): ExpressionNode {
  const { source, tokens } = reading
  const start = source.offsetOfByte(ref.location ?? 0)
  const at = source.place(start)
  const fields = ref.fields ?? []
  if (fields.some(field => !('String' in field))) throw invalid(at, 'expected a name, got *')
  const first = tokens.findIndex(token => token.start === start)
  const parts = fields.map((_, i) => namePart(source.text, tokens[first + 2 * i]))
  return { kind: 'name', parts, at }
}

function namePart(text: string, token: Token | undefined): NamePart {
  const written = token ? text.slice(token.start, token.end) : ''
  if (token?.kind !== 'quoted') return { text: written, isQuoted: false }
  return { text: written.slice(1, -1).replaceAll('""', '"'), isQuoted: true }
}

function readLiteral(constant: A_Const, { source }: Reading): ExpressionNode {
  const at = source.placeOfByte(constant.location)
  const literal = literalOf(constant)
  if (literal === null) throw invalid(at, 'expected a number, a plain text, true, false or null, got another literal')
  return { kind: 'literal', literal, at }
}

/** Zero, empty and false values are left out of the parser’s tree. */
function literalOf(constant: A_Const): Literal | null {
  if (constant.isnull) return { kind: 'null' }
  if (constant.boolval) return { kind: 'bool', value: constant.boolval.boolval ?? false }
  if (constant.ival) return { kind: 'number', text: String(constant.ival.ival ?? 0) }
  if (constant.fval) return { kind: 'number', text: constant.fval.fval ?? '0' }
  if (constant.sval) return { kind: 'text', text: constant.sval.sval ?? '' }
  return null
}

function readLogic(logic: BoolExpr, reading: Reading): ExpressionNode {
  const at = reading.source.placeOfByte(logic.location)
  const items = readNodes(logic.args, reading)
  if (logic.boolop === 'NOT_EXPR') return { kind: 'not', item: only(items, at), at }
  return { kind: logic.boolop === 'AND_EXPR' ? 'and' : 'or', items, at }
}

function readNullTest(test: NullTest, reading: Reading): ExpressionNode {
  const at = reading.source.placeOfByte(test.location)
  return { kind: 'null_test', item: readNode(test.arg, reading), isNegated: test.nulltesttype === 'IS_NOT_NULL', at }
}

function readOperator(operation: A_Expr, reading: Reading): ExpressionNode {
  const at = reading.source.placeOfByte(operation.location)
  const name = operatorName(operation)
  switch (operation.kind) {
    case 'AEXPR_OP':
      return operation.lexpr ? readBinary(operation, name, { reading, at }) : readUnary(operation, name, { reading, at })
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
      return { kind: 'distinct', ...sides(operation, reading), isNegated: operation.kind === 'AEXPR_NOT_DISTINCT', at }
    case 'AEXPR_NULLIF':
      return { kind: 'nullif', ...sides(operation, reading), at }
    case 'AEXPR_IN':
      return { kind: 'in', item: readNode(operation.lexpr, reading), list: listOf(operation, reading), isNegated: name === '<>', at }
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN': {
      const [low, high] = listOf(operation, reading)
      if (!low || !high) throw invalid(at, 'expected between … and …, got something else')
      return { kind: 'between', item: readNode(operation.lexpr, reading), low, high, isNegated: operation.kind === 'AEXPR_NOT_BETWEEN', at }
    }
    default:
      throw invalid(at, `expected an operator of the subset, got ${OTHER_OPERATORS[operation.kind ?? ''] ?? name.toLowerCase()}`)
  }
}

const OTHER_OPERATORS: Readonly<Record<string, string>> = {
  AEXPR_LIKE: 'like',
  AEXPR_ILIKE: 'ilike',
  AEXPR_SIMILAR: 'similar to',
  AEXPR_OP_ANY: 'any',
  AEXPR_OP_ALL: 'all',
}

interface Operation {
  readonly reading: Reading
  readonly at: Place
}

function readUnary(operation: A_Expr, name: string, { reading, at }: Operation): ExpressionNode {
  if (name !== '-') throw invalid(at, `expected an operator of the subset, got ${name} before a value`)
  return { kind: 'negate', item: readNode(operation.rexpr, reading), at }
}

function readBinary(operation: A_Expr, name: string, { reading, at }: Operation): ExpressionNode {
  if (isCompare(name)) return { kind: 'compare', operator: name, ...sides(operation, reading), at }
  switch (name) {
    case '+':
    case '-':
    case '*':
      return { kind: 'arithmetic', operator: name, ...sides(operation, reading), at }
    case '||':
      return { kind: 'concat', ...sides(operation, reading), at }
    case '->':
    case '->>':
      return { kind: 'member', operator: name, ...sides(operation, reading), at }
    default:
      throw invalid(at, `expected an operator of the subset, got ${name}`)
  }
}

const COMPARE = new Set<string>(['=', '<>', '<', '<=', '>', '>='])

function isCompare(name: string): name is CompareOperator {
  return COMPARE.has(name)
}

/** `operator(pg_catalog.+)` comes with its schema and so is none of the subset. */
function operatorName(operation: A_Expr): string {
  return (operation.name ?? []).map(part => ('String' in part ? (part.String.sval ?? '') : '')).join('.')
}

function sides(operation: A_Expr, reading: Reading): { left: ExpressionNode; right: ExpressionNode } {
  return { left: readNode(operation.lexpr, reading), right: readNode(operation.rexpr, reading) }
}

function listOf(operation: A_Expr, reading: Reading): readonly ExpressionNode[] {
  const list = operation.rexpr
  return list && 'List' in list ? readNodes(list.List.items, reading) : []
}

function readCase(expression: CaseExpr, reading: Reading): ExpressionNode {
  const arms = (expression.args ?? []).map(arm => {
    if (!('CaseWhen' in arm)) throw invalid(reading.source.start, 'expected when … then …, got something else')
    return { when: readNode(arm.CaseWhen.expr, reading), value: readNode(arm.CaseWhen.result, reading) }
  })
  return {
    kind: 'case',
    operand: expression.arg ? readNode(expression.arg, reading) : null,
    arms,
    otherwise: expression.defresult ? readNode(expression.defresult, reading) : null,
    at: reading.source.placeOfByte(expression.location),
  }
}

function only(items: readonly ExpressionNode[], at: Place): ExpressionNode {
  const [item] = items
  if (item === undefined) throw invalid(at, 'expected a value after not, got none')
  return item
}
