import type { TupleWriter } from '../../base/tuple-writer.ts'
import { RANGE_EMPTY, RANGE_LOWER_INCLUSIVE, RANGE_NO_LOWER, RANGE_NO_UPPER, RANGE_UPPER_INCLUSIVE } from '../../cast/container-text.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { TextField } from './field-reader.ts'

/** Arrays, composites, ranges and multiranges: from the text PostgreSQL prints to the binary form it sends. */

const MOST_DIMENSIONS = 6
const BOUNDS = /^((?:\[[+-]?\d+(?::[+-]?\d+)?\])+)=/
const BOUND = /\[([+-]?\d+)(?::([+-]?\d+))?\]/g

/** Text of an item; null = NULL. */
type Item = string | null

function writeItem(item: Item, read: TextField, out: TupleWriter): boolean {
  if (item === null) return out.null()
  const bytes = Buffer.from(item)
  return read(bytes, 0, bytes.length, out)
}

/** Puts the length of a field that began at `mark`, now that it is known. */
function close(mark: number, out: TupleWriter): true {
  out.view.setInt32(mark, out.at - mark - 4)
  return true
}

function putInt32(value: number, out: TupleWriter): void {
  out.ensure(4)
  out.view.setInt32(out.at, value)
  out.at += 4
}

interface Dimension {
  size: number
  lower: number
}

export function arrayField(element: SqlType, read: TextField): TextField {
  const comma = element.name === 'box' && element.schema === 'pg_catalog' ? ';' : ','
  return (data, start, end, out) => {
    const array = parseArray(data.toString('utf8', start, end), comma)
    if (array === null) return false
    const mark = out.at
    putInt32(0, out)
    putInt32(array.dimensions.length, out)
    putInt32(array.items.includes(null) ? 1 : 0, out)
    putInt32(element.oid | 0, out)
    for (const { size, lower } of array.dimensions) {
      putInt32(size, out)
      putInt32(lower, out)
    }
    for (const item of array.items) if (!writeItem(item, read, out)) return false
    return close(mark, out)
  }
}

interface ParsedArray {
  readonly dimensions: readonly Dimension[]
  readonly items: readonly Item[]
}

function parseArray(text: string, comma: string): ParsedArray | null {
  const trimmed = text.trim()
  const bounds = BOUNDS.exec(trimmed)
  const lowers = [...(bounds?.[1] ?? '').matchAll(BOUND)].map(match => (match[2] === undefined ? 1 : Number(match[1])))
  const reader = new ArrayReader(trimmed, bounds?.[0].length ?? 0, comma)
  if (!reader.read()) return null
  const { sizes, items } = reader
  if (items.length === 0) return { dimensions: [], items }
  if (bounds !== null && lowers.length !== sizes.length) return null
  return { dimensions: sizes.map((size, i) => ({ size, lower: lowers[i] ?? 1 })), items }
}

class ArrayReader {
  readonly sizes: number[] = []
  readonly items: Item[] = []
  readonly #text: string
  readonly #comma: string
  #at: number

  constructor(text: string, at: number, comma: string) {
    this.#text = text
    this.#at = at
    this.#comma = comma
  }

  /** False: not an array, or one whose parts differ in size. */
  read(): boolean {
    return this.#list(0) && this.#skipBlanks() === this.#text.length
  }

  #skipBlanks(): number {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
    return this.#at
  }

  #list(depth: number): boolean {
    this.#skipBlanks()
    if (this.#text[this.#at] !== '{' || depth >= MOST_DIMENSIONS) return false
    this.#at++
    let count = 0
    this.#skipBlanks()
    if (this.#text[this.#at] === '}') return this.#end(depth, 0)
    for (;;) {
      this.#skipBlanks()
      const isList = this.#text[this.#at] === '{'
      // Lists and items never stand side by side.
      if (isList ? !this.#isListLevel(depth) || !this.#list(depth + 1) : !this.#item(depth)) return false
      count++
      this.#skipBlanks()
      if (this.#text[this.#at] === '}') return this.#end(depth, count)
      if (this.#text[this.#at] !== this.#comma) return false
      this.#at++
    }
  }

  #leaf = -1

  #isListLevel(depth: number): boolean {
    return this.#leaf === -1 || depth < this.#leaf
  }

  #end(depth: number, count: number): boolean {
    this.#at++
    // An empty list within another is no array but for `{{},{}}`, which is empty as a whole.
    const known = this.sizes[depth]
    if (known === undefined) this.sizes[depth] = count
    return known === undefined || known === count
  }

  #item(depth: number): boolean {
    if (this.#leaf !== -1 && this.#leaf !== depth) return false
    this.#leaf = depth
    const item = this.#text[this.#at] === '"' ? this.#quoted() : this.#plain()
    if (item === undefined) return false
    this.items.push(item)
    return true
  }

  #quoted(): Item | undefined {
    let value = ''
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] as string
      if (letter === '"') {
        this.#at++
        return value
      }
      value += letter === '\\' ? (this.#text[++this.#at] ?? '') : letter
    }
    return undefined
  }

  #plain(): Item | undefined {
    let value = ''
    let isEscaped = false
    let kept = 0
    for (; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] as string
      if (letter === this.#comma || letter === '}') break
      if (letter === '{' || letter === '"') return undefined
      if (letter === '\\') isEscaped = true
      value += letter === '\\' ? (this.#text[++this.#at] ?? '') : letter
      if (letter === '\\' || !/\s/.test(letter)) kept = value.length
    }
    const item = value.slice(0, kept)
    if (item === '') return undefined
    return !isEscaped && item.toUpperCase() === 'NULL' ? null : item
  }
}

