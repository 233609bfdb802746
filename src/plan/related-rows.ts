import type { TupleCursor } from '../base/tuple-cursor.ts'

/** No row, and more than one, where one was asked for. */
export const NO_ROW = -1
export const SEVERAL = -2

/** The key of a related row or of the row that asks for it, as its reader left it. */
export interface StoreKey {
  readonly isInteger: boolean
  readonly halves: Int32Array
  readonly text: string
}

/**
 * The rows of one related relation, as far as the row at hand can ask for them. How they came to be there (docs/design/012) is not the row program's business: whatever it is,
 * the same rows answer to the same key. Of a place: what `find` and `rowsOf` gave holds until the driving row changes.
 */
export interface RelatedRows {
  /** The relation and its path, for people. */
  readonly label: string
  /** The one row under a key, NO_ROW, or SEVERAL. */
  find(key: StoreKey): number
  /** Of a list: all rows under a key, in no order. */
  rowsOf(key: StoreKey): number[]
  /** How many rows there are under a key. Of rows that are owned. */
  count(key: StoreKey): number
  /** Puts the cursor on a row. */
  place(row: number, cursor: TupleCursor): void
}
