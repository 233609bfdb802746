import { type KeyIndex, NOT_FOUND } from '../base/key-index.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import type { RowKey } from '../plan/row-key.ts'
import { DRAWN, KEPT } from './draw.ts'

/** The rows of an entity and tenant that are drawn: all rows of the drawn keys, and the first of those without a whole key. */
export class SampledRows {
  readonly #keys: KeyIndex
  readonly #keyless: number
  #keylessLeft = 0
  /** How many rows they are, copies of a key included. */
  readonly rows: number

  constructor(of: { readonly keys: KeyIndex; readonly keyless: number; readonly rows: number }) {
    this.#keys = of.keys
    this.#keyless = of.keyless
    this.rows = of.rows
  }

  /** A new reading begins. */
  restart(): void {
    this.#keylessLeft = this.#keyless
  }

  /** Whether the row at the cursor is drawn. Each row is asked about once, in the order read. */
  has(cursor: TupleCursor, rowKey: RowKey): boolean {
    const ordinal = rowKey.findAt(cursor, this.#keys)
    if (ordinal !== NOT_FOUND) {
      const state = this.#keys.state(ordinal)
      return state === DRAWN || state === KEPT
    }
    if (this.#keylessLeft === 0 || rowKey.isWholeAt(cursor)) return false
    this.#keylessLeft--
    return true
  }
}
