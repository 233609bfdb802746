import { hashOfInteger, hashOfText, type KeyIndex, NOT_FOUND } from '../base/key-index.ts'
import { canonicalKey, keyParts } from '../base/key-text.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import { integerKey, keyText } from '../cast/key-text.ts'
import { valueText } from '../cast/value-text.ts'
import type { KeyPlan } from './compile-context.ts'
import { QUARANTINED } from './outcome-registry.ts'
import type { RowState } from './row-state.ts'

type Text = (data: Buffer, start: number, length: number) => string

/** Reads a row's own key; the key columns are the first fields the source delivers. */
export class RowKey {
  readonly isInteger: boolean
  /** False while the row at hand has no whole key: nothing can refer to it. */
  isKnown = false
  readonly #canonical: readonly Text[]
  readonly #exact: readonly Text[]
  readonly #toHalves: ReturnType<typeof integerKey>
  readonly #isUnique: boolean
  readonly #last = new Int32Array(2)
  readonly #peeked = new Int32Array(2)
  #lastText = ''
  #hasLast = false
  #count = 0
  /** Of the last key: rows so far. Of no key at all: rows so far. They tell copies apart in the quarantine. */
  #copies = 0
  /** Of elements: how often each key was met in the row at hand; they come in the order of the list. Null: equal keys come together. */
  readonly #met: Map<string, number> | null
  #nulls = 0
  #copy = 0

  constructor(plan: KeyPlan) {
    this.isInteger = plan.isInteger
    this.#isUnique = plan.isUnique
    this.#met = plan.list === null ? null : new Map()
    this.#canonical = plan.types.map((type, i) => keyText(type, plan.equalities[i]))
    this.#exact = plan.types.map(type => valueText(type))
    const first = plan.types[0]
    this.#toHalves = plan.isInteger && first !== undefined ? integerKey(first) : null
    this.#count = plan.types.length
  }

