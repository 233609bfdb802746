import { TupleCursor } from '../base/tuple-cursor.ts'
import { RehouseError } from '../errors.ts'
import type { SqlType } from '../model/sql-type.ts'
import { compareOrder, orderLength, type ReadOrder, readOrder } from './merge-order.ts'
import { NO_ROW, type RelatedRows, SEVERAL } from './related-rows.ts'

const FIRST_BYTES = 1 << 12

export interface MergeOptions {
  readonly label: string
  readonly mostBytes: number
  /** Fields of a related row. */
  readonly fields: number
  /** Of the columns it is matched by, in the order of the driving key's parts, and where they lie in its rows. */
  readonly types: readonly SqlType[]
  readonly slots: readonly number[]
  /** Of the leading parts of the driving key, which are the first fields of its rows. */
  readonly drivingTypes: readonly SqlType[]
  /** Whether the row at the cursor is there at all. Asked of every row. */
  belongs(cursor: TupleCursor): boolean
  /** Told each row that belongs and that no driving row has asked for; null = nobody wants to know. */
  readonly orphan: ((cursor: TupleCursor) => void) | null
}

/**
 * The related rows of the driving row at hand, out of two streams in the order of the same key. Only the rows of one key are in memory. Whoever reads the driving rows moves this along:
 * `moveTo` before each of them, `push` whenever that wants more.
 * Throws SOURCE_INVALID where a stream is not in the order it was asked for, RELATED_TOO_LARGE where the rows of one key are more than `mostBytes`.
 */
export class MergedRows implements RelatedRows {
  readonly label: string
  readonly #options: MergeOptions
  #cursor: TupleCursor
  readonly #readOwn: ReadOrder
  readonly #readTheirs: ReadOrder
  /** Of the driving row; where `#hasKey`. */
  readonly #key: Float64Array
  readonly #next: Float64Array
  readonly #theirs: Float64Array
  readonly #last: Float64Array
  #hasKey = false
  #hasLast = false
  #isMoving = false
  /** A row stands at the cursor that was not looked at to its end: it comes after the key. */
  #isWaiting = false
  /** Rows with a NULL in what they are matched by come last. */
  #isAmongNulls = false
  #isEnded = false
  #held: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #used = 0
  readonly #ends: number[] = []
  /** The row at the cursor is one of those the mapping means. */
  #belongs = false

  constructor(options: MergeOptions) {
    const length = orderLength(options.types)
    this.label = options.label
    this.#options = options
    this.#cursor = new TupleCursor(options.fields)
    this.#readTheirs = readOrder(options.types, options.slots)
    this.#readOwn = readOrder(
      options.drivingTypes,
      options.drivingTypes.map((_, i) => i),
    )
    this.#key = new Float64Array(length)
    this.#next = new Float64Array(length)
    this.#theirs = new Float64Array(length)
    this.#last = new Float64Array(length)
  }

  /** A new reading of both sides. */
  begin(): void {
    this.#cursor = new TupleCursor(this.#options.fields)
    this.#hasKey = false
    this.#hasLast = false
    this.#isMoving = false
    this.#isWaiting = false
    this.#isAmongNulls = false
    this.#isEnded = false
    this.#clear()
  }

  push(chunk: Buffer): void {
    this.#cursor.push(chunk)
  }

  /** Nothing comes any more. */
  end(): void {
    if (this.#cursor.pending > 0) throw this.#invalid(`expected whole rows, got ${this.#cursor.pending} bytes of one that does not end`)
    this.#isEnded = true
  }

  /** Makes the rows of the driving row at the cursor those that are found. False: `push` what comes next, or `end`, and ask again. */
  moveTo(driving: TupleCursor): boolean {
    if (!this.#isMoving && !this.#begins(driving)) return true
    this.#isMoving = true
    while (this.#look()) {
      if (this.#isAmongNulls) return this.#arrive()
      const order = compareOrder(this.#theirs, this.#key)
      if (order > 0) return this.#arrive()
      if (this.#belongs) {
        if (order === 0) this.#hold()
        else this.#options.orphan?.(this.#cursor)
      }
      this.#isWaiting = false
    }
    return this.#isEnded && this.#arrive()
  }

  /** After the last driving row: what is left belongs to none. False: `push` what comes next, or `end`, and ask again. */
  finish(): boolean {
    if (this.#options.orphan === null) return true
    while (this.#look()) {
      if (this.#belongs) this.#options.orphan(this.#cursor)
      this.#isWaiting = false
    }
    return this.#isEnded
  }

  /** False: the rows that are held are those of this row too, or it has no key to match by. */
  #begins(driving: TupleCursor): boolean {
    if (!this.#readOwn(driving, this.#next)) {
      this.#hasKey = false
      this.#clear()
      return false
    }
    const order = this.#hasKey ? compareOrder(this.#next, this.#key) : 1
    if (order < 0) throw this.#invalid('expected the rows it is matched with in the order of their key, got others')
    if (order === 0) return false
    this.#key.set(this.#next)
    this.#hasKey = true
    this.#clear()
    return true
  }

  #arrive(): true {
    this.#isMoving = false
    return true
  }

  /** Puts the cursor on the next row that was not looked at. False: there is none here. */
  #look(): boolean {
    if (this.#isWaiting) return true
    if (!this.#nextRow()) return false
    this.#isWaiting = true
    this.#belongs = this.#options.belongs(this.#cursor)
    this.#isAmongNulls = !this.#readTheirs(this.#cursor, this.#theirs)
    if (this.#isAmongNulls) return true
    if (this.#hasLast && compareOrder(this.#theirs, this.#last) < 0)
      throw this.#invalid('expected rows in the order of the key they are matched by, got others')
    this.#last.set(this.#theirs)
    this.#hasLast = true
    return true
  }

  #nextRow(): boolean {
    try {
      return this.#cursor.next()
    } catch (error) {
      throw error instanceof RangeError ? this.#invalid(error.message) : error
    }
  }

  #clear(): void {
    this.#used = 0
    this.#ends.length = 0
  }

  #hold(): void {
    const { data, rowStart, rowEnd } = this.#cursor
    const wanted = this.#used + rowEnd - rowStart
    if (wanted > this.#options.mostBytes) throw this.#tooLarge()
    if (wanted > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(wanted * 2)
      this.#held.copy(larger, 0, 0, this.#used)
      this.#held = larger
    }
    data.copy(this.#held, this.#used, rowStart, rowEnd)
    this.#used = wanted
    this.#ends.push(wanted)
  }

  find(): number {
    if (this.#ends.length > 1) return SEVERAL
    return this.#ends.length === 0 ? NO_ROW : 0
  }

  count(): number {
    return this.#ends.length
  }

  rowsOf(): number[] {
    return this.#ends.map((_, i) => i)
  }

  place(row: number, cursor: TupleCursor): void {
    cursor.placeAt(this.#held, row === 0 ? 0 : (this.#ends[row - 1] as number))
  }

  #invalid(message: string): RehouseError {
    return new RehouseError('SOURCE_INVALID', `${message} (${this.label})`, {
      next: 'Read the table again with --resume; if it stays, report it with the source’s version.',
    })
  }

  #tooLarge(): RehouseError {
    const mega = Math.round(this.#options.mostBytes / (1 << 20))
    return new RehouseError(
      'RELATED_TOO_LARGE',
      `expected the rows of ${this.label} under one key to take at most ${mega} MB, got more after ${this.#ends.length} rows`,
      { next: 'Narrow them down with `where`, or use fewer of their columns.' },
    )
  }
}
