import type { Node, SelectStmt } from 'libpg-query'
import { loadSqlParser, type SqlParser } from '../base/sql-parser.ts'
import { bug } from '../errors.ts'
import type { Expression } from '../model/mapping.ts'
import { invalid } from './expression-error.ts'
import type { ExpressionNode } from './expression-node.ts'
import { ExpressionText, PREFIX } from './expression-text.ts'
import { readNode } from './read-node.ts'
import { readTokens, type Token } from './tokens.ts'

export { namesIn } from './expression-node.ts'

/** Longer ones are refused before anything looks into them. */
const MOST_CHARACTERS = 65_536
/** A column name by itself, even where SQL has a keyword of that name. */
const BARE_WORD = /^[ \t\r\n\f]*([\p{L}_][\p{L}\p{M}\p{N}_$]*)[ \t\r\n\f]*$/u
const CONSTANT_WORDS = new Set(['true', 'false', 'null'])
const SELECT_KEYS = new Set(['targetList', 'limitOption', 'op'])

let parser: SqlParser | null = null

/** To be awaited once before the first `parseExpression`: PostgreSQL’s parser is a WebAssembly module. */
export async function loadParser(): Promise<void> {
  parser = await loadSqlParser()
}

/**
 * Reads an expression of the subset. Throws EXPRESSION_INVALID at the exact place for anything else, MANIFEST_NOT_SUPPORTED for what the language has but this
 * version does not.
 */
export function parseExpression(expression: Expression): ExpressionNode {
  const known = parsed.get(expression)
  if (known !== undefined) return known
  const node = readExpression(expression)
  parsed.set(expression, node)
  return node
}

/** A mapping is compiled for every tenant: its expressions are read once. */
const parsed = new WeakMap<Expression, ExpressionNode>()

function readExpression(expression: Expression): ExpressionNode {
  const source = new ExpressionText(expression)
  checkText(source)
  const word = BARE_WORD.exec(source.text)?.[1]
  if (word !== undefined && !CONSTANT_WORDS.has(word.toLowerCase())) {
    return { kind: 'name', parts: [{ text: word, isQuoted: false }], at: source.place(source.text.indexOf(word)) }
  }
  const tokens = readTokens(source)
  return readNode(targetOf(source, tokens), { source, tokens })
}

function checkText(source: ExpressionText): void {
  const { text, start } = source
  if (text.trim() === '') throw invalid(start, 'expected an expression, got nothing', 'Write { value: … } for a constant, null included.')
  if (text.length > MOST_CHARACTERS)
    throw invalid(start, `expected an expression of at most ${MOST_CHARACTERS} characters, got ${text.length}`)
  const nul = text.indexOf('\0')
  if (nul !== -1) throw invalid(source.place(nul), 'expected an expression, got the character U+0000 in it')
  if (!text.isWellFormed()) throw invalid(start, 'expected an expression, got half a surrogate pair in it')
}

/** The one target of the one SELECT that the text must make. */
function targetOf(source: ExpressionText, tokens: readonly Token[]): Node {
  const select = selectOf(source, tokens)
  const clause = Object.keys(select).find(key => !SELECT_KEYS.has(key))
  const first = tokens[0]
  if (clause !== undefined || (first && /^(?:all|distinct)$/i.test(source.text.slice(first.start, first.end)))) {
    throw invalid(source.start, `expected one expression, got more of a query (${clause ?? 'all'})`)
  }
  const [target, second] = select.targetList ?? []
  if (!target || !('ResTarget' in target) || !target.ResTarget.val) throw invalid(source.start, 'expected an expression, got none')
  if (second)
    throw invalid(source.placeOfByte('ResTarget' in second ? second.ResTarget.location : 0), 'expected one expression, got several')
  if (target.ResTarget.name !== undefined) {
    throw invalid(source.place(tokens.at(-1)?.start ?? 0), `expected one expression, got the name ${target.ResTarget.name} after it`)
  }
  return target.ResTarget.val
}

function selectOf(source: ExpressionText, tokens: readonly Token[]): SelectStmt {
  const end = tokens.find(token => source.text.slice(token.start, token.end) === ';')
  if (end) throw invalid(source.place(end.start), 'expected one expression, got the end of a statement (;)')
  const [statement, second] = parse(source).stmts ?? []
  if (second || !statement?.stmt || !('SelectStmt' in statement.stmt))
    throw invalid(source.start, 'expected one expression, got several statements')
  return statement.stmt.SelectStmt
}

function parse(source: ExpressionText): ReturnType<SqlParser['parseSync']> {
  if (parser === null) throw bug('expected loadParser to have been awaited before the first expression')
  try {
    return parser.parseSync(PREFIX + source.text)
  } catch (error) {
    if (!parser.hasSqlDetails(error)) throw error
    const at = source.offsetOfCharacter(error.sqlDetails?.cursorPosition ?? 0)
    throw invalid(
      source.place(at),
      `expected an expression, got a ${error.message}`,
      'Quote what is a name with "double quotes" and what is text with \'single quotes\'.',
    )
  }
}