  /** False: a part of the key is NULL (`null_key`), or another row had the same key before (`duplicate_key`). */
  read(row: RowState): boolean {
    const { cursor } = row
    this.isKnown = false
    this.#copy = 0
    for (let i = 0; i < this.#count; i++) {
      if ((cursor.length[i] as number) >= 0) continue
      this.#copy = ++this.#nulls
      return row.seal(QUARANTINED, 'null_key', null)
    }
    this.#readInto(row.keyHalves, row)
    this.isKnown = true
    if (this.#isUnique) return true
    if (this.#met !== null) return this.#meetElement(this.#met, row)
    const isDouble = this.#hasLast && (this.isInteger ? sameHalves(this.#last, row.keyHalves) : this.#lastText === row.keyText)
    this.#hasLast = true
    this.#last.set(row.keyHalves)
    this.#lastText = row.keyText
    this.#copies = isDouble ? this.#copies + 1 : 1
    if (isDouble) this.#copy = this.#copies
    return !isDouble || row.seal(QUARANTINED, 'duplicate_key', null)
  }

  #meetElement(met: Map<string, number>, row: RowState): boolean {
    const copies = (met.get(row.keyText) ?? 0) + 1
    met.set(row.keyText, copies)
    if (copies > 1) this.#copy = copies
    return copies === 1 || row.seal(QUARANTINED, 'duplicate_key', null)
  }

  /** Another row had the same key before. */
  get isCopy(): boolean {
    return this.#copy > 0
  }

  /** Of elements: those of another row follow. */
  beginGroup(): void {
    this.#met?.clear()
    this.#nulls = 0
  }

  /** The row at hand has no key of its own. */
  forget(): void {
    this.isKnown = false
    this.#copy = 0
  }

  /** Takes the row at the cursor for the last one read, without a program: who reads lists asks for the keys of the rows that hold them. */
  meet(cursor: TupleCursor): void {
    if (this.#isUnique) return
    this.#hasLast = true
    for (let i = 0; i < this.#count; i++) if ((cursor.length[i] as number) < 0) return
    if (this.#toHalves !== null) this.#toHalves(cursor.data, cursor.start[0] as number, cursor.length[0] as number, this.#last)
    else this.#lastText = this.#text(cursor)
  }

  #readInto(halves: Int32Array, row: RowState): void {
    const { cursor } = row
    if (this.#toHalves !== null) this.#toHalves(cursor.data, cursor.start[0] as number, cursor.length[0] as number, halves)
    else row.keyText = this.#text(cursor)
  }

  #text(cursor: TupleCursor): string {
    return canonicalKey(this.#canonical.map((text, i) => text(cursor.data, cursor.start[i] as number, cursor.length[i] as number)))
  }

  /** Whether the row at the cursor has the key of the last row read, or none at all (those come last, all in one batch). Always false where keys are unique. */
  equalsLast(cursor: TupleCursor): boolean {
    if (this.#isUnique) return false
    for (let i = 0; i < this.#count; i++) if ((cursor.length[i] as number) < 0) return true
    if (!this.#hasLast) return false
    if (this.#toHalves === null) return this.#text(cursor) === this.#lastText
    const halves = new Int32Array(2)
    this.#toHalves(cursor.data, cursor.start[0] as number, cursor.length[0] as number, halves)
    return sameHalves(halves, this.#last)
  }

  /** The ordinal of the row's key; NOT_FOUND where the index does not have it. */
  find(row: RowState, index: KeyIndex): number {
    return this.isInteger ? index.find(row.keyHalves[0] as number, row.keyHalves[1] as number) : index.findText(row.keyText)
  }

  /** The ordinal of the row's key, added as unseen if need be. */
  add(row: RowState, index: KeyIndex): number {
    return this.isInteger ? index.add(row.keyHalves[0] as number, row.keyHalves[1] as number) : index.addText(row.keyText)
  }

  /** Canonical text of the key at the cursor, without reading the row; null: a part of it is NULL. */
  peek(cursor: TupleCursor): string | null {
    for (let i = 0; i < this.#count; i++) if ((cursor.length[i] as number) < 0) return null
    return this.#text(cursor)
  }

  /** As `find`, of the key at the cursor, without reading the row. A key with a NULL in it is in no index. */
  findAt(cursor: TupleCursor, index: KeyIndex): number {
    if (!this.isWholeAt(cursor)) return NOT_FOUND
    if (this.#toHalves === null) return index.findText(this.#text(cursor))
    const [hi, lo] = this.#halvesAt(cursor)
    return index.find(hi, lo)
  }

  /** Puts the key at the cursor, which has no NULL in it, into an index: its ordinal. */
  addAt(cursor: TupleCursor, index: KeyIndex): number {
    if (this.#toHalves === null) return index.addText(this.#text(cursor))
    const [hi, lo] = this.#halvesAt(cursor)
    return index.add(hi, lo)
  }

  /** A number of the key at the cursor, which has no NULL in it: 0 to 2³²−1, the same for the same key everywhere, and keys are evenly spread over them. */
  spreadAt(cursor: TupleCursor): number {
    if (this.#toHalves === null) return hashOfText(this.#text(cursor)) >>> 0
    const [hi, lo] = this.#halvesAt(cursor)
    return hashOfInteger(hi, lo) >>> 0
  }

  /** No part of the key at the cursor is NULL. */
  isWholeAt(cursor: TupleCursor): boolean {
    for (let i = 0; i < this.#count; i++) if ((cursor.length[i] as number) < 0) return false
    return true
  }

  #halvesAt(cursor: TupleCursor): readonly [number, number] {
    this.#toHalves?.(cursor.data, cursor.start[0] as number, cursor.length[0] as number, this.#peeked)
    return [this.#peeked[0] as number, this.#peeked[1] as number]
  }

  restart(): void {
    this.#met?.clear()
    this.#hasLast = false
    this.#nulls = 0
  }

  /** Each part as text of its type, exactly; NULL as ''. */
  position(cursor: TupleCursor): readonly string[] {
    return this.#exact.map((text, i) => {
      const length = cursor.length[i] as number
      return length < 0 ? '' : text(cursor.data, cursor.start[i] as number, length)
    })
  }

  /** Canonical parts of the row's key, for the ledger. A NULL part reads as `\N`; a row that is not the first of its key has its number as one more part (`#2`). */
  parts(row: RowState): readonly string[] {
    const { cursor } = row
    const copy = this.#copy === 0 ? [] : [`#${this.#copy}`]
    if (this.isKnown && this.isInteger) return [integerText(row.keyHalves), ...copy]
    if (this.isKnown) return [...(keyParts(row.keyText) ?? []), ...copy]
    const parts = this.#canonical.map((text, i) => {
      const length = cursor.length[i] as number
      return length < 0 ? '\\N' : text(cursor.data, cursor.start[i] as number, length)
    })
    return [...parts, ...copy]
  }
}

function sameHalves(a: Int32Array, b: Int32Array): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

export function integerText(halves: Int32Array): string {
  return ((BigInt(halves[0] as number) << 32n) | BigInt((halves[1] as number) >>> 0)).toString()
}
