import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import { didYouMean } from '../../base/did-you-mean.ts'
import { parseTypeName } from '../../cast/type-name.ts'
import { RehouseError } from '../../errors.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { FormatWish } from './csv-format.ts'
import type { DeclaredColumn, DeclaredReference, FileDeclaration } from './file-declaration.ts'
import { FORMAT_WORDS, refuseClash, yesOrNo } from './file-wish.ts'

const FILE_WORDS = [...Object.keys(FORMAT_WORDS), 'columns', 'key', 'unique', 'references']
const COLUMN_WORDS = ['type', 'not_null', 'references']
const REFERENCE_WORDS = ['columns', 'to', 'key']

/** YAML 1.2 (JSON is a part of it) → what was declared of each file. Throws MANIFEST_UNREADABLE and MANIFEST_INVALID with file and line. */
export function parseDeclaration(path: string, text: string): ReadonlyMap<string, FileDeclaration> {
  return new Parsing(path, text).files()
}

type Entry = { readonly name: string; readonly value: unknown; readonly at: number }

class Parsing {
  readonly #path: string
  readonly #lines = new LineCounter()
  readonly #root: unknown

  constructor(path: string, text: string) {
    this.#path = path
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      lineCounter: this.#lines,
      prettyErrors: false,
      logLevel: 'error',
    })
    const error = document.errors[0]
    if (error !== undefined) throw this.#error('MANIFEST_UNREADABLE', `expected YAML, got an error of kind ${error.code}`, error.pos[0])
    if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2')
      throw this.#invalid('expected YAML 1.2, got another version', 0)
    this.#root = document.contents
  }

  files(): ReadonlyMap<string, FileDeclaration> {
    const files = this.#entries(this.#root, ['files']).find(({ name }) => name === 'files')
    if (files === undefined) throw this.#invalid('expected `files:`, got none', 0)
    return new Map(this.#entries(files.value, null).map(entry => [entry.name, this.#file(entry)]))
  }

  #file({ value }: Entry): FileDeclaration {
    let wish: FormatWish = {}
    let columns: readonly (DeclaredColumn & { readonly reference: DeclaredReference | null })[] = []
    let key: readonly string[] | null = null
    let unique: readonly (readonly string[])[] = []
    let references: readonly DeclaredReference[] = []
    for (const entry of this.#entries(value, FILE_WORDS)) {
      if (entry.name === 'columns') columns = this.#entries(entry.value, null).map(column => this.#column(column))
      else if (entry.name === 'key') key = this.#names(entry)
      else if (entry.name === 'unique') unique = this.#items(entry).map(item => this.#names({ ...entry, value: item }))
      else if (entry.name === 'references') references = this.#items(entry).map(item => this.#reference(item))
      else wish = { ...wish, ...this.#word(entry) }
    }
    this.#ranged(0, () => refuseClash(wish))
    const own = columns.flatMap(({ reference }) => (reference === null ? [] : [reference]))
    return {
      wish,
      columns: columns.map(({ name, type, isNullable }) => ({ name, type, isNullable })),
      key,
      unique,
      references: [...own, ...references],
    }
  }

  #word(entry: Entry): FormatWish {
    if (entry.name === 'null') {
      const isList = this.#isList(entry.value)
      return { nulls: isList ? this.#items(entry).map(item => this.#text(item, entry)) : [this.#text(entry.value, entry)] }
    }
    const text = this.#isList(entry.value)
      ? this.#items(entry)
          .map(item => this.#text(item, entry))
          .join(',')
      : this.#text(entry.value, entry)
    const read = FORMAT_WORDS[entry.name]
    return read === undefined ? {} : this.#ranged(entry.at, () => read(text))
  }

  #column(entry: Entry): DeclaredColumn & { readonly reference: DeclaredReference | null } {
    if (!isMap(entry.value)) {
      return { name: entry.name, type: this.#type(entry), isNullable: true, reference: null }
    }
    const words = this.#entries(entry.value, COLUMN_WORDS)
    const type = words.find(({ name }) => name === 'type')
    const notNull = words.find(({ name }) => name === 'not_null')
    const to = words.find(({ name }) => name === 'references')
    return {
      name: entry.name,
      type: type === undefined ? null : this.#type(type),
      isNullable: notNull === undefined || !this.#ranged(notNull.at, () => yesOrNo('not_null', this.#text(notNull.value, notNull))),
      reference: to === undefined ? null : this.#shortReference(entry.name, to),
    }
  }

  /** `relation.column`, or `relation` for its key. */
  #shortReference(column: string, entry: Entry): DeclaredReference {
    const text = this.#text(entry.value, entry)
    const point = text.lastIndexOf('.')
    if (point < 0) return { columns: [column], relation: text, referenced: [] }
    return { columns: [column], relation: text.slice(0, point), referenced: [text.slice(point + 1)] }
  }

  #reference(item: unknown): DeclaredReference {
    const words = this.#entries(item, REFERENCE_WORDS)
    const [columns, to, key] = ['columns', 'to', 'key'].map(name => words.find(word => word.name === name))
    if (columns === undefined || to === undefined)
      throw this.#invalid('expected `columns` and `to` of a reference, got less', words[0]?.at ?? 0)
    return { columns: this.#names(columns), relation: this.#text(to.value, to), referenced: key === undefined ? [] : this.#names(key) }
  }

  #type(entry: Entry): SqlType | null {
    const text = this.#text(entry.value, entry)
    if (text === 'inferred') return null
    try {
      const type = parseTypeName(text)
      if (type.kind === 'base' && !UNREADABLE.has(type.name)) return type
    } catch (error) {
      if (!(error instanceof RehouseError)) throw error
    }
    throw this.#invalid(`expected a PostgreSQL type with a text form, got ${JSON.stringify(text)}`, entry.at)
  }

  /** A list of names, or one name. */
  #names(entry: Entry): readonly string[] {
    const items = this.#isList(entry.value) ? this.#items(entry) : [entry.value]
    const names = items.map(item => this.#text(item, entry))
    if (names.length > 0 && new Set(names).size === names.length) return names
    throw this.#invalid(`expected different column names as ${entry.name}, got ${names.length === 0 ? 'none' : 'one twice'}`, entry.at)
  }

  #text(value: unknown, entry: Entry): string {
    if (isScalar(value) && (typeof value.value === 'string' || typeof value.value === 'boolean' || typeof value.value === 'number'))
      return typeof value.value === 'string' ? value.value : (value.source ?? String(value.value))
    throw this.#invalid(`expected a text as ${entry.name}, got ${isScalar(value) ? 'nothing' : 'something else'}`, entry.at)
  }

  #isList(value: unknown): value is { readonly items: readonly unknown[] } {
    return typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items) && !isMap(value)
  }

  #items(entry: Entry): readonly unknown[] {
    if (this.#isList(entry.value)) return entry.value.items
    throw this.#invalid(`expected a list as ${entry.name}, got something else`, entry.at)
  }

  /** The entries of a map; `known`: no others may be there. */
  #entries(value: unknown, known: readonly string[] | null): readonly Entry[] {
    if (!isMap(value)) throw this.#invalid('expected names with values, got something else', offsetOf(value))
    return value.items.map((pair: Pair) => {
      const at = offsetOf(pair.key)
      const name = isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : ''
      if (known === null || known.includes(name)) return { name, value: pair.value, at }
      throw this.#invalid(`expected one of ${known.join(', ')}, got ${JSON.stringify(name)}${didYouMean(name, known)}`, at)
    })
  }

  #ranged<T>(at: number, read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (error instanceof RangeError) throw this.#invalid(error.message, at)
      throw error
    }
  }

  #invalid(message: string, at: number): RehouseError {
    return this.#error('MANIFEST_INVALID', message, at)
  }

  #error(code: 'MANIFEST_INVALID' | 'MANIFEST_UNREADABLE', message: string, at: number): RehouseError {
    const { line, col } = this.#lines.linePos(at)
    return new RehouseError(code, message, {
      where: { file: this.#path, line: Math.max(line, 1), column: Math.max(col, 1) },
      next: 'docs/engines/csv.md shows the form of a declaration.',
    })
  }
}

/** Types without values that can be written as text here. */
const UNREADABLE = new Set(['tid', 'xid', 'cid', 'regproc', 'regclass', 'refcursor', 'txid_snapshot', 'pg_snapshot', 'money'])

function offsetOf(node: unknown): number {
  return (node as Partial<Node> | null)?.range?.[0] ?? 0
}
