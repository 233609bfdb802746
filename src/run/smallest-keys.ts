import { KeyIndex, NOT_FOUND } from '../base/key-index.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import type { RowKey } from '../plan/row-key.ts'

interface Candidate {
  readonly spread: number
  readonly ordinal: number
}

/** Of the keys offered, those that come first by their spread (`RowKey.spreadAt`): as good as drawn by lot, and the same in every reading. */
export class SmallestKeys {
  readonly #most: number
  readonly #keys = new KeyIndex()
  /** Rows of each key, by its ordinal. */
  readonly #rows: number[] = []
  #candidates: Candidate[] = []
  #limit = Number.POSITIVE_INFINITY

  constructor(most: number) {
    this.#most = most
  }

  offer(cursor: TupleCursor, rowKey: RowKey): void {
    const spread = rowKey.spreadAt(cursor)
    if (spread > this.#limit) return
    const known = rowKey.findAt(cursor, this.#keys)
    if (known !== NOT_FOUND) {
      this.#rows[known] = (this.#rows[known] ?? 0) + 1
      return
    }
    const ordinal = rowKey.addAt(cursor, this.#keys)
    this.#rows.push(1)
    this.#candidates.push({ spread, ordinal })
    if (this.#candidates.length >= 2 * this.#most + 1024) this.#cut()
  }

  #cut(): void {
    // Of one spread the key that was offered first; sorting keeps that order.
    this.#candidates = this.#candidates.toSorted((a, b) => a.spread - b.spread).slice(0, this.#most)
    const last = this.#candidates.at(-1)
    if (this.#candidates.length === this.#most && last !== undefined) this.#limit = last.spread
  }

  /** The first so many, with how many rows each has. */
  first(count: number): readonly { readonly key: string; readonly rows: number }[] {
    this.#cut()
    return this.#candidates
      .slice(0, Math.max(0, count))
      .map(({ ordinal }) => ({ key: this.#keys.keyAt(ordinal), rows: this.#rows[ordinal] ?? 0 }))
  }
}
