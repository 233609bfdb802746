import { quoteText } from '../base/quote-name.ts'
import { familyOf } from '../cast/sql-family.ts'
import type { CatalogueExtras } from '../model/catalogue-extras.ts'
import type { SqlType } from '../model/sql-type.ts'
import { sqlName } from './sql-name.ts'
import { readTokens, type SqlToken } from './sql-tokens.ts'

/** What a check may speak of: source column → the target column that holds the same value in the same type. Null: a column there is not, or not as it was. */
export type FindColumn = (name: string) => { readonly name: string; readonly type: SqlType } | null

/** A CHECK condition of the source in the target's words; null: it could not be translated with certainty. */
export function translateCheck(expression: string, dialect: CatalogueExtras['dialect'], find: FindColumn): string | null {
  const tokens = readTokens(expression, dialect)
  if (tokens === null) return null
  return dialect === 'postgres' ? fromPostgres(tokens, find) : new SqlServerCheck(tokens, find).read()
}

const WORDS = new Set(
  'and or not in is null true false between like ilike any all array case when then else end distinct from unknown symmetric'.split(' '),
)
/** Of PostgreSQL itself, and the same for the same arguments. */
const FUNCTIONS = new Set(
  'length char_length character_length octet_length lower upper btrim ltrim rtrim trim abs coalesce nullif greatest least round floor ceil ceiling mod position strpos substr substring left right num_nonnulls num_nulls array_length cardinality jsonb_typeof json_typeof date_part extract isfinite'.split(
    ' ',
  ),
)
const TYPES = new Set(
  'text integer bigint smallint numeric real double precision character varying bpchar boolean date time timestamp without with zone interval uuid jsonb json bytea char inet cidr'.split(
    ' ',
  ),
)

/** PostgreSQL prints its conditions fully: names are exchanged, everything else stands, as long as every word is known. */
function fromPostgres(tokens: readonly SqlToken[], find: FindColumn): string | null {
  const out: string[] = []
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as SqlToken
    const next = tokens[i + 1]?.text
    if (token.kind === 'text') out.push(quoteText(token.text))
    else if (token.kind === 'number' || token.kind === 'symbol') out.push(token.text)
    else if (token.kind === 'word' && tokens[i - 1]?.text === '::') {
      const end = typeEnd(tokens, i)
      if (end === null) return null
      out.push(
        tokens
          .slice(i, end)
          .map(part => part.text)
          .join(' '),
      )
      i = end - 1
    } else if (token.kind === 'word' && next === '(' && !WORDS.has(token.text)) {
      if (!FUNCTIONS.has(token.text)) return null
      out.push(token.text)
    } else if (token.kind === 'word' && WORDS.has(token.text)) out.push(token.text)
    else {
      const column = find(token.text)
      if (column === null) return null
      out.push(sqlName(column.name))
    }
  }
  return joined(out)
}

/** Spaced as people do. */
function joined(parts: readonly string[]): string {
  let text = ''
  parts.forEach((part, i) => {
    const before = parts[i - 1] ?? '('
    const isTight =
      before === '(' ||
      before === '::' ||
      before === '[' ||
      [')', ',', '::', '[', ']'].includes(part) ||
      (part === '(' && FUNCTIONS.has(before))
    text += isTight ? part : ` ${part}`
  })
  return text
}

function typeEnd(tokens: readonly SqlToken[], start: number): number | null {
  let at = start
  while (tokens[at]?.kind === 'word' && TYPES.has(tokens[at]?.text ?? '')) at++
  return at === start ? null : at
}

/** What an operand is compared as. Texts only where the case was folded by the check itself: SQL Server's collations hold 'm' and 'M' equal, PostgreSQL does not. */
type Kind = 'number' | 'time' | 'folded' | 'literal'

interface Operand {
  readonly kind: Kind
  readonly sql: string
  readonly fold?: 'upper' | 'lower'
  readonly value?: string
}

const ISO_DATE = /^\d{4}-?\d{2}-?\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$/
const COMPARISONS = new Set(['=', '<>', '!=', '<', '>', '<=', '>='])

/** Comparisons of numbers, times and folded texts, joined by AND, OR and NOT; anything else is left to a person. */
class SqlServerCheck {
  readonly #tokens: readonly SqlToken[]
  readonly #find: FindColumn
  #at = 0

  constructor(tokens: readonly SqlToken[], find: FindColumn) {
    this.#tokens = tokens
    this.#find = find
  }