export interface RecordPart {
  readonly oid: number
  readonly read: TextField
}

export function recordField(parts: readonly RecordPart[]): TextField {
  return (data, start, end, out) => {
    const items = parseRecord(data.toString('utf8', start, end).trim())
    // A composite of one column that is NULL and one without columns look the same.
    if (items === null || items.length !== Math.max(1, parts.length)) return false
    const mark = out.at
    putInt32(0, out)
    putInt32(parts.length, out)
    for (const [i, part] of parts.entries()) {
      putInt32(part.oid | 0, out)
      if (!writeItem(items[i] ?? null, part.read, out)) return false
    }
    return close(mark, out)
  }
}

function parseRecord(text: string): readonly Item[] | null {
  if (!text.startsWith('(') || !text.endsWith(')')) return null
  const items: Item[] = []
  for (let at = 1; ; at++) {
    const part = readPart(text, at, ',)')
    if (part === null) return null
    items.push(part.item)
    at = part.end
    if (text[at] === ')') return at === text.length - 1 ? items : null
  }
}

/** One part of a composite or bound of a range, up to one of `ends`: quotes anywhere, doubled or escaped within; nothing at all is NULL. */
function readPart(text: string, from: number, ends: string): { readonly item: Item; readonly end: number } | null {
  let value = ''
  let isQuoted = false
  let isAnything = false
  for (let at = from; at < text.length; at++) {
    const letter = text[at] as string
    if (!isQuoted && ends.includes(letter)) return { item: isAnything ? value : null, end: at }
    isAnything = true
    if (letter === '\\') value += text[++at] ?? ''
    else if (letter !== '"') value += letter
    else if (isQuoted && text[at + 1] === '"') value += text[++at] as string
    else isQuoted = !isQuoted
  }
  return null
}

/** `isDiscrete`: of whole numbers or days, which servers write as [lower,upper) only; another form would have to be computed. */
export function rangeField(read: TextField, subtype: { readonly isDiscrete: boolean }): TextField {
  return (data, start, end, out) => {
    const range = parseRange(data.toString('utf8', start, end).trim())
    if (range === null || (subtype.isDiscrete && !isCanonical(range))) return false
    const mark = out.at
    putInt32(0, out)
    out.ensure(1)
    out.buf[out.at++] = range.flags
    for (const bound of range.bounds) if (!writeItem(bound, read, out)) return false
    return close(mark, out)
  }
}

interface ParsedRange {
  readonly flags: number
  readonly bounds: readonly string[]
}

function isCanonical({ flags, bounds }: ParsedRange): boolean {
  if (flags & RANGE_EMPTY || bounds.some(bound => /infinity/i.test(bound))) return true
  return (flags & (RANGE_LOWER_INCLUSIVE | RANGE_NO_LOWER)) !== 0 && (flags & RANGE_UPPER_INCLUSIVE) === 0
}

function parseRange(text: string): ParsedRange | null {
  if (text.toLowerCase() === 'empty') return { flags: RANGE_EMPTY, bounds: [] }
  const open = text[0]
  const lower = open === '[' || open === '(' ? readPart(text, 1, ',') : null
  const upper = lower === null ? null : readPart(text, lower.end + 1, ')]')
  if (lower === null || upper === null || upper.end !== text.length - 1) return null
  const flags =
    (lower.item === null ? RANGE_NO_LOWER : open === '[' ? RANGE_LOWER_INCLUSIVE : 0) |
    (upper.item === null ? RANGE_NO_UPPER : text.endsWith(']') ? RANGE_UPPER_INCLUSIVE : 0)
  return { flags, bounds: [lower.item, upper.item].filter(item => item !== null) }
}

export function multirangeField(readRange: TextField): TextField {
  return (data, start, end, out) => {
    const ranges = parseMultirange(data.toString('utf8', start, end).trim())
    if (ranges === null) return false
    const mark = out.at
    putInt32(0, out)
    putInt32(ranges.length, out)
    for (const range of ranges) if (!writeItem(range, readRange, out)) return false
    return close(mark, out)
  }
}

function parseMultirange(text: string): readonly string[] | null {
  if (!text.startsWith('{') || !text.endsWith('}')) return null
  const ranges: string[] = []
  let from = 1
  let isQuoted = false
  let isInside = false
  for (let at = 1; at < text.length; at++) {
    const letter = text[at] as string
    if (letter === '\\') at++
    else if (letter === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (letter === '[' || letter === '(') isInside = true
    else if (letter === ']' || letter === ')') isInside = false
    else if (!isInside && (letter === ',' || at === text.length - 1)) {
      const range = text.slice(from, at).trim()
      // `empty` takes no part in a multirange.
      if (range !== '' && range !== 'empty') ranges.push(range)
      else if (range === '' && (letter === ',' || ranges.length > 0)) return null
      from = at + 1
    }
  }
  return isQuoted || isInside || from !== text.length ? null : ranges
}
