import type { CatalogueExtras } from '../model/catalogue-extras.ts'

export interface SqlToken {
  /** `word` in lower case; `quoted` names and `text` without their quotes. */
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'symbol'
  readonly text: string
}

const MOST_CHARACTERS = 20_000
const SPACE = /\s+/y
const TEXT = /N?'((?:[^']|'')*)'/iy
const QUOTED = /"((?:[^"]|"")+)"/y
const BRACKETED = /\[((?:[^\]]|\]\])+)\]/y
const NUMBER = /\d+(?:\.\d*)?(?:e[-+]?\d+)?|\.\d+/iy
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy
const SYMBOL = /::|<>|!=|<=|>=|\|\||!~~\*?|~~\*?|!~\*?|~\*?|[-+*/%<>=(),[\]]/y

/** The pieces of a condition; null: something in it has no place in one. */
export function readTokens(text: string, dialect: CatalogueExtras['dialect']): readonly SqlToken[] | null {
  if (text.length > MOST_CHARACTERS) return null
  const tokens: SqlToken[] = []
  for (let at = 0; at < text.length; ) {
    const match = (pattern: RegExp): RegExpExecArray | null => {
      pattern.lastIndex = at
      return pattern.exec(text)
    }
    const space = match(SPACE)
    if (space) {
      at += space[0].length
      continue
    }
    const found = readToken(match, dialect)
    if (found === null) return null
    tokens.push(found.token)
    at += found.length
  }
  return tokens
}

function readToken(
  match: (pattern: RegExp) => RegExpExecArray | null,
  dialect: CatalogueExtras['dialect'],
): { readonly token: SqlToken; readonly length: number } | null {
  const text = match(TEXT)
  if (text) return { token: { kind: 'text', text: (text[1] ?? '').replaceAll("''", "'") }, length: text[0].length }
  const quoted = match(QUOTED)
  if (quoted) return { token: { kind: 'quoted', text: (quoted[1] ?? '').replaceAll('""', '"') }, length: quoted[0].length }
  const bracketed = dialect === 'sqlserver' ? match(BRACKETED) : null
  if (bracketed) return { token: { kind: 'quoted', text: (bracketed[1] ?? '').replaceAll(']]', ']') }, length: bracketed[0].length }
  const number = match(NUMBER)
  if (number) return { token: { kind: 'number', text: number[0] }, length: number[0].length }
  const word = match(WORD)
  if (word) return { token: { kind: 'word', text: word[0].toLowerCase() }, length: word[0].length }
  const symbol = match(SYMBOL)
  return symbol ? { token: { kind: 'symbol', text: symbol[0] }, length: symbol[0].length } : null
}