  read(): string | null {
    const sql = this.#either()
    return sql !== null && this.#at === this.#tokens.length ? sql : null
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token === undefined || token.kind === 'text' || token.kind === 'quoted' || token.text !== text) return false
    this.#at++
    return true
  }

  #either(): string | null {
    return this.#joined('or', () => this.#joined('and', () => this.#condition()))
  }

  #joined(word: string, part: () => string | null): string | null {
    const parts: string[] = []
    do {
      const sql = part()
      if (sql === null) return null
      parts.push(sql)
    } while (this.#takes(word))
    return parts.length === 1 ? (parts[0] ?? null) : `(${parts.join(` ${word} `)})`
  }

  #condition(): string | null {
    if (this.#takes('not')) {
      const sql = this.#condition()
      return sql === null ? null : `not (${sql})`
    }
    const mark = this.#at
    const compared = this.#comparison()
    if (compared !== null) return compared
    this.#at = mark
    if (!this.#takes('(')) return null
    const inner = this.#either()
    return inner !== null && this.#takes(')') ? inner : null
  }

  #comparison(): string | null {
    const left = this.#isNullTest() ?? this.#sum()
    if (typeof left === 'string' || left === null) return left
    const operator = this.#tokens[this.#at]?.text ?? ''
    if (!COMPARISONS.has(operator)) return null
    this.#at++
    const right = this.#sum()
    if (right === null) return null
    const sides = agreed(left, right)
    return sides === null ? null : `${sides[0]} ${operator === '!=' ? '<>' : operator} ${sides[1]}`
  }

  #isNullTest(): string | null {
    const mark = this.#at
    const token = this.#tokens[this.#at]
    const column = token?.kind === 'quoted' ? this.#find(token.text) : null
    if (column !== null) {
      this.#at++
      if (this.#takes('is')) {
        const not = this.#takes('not') ? 'not ' : ''
        if (this.#takes('null')) return `${sqlName(column.name)} is ${not}null`
      }
    }
    this.#at = mark
    return null
  }

  #sum(): Operand | null {
    let left = this.#factor()
    for (;;) {
      const operator = this.#tokens[this.#at]?.text ?? ''
      if (left === null || !['+', '-', '*'].includes(operator)) return left
      this.#at++
      const right = this.#factor()
      if (right === null || left.kind !== 'number' || right.kind !== 'number') return null
      left = { kind: 'number', sql: `(${left.sql} ${operator} ${right.sql})` }
    }
  }

  #factor(): Operand | null {
    const token = this.#tokens[this.#at]
    if (token === undefined) return null
    if (this.#takes('(')) {
      const inner = this.#sum()
      return inner !== null && this.#takes(')') ? inner : null
    }
    if (this.#takes('-')) {
      const inner = this.#factor()
      return inner?.kind === 'number' ? { kind: 'number', sql: `-${inner.sql}` } : null
    }
    this.#at++
    if (token.kind === 'number') return { kind: 'number', sql: token.text }
    if (token.kind === 'text') return { kind: 'literal', sql: quoteText(token.text), value: token.text }
    if (token.kind === 'quoted') return this.#column(token.text)
    return token.kind === 'word' ? this.#call(token.text) : null
  }

  #column(name: string): Operand | null {
    const column = this.#find(name)
    if (column === null) return null
    const sql = sqlName(column.name)
    const family = familyOf(column.type)
    if (family === 'int' || family === 'numeric' || family === 'float') return { kind: 'number', sql }
    return family === 'date' || family === 'timestamp' ? { kind: 'time', sql } : null
  }

  #call(name: string): Operand | null {
    if (!['upper', 'lower', 'len'].includes(name) || !this.#takes('(')) return null
    const token = this.#tokens[this.#at++]
    const column = token?.kind === 'quoted' ? this.#find(token.text) : null
    if (column === null || familyOf(column.type) !== 'text' || !this.#takes(')')) return null
    const sql = sqlName(column.name)
    // Blanks at the end count for neither.
    if (name === 'len') return { kind: 'number', sql: `length(rtrim(${sql}))` }
    return { kind: 'folded', sql: `${name}(rtrim(${sql}))`, fold: name === 'upper' ? 'upper' : 'lower' }
  }
}

/** Both sides as SQL, where they can be compared with the same outcome as in SQL Server. */
function agreed(left: Operand, right: Operand): readonly [string, string] | null {
  if (left.kind === right.kind && (left.kind === 'number' || left.kind === 'time')) return [left.sql, right.sql]
  if (left.kind === 'literal' && right.kind !== 'literal') {
    const turned = agreed(right, left)
    return turned === null ? null : [turned[1], turned[0]]
  }
  if (right.kind !== 'literal' || right.value === undefined) return null
  if (left.kind === 'time') return ISO_DATE.test(right.value) ? [left.sql, right.sql] : null
  if (left.kind !== 'folded') return null
  const value = right.value.trimEnd()
  return [left.sql, quoteText(left.fold === 'upper' ? value.toUpperCase() : value.toLowerCase())]
}
