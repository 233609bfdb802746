import { invalid } from './expression-error.ts'
import type { ExpressionText } from './expression-text.ts'

/**
 * A first look at the text, before PostgreSQL’s parser sees it: which tokens there are and where. It refuses what the subset has no use for
 * (comments, parameters, escapes, other spellings of literals) and what nests so deep that a parser’s stack would not hold it.
 */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  readonly start: number
  readonly end: number
}

const WORD = /[\p{L}_\u{80}-\u{10ffff}][\p{L}\p{M}\p{N}_$\u{80}-\u{10ffff}]*/uy
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\r\n\f]+/y
const OPERATOR = /[-+*/<>=~!@#%^&|`?:]+|[(),.;[\]]/y
const INVISIBLE = /[\p{Z}\p{C}]/u
const QUOTED = { "'": /'[^']*(?:''[^']*)*'/y, '"': /"[^"]*(?:""[^"]*)*"/y } as const
const OTHER_LITERALS = new Set(['e', 'n', 'b', 'x', 'u&'])

/** How many words, operators and opening parentheses may stand in one expression, as each may nest in the one before. */
const MOST_NESTING = 500
/** Words after which nothing gets deeper. */
const FLAT_WORDS = new Set(['and', 'or', 'when', 'then', 'else', 'end', 'null', 'true', 'false'])

export function readTokens(source: ExpressionText): readonly Token[] {
  const tokens: Token[] = []
  const { text } = source
  let nesting = 0
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const token = readToken(source, at)
    if (token.kind === 'string' && tokens.at(-1)?.kind === 'string')
      throw invalid(source.place(at), 'expected an operator between two literals, got none')
    tokens.push(token)
    if (nests(text, token) && ++nesting > MOST_NESTING) {
      throw invalid(
        source.place(at),
        `expected at most ${MOST_NESTING} words, operators and parentheses, got more`,
        'Split it into several values under let.',
      )
    }
    at = token.end
  }
  return tokens
}

function nests(text: string, token: Token): boolean {
  if (token.kind === 'string' || token.kind === 'number') return false
  const written = text.slice(token.start, token.end)
  return token.kind === 'symbol' ? !/^[),.;\]]$/.test(written) : !FLAT_WORDS.has(written.toLowerCase())
}

function readToken(source: ExpressionText, at: number): Token {
  const { text } = source
  const first = text[at] ?? ''
  if (first === "'" || first === '"') return readQuoted(source, at, first)
  if (first === '$') throw invalid(source.place(at), 'expected a name or literal, got a parameter or dollar-quoted text')
  const number = matchAt(NUMBER, text, at)
  if (number !== null) return readNumber(source, { kind: 'number', start: at, end: number })
  const word = matchAt(WORD, text, at)
  if (word !== null) return readWord(source, { kind: 'word', start: at, end: word })
  const symbol = matchAt(OPERATOR, text, at)
  if (symbol === null) throw invalid(source.place(at), `expected a name, literal or operator, got the character ${codePoint(text, at)}`)
  return readSymbol(source, { kind: 'symbol', start: at, end: symbol })
}

function readQuoted(source: ExpressionText, at: number, quote: "'" | '"'): Token {
  const end = matchAt(QUOTED[quote], source.text, at)
  const what = quote === "'" ? 'text' : 'name'
  if (end === null) throw invalid(source.place(at), `expected a ${what} in quotes to end, got none that does`, `Close it with ${quote}.`)
  return { kind: quote === "'" ? 'string' : 'quoted', start: at, end }
}

function readNumber(source: ExpressionText, token: Token): Token {
  const after = source.text[token.end]
  const isDecimal = after === undefined || !/[\p{L}\p{N}_.$]/u.test(after)
  if (!isDecimal)
    throw invalid(
      source.place(token.start),
      'expected a decimal number, got another kind of word that begins with a digit',
      'Write a name that begins with a digit in "double quotes".',
    )
  return token
}

function readWord(source: ExpressionText, token: Token): Token {
  const written = source.text.slice(token.start, token.end)
  const odd = INVISIBLE.exec(written)
  if (odd) {
    const at = token.start + odd.index
    throw invalid(
      source.place(at),
      `expected a visible character in a name, got ${codePoint(source.text, at)}`,
      'Put the name in "double quotes" if the character belongs to it.',
    )
  }
  const next = source.text.slice(token.end, token.end + 2)
  const prefix = /^&['"]/.test(next) ? `${written}&` : /^['"]/.test(next) ? written : ''
  if (OTHER_LITERALS.has(prefix.toLowerCase()))
    throw invalid(source.place(token.start), `expected a plain 'text', got one with the prefix ${prefix}`)
  return token
}

function readSymbol(source: ExpressionText, token: Token): Token {
  const written = source.text.slice(token.start, token.end)
  const comment = /--|\/\*/.exec(written)
  if (comment)
    throw invalid(
      source.place(token.start + comment.index),
      'expected no comment in an expression, got one',
      'Put it in the manifest, after a #.',
    )
  return token
}

function skipSpace(text: string, at: number): number {
  return matchAt(SPACE, text, at) ?? at
}

/** The end of what a sticky pattern matches at `at`. */
function matchAt(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : null
}

function codePoint(text: string, at: number): string {
  return `U+${(text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
