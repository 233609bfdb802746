import { recordTuples } from '../base/record-list.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { RehouseError } from '../errors.ts'
import type { MatchKey } from './match-key.ts'
import { HAS_KEY } from './parent-key.ts'
import { NO_ROW, type RelatedRows, SEVERAL, type StoreKey } from './related-rows.ts'
import type { RowState } from './row-state.ts'

export interface PushOptions {
  readonly label: string
  readonly mostBytes: number
  /** Fields of a related row. */
  readonly fields: number
  /** Reads what a related row is matched by, of `state`. */
  readonly theirs: MatchKey
  readonly state: RowState
  /** Begins `state` with the row at the cursor: whether it is there at all. */
  belongs(cursor: TupleCursor): boolean
}

/**
 * The related rows that came with the driving row at hand, as a field behind its own. The source chose them by its own `=`, which may hold more values equal than the mapping does:
 * whether a row is meant is decided here, as everywhere.
 * Throws SOURCE_INVALID where the field is no list of such rows, RELATED_TOO_LARGE where it is larger than `mostBytes`.
 */
export class PushedRows implements RelatedRows {
  readonly label: string
  readonly #options: PushOptions
  readonly #cursor: TupleCursor
  readonly #tuples = new TupleWriter(1 << 12)
  #field = 0
  #driving: TupleCursor | null = null
  #isRead = false
  #ends: readonly number[] = []

  constructor(options: PushOptions) {
    this.label = options.label
    this.#options = options
    this.#cursor = new TupleCursor(options.fields)
  }

  /** A new reading: in which field of the driving row they come. */
  begin(field: number): void {
    this.#field = field
    this.#driving = null
    this.#ends = []
  }

  /** The driving row at the cursor is the one at hand, until the cursor moves. */
  moveTo(driving: TupleCursor): void {
    this.#driving = driving
    this.#isRead = false
  }

  find(key: StoreKey): number {
    const [first, ...others] = this.rowsOf(key)
    return first === undefined ? NO_ROW : others.length === 0 ? first : SEVERAL
  }

  count(key: StoreKey): number {
    return this.rowsOf(key).length
  }

  rowsOf(key: StoreKey): number[] {
    if (!this.#isRead) this.#read()
    const rows: number[] = []
    for (let row = 0; row < this.#ends.length; row++) if (this.#isMeant(row, key)) rows.push(row)
    return rows
  }

  place(row: number, cursor: TupleCursor): void {
    cursor.push(this.#tuples.buf.subarray(this.#ends[row - 1] ?? 0, this.#ends[row]))
    cursor.next()
  }

  #isMeant(row: number, key: StoreKey): boolean {
    const { theirs, state, belongs } = this.#options
    this.place(row, this.#cursor)
    return belongs(this.#cursor) && theirs.read(state) === HAS_KEY && areEqual(theirs.key, key)
  }

  #read(): void {
    this.#isRead = true
    this.#tuples.reset()
    this.#ends = []
    const { data, start, length } = this.#driving ?? new TupleCursor(0)
    const size = length[this.#field] ?? -1
    if (size > this.#options.mostBytes) throw this.#tooLarge(size)
    try {
      this.#ends = recordTuples({ data, start: start[this.#field] ?? 0, length: size }, this.#options.fields, this.#tuples)
    } catch (error) {
      throw error instanceof RangeError ? this.#invalid(error.message) : error
    }
  }

  #invalid(message: string): RehouseError {
    return new RehouseError('SOURCE_INVALID', `${message} (${this.label})`, {
      next: 'Read the table again with --resume; if it stays, report it with the source’s version.',
    })
  }

  #tooLarge(size: number): RehouseError {
    const mega = (bytes: number): number => Math.round(bytes / (1 << 20))
    return new RehouseError(
      'RELATED_TOO_LARGE',
      `expected the rows of ${this.label} under one key to take at most ${mega(this.#options.mostBytes)} MB, got ${mega(size)} MB`,
      { next: 'Narrow them down with `where`, or use fewer of their columns.' },
    )
  }
}

function areEqual(a: StoreKey, b: StoreKey): boolean {
  if (a.isInteger !== b.isInteger) return false
  return a.isInteger ? a.halves[0] === b.halves[0] && a.halves[1] === b.halves[1] : a.text === b.text
}
