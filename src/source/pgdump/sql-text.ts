/** Pieces of SQL text that the parser does not give back: expressions as they were written, names of objects nobody looks into. */

const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*/y

/** Where the token that begins at `at` ends: a quoted text or name, a comment, a word, or one character. */
function tokenEnd(text: string, at: number): number {
  const letter = text[at] as string
  if (letter === "'" || letter === '"') return quotedEnd(text, at, /[eE]$/.test(text.slice(Math.max(0, at - 1), at)))
  if (text.startsWith('--', at)) return endAfter(text, '\n', at)
  if (text.startsWith('/*', at)) return endAfter(text, '*/', at + 2)
  if (letter === '$') {
    DOLLAR_TAG.lastIndex = at
    const tag = DOLLAR_TAG.exec(text)?.[0]
    if (tag !== undefined) return endAfter(text, tag, at + tag.length)
  }
  WORD.lastIndex = at
  return WORD.test(text) ? WORD.lastIndex : at + 1
}

function endAfter(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? text.length : at + mark.length
}

function quotedEnd(text: string, start: number, hasEscapes: boolean): number {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (hasEscapes && quote === "'" && text[at] === '\\') at++
    else if (text[at] === quote && text[at + 1] === quote) at++
    else if (text[at] === quote) return at + 1
  }
  return text.length
}

/** What stands in the first parentheses at or after `from`, without them. */
export function inParentheses(text: string, from: number): string {
  let at = from
  while (at < text.length && text[at] !== '(') at = tokenEnd(text, at)
  const start = at + 1
  for (let depth = 0; at < text.length; at = tokenEnd(text, at)) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return text.slice(start, at).trim()
  }
  return text.slice(start).trim()
}

/** From `from` to the comma, closing parenthesis or semicolon that ends the clause there, or to `most`. */
export function clauseAt(text: string, from: number, most = text.length): string {
  let depth = 0
  let at = from
  for (; at < most; at = tokenEnd(text, at)) {
    const letter = text[at] as string
    if ('(['.includes(letter)) depth++
    else if (depth === 0 && ',);'.includes(letter)) break
    else if (')]'.includes(letter)) depth--
  }
  return text.slice(from, Math.min(at, most)).trim()
}

/** The offset in `text` of a byte of its UTF-8 form. */
export function offsetOfByte(text: string, byte: number): number {
  // Most statements are ASCII.
  if (text.length < 1 << 20 && /^[\0-\x7f]*$/.test(text)) return byte
  return Buffer.from(text).subarray(0, byte).toString().length
}

/** Without the blanks and comments it begins with. */
export function withoutLead(text: string): string {
  let at = 0
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++
    if (!text.startsWith('--', at) && !text.startsWith('/*', at)) return at === 0 ? text : text.slice(at)
    at = text.startsWith('/*', at) ? blockEnd(text, at) : tokenEnd(text, at)
  }
}

function blockEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++
      at++
    } else if (text.startsWith('*/', at)) {
      at++
      if (--depth === 0) return at + 1
    }
  }
  return text.length
}

/** One part of a name as it is written. */
export const NAME_PART = String.raw`(?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+)`
const QUALIFIED = new RegExp(String.raw`^${NAME_PART}(?:\s*\.\s*${NAME_PART})*`)

/** The parts of the name a text begins with, unquoted; unquoted ones in lower case as the server folds them. */
export function nameAtStart(text: string): readonly string[] {
  const written = QUALIFIED.exec(text)?.[0] ?? ''
  return [...written.matchAll(new RegExp(NAME_PART, 'g'))].map(([part]) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
  )
}

/** As the server quotes a name when it prints it; words of the language are not known here. */
export function printedName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
