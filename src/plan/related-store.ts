import { KeyIndex, NOT_FOUND } from '../base/key-index.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import { RehouseError } from '../errors.ts'
import { NO_ROW, type RelatedRows, SEVERAL, type StoreKey } from './related-rows.ts'

const PIECE_BYTES = 1 << 20
const PIECE_ROWS = 1 << 14

/**
 * The rows of one related relation in memory, found by the values they match on. Rows are kept as the tuples the source delivered; about 20 bytes a row besides.
 * Throws RELATED_TOO_LARGE beyond `mostBytes`.
 */
export class RelatedStore implements RelatedRows {
  readonly #index = new KeyIndex()
  /** Of a key's ordinal: its one row, or SEVERAL; of a list its last, the others chained to it. */
  readonly #rowOf: Int32Array[] = []
  readonly #next: Int32Array[] = []
  readonly #pieces: Buffer[] = []
  /** Of a row: its piece, where it begins there, and its length. */
  readonly #places: Int32Array[] = []
  #rows = 0
  #used = PIECE_BYTES
  #bytes = 0
  isFilled = false
  readonly mostBytes: number
  readonly label: string

  readonly #kind: 'one' | 'list' | 'owned'
  /** Of owned rows, by a key's ordinal: a driving row has it. */
  readonly #met = new Set<number>()
  /** Of owned rows: those without a whole key. */
  readonly #keyless: number[] = []

  /** `owned`: as `one`, but all rows under a key are kept, and it is remembered which keys were met. A list may be owned too. */
  constructor(options: { readonly label: string; readonly mostBytes: number; readonly kind: 'one' | 'list' | 'owned' }) {
    this.label = options.label
    this.mostBytes = options.mostBytes
    this.#kind = options.kind
  }

  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    return this.#bytes + this.#index.bytes
  }

  /** Keeps the row at the cursor under a key. */
  add(key: StoreKey, cursor: TupleCursor): void {
    const row = this.#keep(cursor.data, cursor.rowStart, cursor.rowEnd)
    const known = this.#index.size
    const ordinal = key.isInteger ? this.#index.add(key.halves[0] as number, key.halves[1] as number) : this.#index.addText(key.text)
    const isChained = this.#kind !== 'one'
    if (isChained) this.#chain(row, ordinal === known ? NO_ROW : this.#rowAt(ordinal))
    this.#setRow(ordinal, ordinal === known || isChained ? row : SEVERAL)
  }

  /** The one row under a key, NO_ROW, or SEVERAL. Of a list: the last that came. */
  find(key: StoreKey): number {
    const row = this.#lastOf(key)
    return this.#kind === 'owned' && row !== NO_ROW && this.#nextOf(row) !== NO_ROW ? SEVERAL : row
  }

  #lastOf(key: StoreKey): number {
    const ordinal = this.#ordinal(key)
    return ordinal === NOT_FOUND ? NO_ROW : this.#rowAt(ordinal)
  }

  #ordinal(key: StoreKey): number {
    return key.isInteger ? this.#index.find(key.halves[0] as number, key.halves[1] as number) : this.#index.findText(key.text)
  }

  count(key: StoreKey): number {
    return this.rowsOf(key).length
  }

  /** A driving row has this key. */
  meet(key: StoreKey): void {
    const ordinal = this.#ordinal(key)
    if (ordinal !== NOT_FOUND) this.#met.add(ordinal)
  }

  /** Keeps the row at the cursor, which can belong to none. */
  addKeyless(cursor: TupleCursor): void {
    const row = this.#keep(cursor.data, cursor.rowStart, cursor.rowEnd)
    this.#chain(row, NO_ROW)
    this.#keyless.push(row)
  }

  /** Rows whose key no driving row has. */
  *orphans(): Generator<number> {
    for (let ordinal = 0; ordinal < this.#index.size; ordinal++)
      if (!this.#met.has(ordinal)) for (let row = this.#rowAt(ordinal); row !== NO_ROW; row = this.#nextOf(row)) yield row
    yield* this.#keyless
  }

  /** Of a list: all rows under a key, in no order. */
  rowsOf(key: StoreKey): number[] {
    const rows: number[] = []
    for (let row = this.#lastOf(key); row !== NO_ROW; row = this.#nextOf(row)) rows.push(row)
    return rows
  }

  #nextOf(row: number): number {
    return this.#next[Math.floor(row / PIECE_ROWS)]?.[row % PIECE_ROWS] ?? NO_ROW
  }

  #rowAt(ordinal: number): number {
    return this.#rowOf[Math.floor(ordinal / PIECE_ROWS)]?.[ordinal % PIECE_ROWS] ?? NO_ROW
  }

  #chain(row: number, next: number): void {
    if (row % PIECE_ROWS === 0) this.#next.push(new Int32Array(PIECE_ROWS))
    ;(this.#next[Math.floor(row / PIECE_ROWS)] as Int32Array)[row % PIECE_ROWS] = next
  }

  /** Puts the cursor on a row. */
  place(row: number, cursor: TupleCursor): void {
    const places = this.#places[Math.floor(row / PIECE_ROWS)] as Int32Array
    const at = (row % PIECE_ROWS) * 3
    cursor.placeAt(this.#pieces[places[at] as number] as Buffer, places[at + 1] as number)
  }

  #keep(data: Buffer, start: number, end: number): number {
    const length = end - start
    if (this.#used + length > PIECE_BYTES) this.#open(length)
    const piece = this.#pieces.length - 1
    data.copy(this.#pieces[piece] as Buffer, this.#used, start, end)
    const row = this.#rows++
    if (row % PIECE_ROWS === 0) this.#places.push(new Int32Array(PIECE_ROWS * 3))
    ;(this.#places[Math.floor(row / PIECE_ROWS)] as Int32Array).set([piece, this.#used, length], (row % PIECE_ROWS) * 3)
    this.#used += length
    return row
  }

  #open(length: number): void {
    const size = Math.max(PIECE_BYTES, length)
    this.#bytes += size
    if (this.bytes > this.mostBytes) throw this.#tooLarge()
    this.#pieces.push(Buffer.allocUnsafeSlow(size))
    this.#used = 0
  }

  #setRow(ordinal: number, row: number): void {
    const piece = Math.floor(ordinal / PIECE_ROWS)
    if (this.#rowOf[piece] === undefined) this.#rowOf[piece] = new Int32Array(PIECE_ROWS)
    ;(this.#rowOf[piece] as Int32Array)[ordinal % PIECE_ROWS] = row
  }

  #tooLarge(): RehouseError {
    const mega = Math.round(this.mostBytes / (1 << 20))
    return new RehouseError(
      'RELATED_TOO_LARGE',
      `expected the rows of ${this.label} to take at most ${mega} MB, got more after ${this.#rows} rows`,
      {
        next: 'Narrow them down with `where`, or use fewer of their columns.',
      },
    )
  }
}
