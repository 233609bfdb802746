import type { TupleWriter } from '../base/tuple-writer.ts'
import type { JsonLiteral } from '../model/mapping.ts'
import { parseJson } from './json-parser.ts'
import { NumericValue } from './numeric-value.ts'
import { writeVersioned } from './write-field.ts'

/** What a document becomes in jsonb. */
export interface JsonbForm {
  readonly text: string
  /** A key stood twice in one object; the last one won. */
  readonly hasLostKeys: boolean
}

/**
 * The text PostgreSQL prints of a document it holds as jsonb: keys by length in bytes, then by bytes, the last of equal keys, one blank after colon and comma,
 * numbers as numeric prints them (digits and scale kept, exponents written out). Null = a number beyond what numeric can hold.
 */
export function jsonbForm(document: JsonLiteral): JsonbForm | null {
  const writer = new JsonbWriter('keep scale')
  const text = writer.text(document)
  return writer.isRefused ? null : { text, hasLostKeys: writer.hasLostKeys }
}

/** The same, from JSON text; null also when it is not JSON. */
export function jsonbFormOf(json: string): JsonbForm | null {
  const parsed = parseJson(json)
  return parsed && jsonbForm(parsed.document)
}

/** One text for all documents jsonb holds equal: 1.0 and 1 are. Text that is no JSON stays as it is. */
export function canonicalJsonb(json: string): string {
  const parsed = parseJson(json)
  return parsed ? new JsonbWriter('trim scale').text(parsed.document) : json
}

/** An object from keys and ready JSON texts (jsonb form), as jsonb prints it. The last of equal keys wins. */
export function jsonbObject(entries: readonly (readonly [string, string])[]): string {
  return jsonbObjectFrom(new Map(entries))
}

/** The same of keys that are different. */
export function jsonbObjectFrom(entries: ReadonlyMap<string, string>): string {
  const marks: KeyMark[] = []
  for (const key of entries.keys()) marks.push(markOf(key))
  marks.sort(compareMarks)
  let inside = ''
  for (const { key, mark } of marks) inside += inside === '' ? mark + entries.get(key) : `, ${mark}${entries.get(key)}`
  return `{${inside}}`
}

/** A key as it stands in a document, and its length in bytes. */
interface KeyMark {
  readonly key: string
  readonly mark: string
  readonly size: number
}

/** Documents have the same few keys again and again. */
const KEPT_MARKS = new Map<string, KeyMark>()
const MOST_MARKS = 4096

function markOf(key: string): KeyMark {
  const known = KEPT_MARKS.get(key)
  if (known !== undefined) return known
  const made = { key, mark: `${JSON.stringify(key)}: `, size: Buffer.byteLength(key) }
  if (KEPT_MARKS.size < MOST_MARKS) KEPT_MARKS.set(key, made)
  return made
}

function compareMarks(a: KeyMark, b: KeyMark): number {
  return a.size - b.size || Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))
}

/** The same for keys that are known beforehand and different: what comes is the texts in the order of the keys given, null for one to leave out. */
export function jsonbObjectOf(keys: readonly string[]): (texts: readonly (string | null)[]) => string {
  const known = keys.map(markOf)
  const marks = known.map(({ mark }) => mark)
  const order = keys.map((_, i) => i).sort((a, b) => compareMarks(known[a] as KeyMark, known[b] as KeyMark))
  return texts => {
    let inside = ''
    for (const i of order) {
      const text = texts[i]
      if (text === null || text === undefined) continue
      inside += inside === '' ? `${marks[i]}${text}` : `, ${marks[i]}${text}`
    }
    return `{${inside}}`
  }
}

/** A list of ready JSON texts, as jsonb prints it. */
export function jsonbArray(items: readonly string[]): string {
  return `[${items.join(', ')}]`
}

/** Writes a jsonb field of a document built from keys and ready JSON texts. */
export function encodeJsonbDocument(parts: readonly (readonly [string, string])[], out: TupleWriter): void {
  writeVersioned(jsonbObject(parts), out)
}

class JsonbWriter {
  readonly #numeric = new NumericValue()
  readonly #scale: 'keep scale' | 'trim scale'
  hasLostKeys = false
  isRefused = false

  constructor(scale: 'keep scale' | 'trim scale') {
    this.#scale = scale
  }

  text(node: JsonLiteral): string {
    if (node === null || typeof node === 'boolean') return String(node)
    if (typeof node === 'string') return JSON.stringify(node)
    if ('digits' in node) return this.#number(node.digits)
    if ('object' in node) {
      const entries = node.object.map(([key, value]) => [key, this.text(value)] as const)
      if (new Set(node.object.map(([key]) => key)).size < entries.length) this.hasLostKeys = true
      return jsonbObject(entries)
    }
    return jsonbArray(node.map(item => this.text(item)))
  }

  #number(digits: string): string {
    if (!this.#numeric.parse(digits)) this.isRefused = true
    if (this.#scale === 'trim scale') this.#numeric.trimScale()
    return this.#numeric.text()
  }
}
