import type { RehouseError } from '../../errors.ts'
import { invalidFile } from './file-errors.ts'

/**
 * The bytes of one data file as they come: a window that steps read from, little-endian. A step that needs bytes the window does not have yet says how many with `need`
 * and answers false; its row is then begun anew once they are there.
 */
export class BcpInput {
  data: Buffer = Buffer.alloc(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  /** Where the next byte to read is; what lies before is done. */
  at = 0
  /** Rows of the table done so far, in all its files. */
  rows = 0
  readonly #file: string
  readonly #table: string
  #part = ''
  /** Bytes of the part that are not in the window yet, and those that no longer are. */
  #ahead = 0
  #behind = 0
  #rowStart = 0
  #needed = 0
  #store: Buffer = Buffer.alloc(0)

  constructor(place: { readonly file: string; readonly table: string }) {
    this.#file = place.file
    this.#table = place.table
  }

  /** A data file begins: `bytes` as the zip states and enforces. */
  begin(part: string, bytes: number): void {
    this.#part = part
    this.#ahead = bytes
    this.#behind = 0
    this.#window(Buffer.alloc(0))
    this.#needed = 0
  }

  push(chunk: Buffer): void {
    this.#ahead -= chunk.length
    this.#behind += this.at
    const rest = this.data.length - this.at
    this.#window(rest === 0 ? chunk : this.#joined(chunk, rest))
  }

  #window(data: Buffer): void {
    this.data = data
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    this.at = 0
    this.#rowStart = 0
  }

  /** What is left of the window and the chunk. A long value in many chunks costs its length, not its length for each chunk. */
  #joined(chunk: Buffer, rest: number): Buffer {
    const length = rest + chunk.length
    const isThere = this.data.buffer === this.#store.buffer
    const from = isThere ? this.data.byteOffset + this.at - this.#store.byteOffset : 0
    if (isThere && from + length <= this.#store.length) {
      chunk.copy(this.#store, from + rest)
      return this.#store.subarray(from, from + length)
    }
    // Never more than twice what is there: a length that is only claimed takes no memory.
    const store = Buffer.allocUnsafeSlow(length * 2)
    this.data.copy(store, 0, this.at)
    chunk.copy(store, rest)
    this.#store = store
    return store.subarray(0, length)
  }

  /** Whether a row can be begun. */
  get isReady(): boolean {
    return this.at < this.data.length && this.data.length - this.at >= this.#needed
  }

  beginRow(): void {
    this.#rowStart = this.at
    this.#needed = 0
  }

  get hasMoved(): boolean {
    return this.at > this.#rowStart
  }

  /** Back to where the row began. */
  undoRow(): void {
    this.at = this.#rowStart
  }

  /** That many bytes from `at` on are missing. Throws SOURCE_INVALID if the data file does not have them. Always false, so that a step can end with it. */
  need(bytes: number): false {
    const missing = this.at + bytes - this.data.length
    if (missing > this.#ahead)
      throw this.failure(`${bytes} more bytes`, `a data file that ends after ${this.data.length - this.at + this.#ahead}`)
    this.#needed = this.at + bytes - this.#rowStart
    return false
  }

  /** The same place in the file, over other bytes: for a value put together anew. */
  over(data: Buffer): BcpInput {
    const other = new BcpInput({ file: this.#file, table: this.#table })
    other.begin(this.#part, data.length)
    other.push(data)
    other.rows = this.rows
    return other
  }

  /** All chunks were pushed. Throws SOURCE_INVALID where the last row is not whole. */
  end(): void {
    if (this.at < this.data.length) throw this.failure('a whole row', 'the end of the data file')
  }

  failure(expected: string, got: string, at = this.at): RehouseError {
    const where = `row ${this.rows + 1}, byte ${this.#behind + at} of ${this.#part}`
    return invalidFile(`expected ${expected} in ${where}, got ${got}`, { file: this.#file, table: this.#table })
  }
}
