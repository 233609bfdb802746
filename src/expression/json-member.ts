import type { Value } from '../model/value.ts'
import { ValueError } from './value-error.ts'

/**
 * Parts of a JSON document as they are written in it, so that numbers keep their digits. The documents come out of json and jsonb columns: they are well-formed.
 * Walked without recursion. As PostgreSQL reads the whole document, an escape that stands for no character is refused wherever it is.
 */

/** The value of a member; of several of one name the last. Null where there is none or the document is no object. */
export function memberOf(document: string, name: string): string | null {
  let at = skipSpace(document, 0)
  if (document[at] !== '{') return nothingIn(document, at)
  let found: string | null = null
  at = skipSpace(document, at + 1)
  while (at < document.length && document[at] !== '}') {
    const keyEnd = stringEnd(document, at)
    const key = unescaped(document, at, keyEnd)
    const start = skipSpace(document, skipSpace(document, keyEnd) + 1)
    const end = valueEnd(document, start)
    if (key === name) found = document.slice(start, end)
    at = nextPart(document, end)
  }
  return found
}

/** The element at a position from 0, from the end if negative. Null where there is none or the document is no array. */
export function elementOf(document: string, position: number): string | null {
  const start = skipSpace(document, 0)
  if (document[start] !== '[') return nothingIn(document, start)
  const wanted = position < 0 ? countElements(document, start) + position : position
  let found: string | null = null
  walkElements(document, start, (index, from, to) => {
    if (index === wanted) found = document.slice(from, to)
  })
  return found
}

/** The same of jsonb, where PostgreSQL takes a scalar for an array of itself. */
export function elementOfBinary(document: string, position: number): string | null {
  const isContainer = /^[ \t\n\r]*[{[]/.test(document)
  if (isContainer) return elementOf(document, position)
  return position === 0 || position === -1 ? document.trim() : null
}

/** What `->>` gives: a string without quotes and escapes, NULL for null, anything else as written. */
export function textOfMember(part: string): string | null {
  if (part === 'null') return null
  return part.startsWith('"') ? unescaped(part, 0, part.length) : part
}

/** The text of a member of a member …, as `document -> 'a' ->> 'b'` gives it; NULL where there is none. */
export function memberText(document: Value, path: readonly string[]): string | null {
  let part = document === null ? null : String(document)
  for (const name of path) part = part === null ? null : memberOf(part, name)
  return part === null ? null : textOfMember(part)
}

function nothingIn(document: string, start: number): null {
  valueEnd(document, start)
  return null
}

function countElements(document: string, start: number): number {
  let count = 0
  walkElements(document, start, () => count++)
  return count
}

function walkElements(document: string, start: number, visit: (index: number, from: number, to: number) => void): void {
  let at = skipSpace(document, start + 1)
  for (let index = 0; at < document.length && document[at] !== ']'; index++) {
    const end = valueEnd(document, at)
    visit(index, at, end)
    at = nextPart(document, end)
  }
}

/** Past the comma after a part, to where the next one begins; or to the closing bracket. */
function nextPart(document: string, end: number): number {
  const at = skipSpace(document, end)
  return document[at] === ',' ? skipSpace(document, at + 1) : at
}

function valueEnd(document: string, start: number): number {
  const first = document[start]
  if (first === '"') return checkedStringEnd(document, start)
  if (first !== '{' && first !== '[') return scalarEnd(document, start)
  let depth = 0
  for (let at = start; at < document.length; ) {
    const character = document[at]
    if (character === '"') {
      at = checkedStringEnd(document, at)
      continue
    }
    if (character === '{' || character === '[') depth++
    if (character === '}' || character === ']') depth--
    at++
    if (depth === 0) return at
  }
  return document.length
}

function scalarEnd(document: string, start: number): number {
  let at = start
  while (at < document.length && !',]} \t\n\r'.includes(document[at] as string)) at++
  return at
}

function checkedStringEnd(document: string, start: number): number {
  const end = stringEnd(document, start)
  unescaped(document, start, end)
  return end
}

function stringEnd(document: string, start: number): number {
  let at = start + 1
  while (at < document.length && document[at] !== '"') at += document[at] === '\\' ? 2 : 1
  return at + 1
}

const SHORT: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** The text of a string literal between `start` and `end`, its quotes included. */
function unescaped(document: string, start: number, end: number): string {
  const written = document.slice(start + 1, end - 1)
  if (!written.includes('\\')) return written
  const text = written.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, short: string) =>
    hex === undefined ? (SHORT[short] ?? short) : unit(hex),
  )
  if (!text.isWellFormed()) throw new ValueError('22P02', 'expected JSON with whole surrogate pairs, got half of one')
  return text
}

function unit(hex: string): string {
  const code = Number.parseInt(hex, 16)
  if (code === 0) throw new ValueError('22P05', 'expected JSON without \\u0000, got it')
  return String.fromCharCode(code)
}

function skipSpace(document: string, start: number): number {
  let at = start
  while (at < document.length && ' \t\n\r'.includes(document[at] as string)) at++
  return at
}
