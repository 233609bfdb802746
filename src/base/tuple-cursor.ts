import { release } from './owned-bytes.ts'

/**
 * Walks a stream of PostgreSQL binary COPY tuples (no header; an optional trailer of -1), given in chunks cut anywhere.
 * After `next()` returned true, field i of the row is `data[start[i] … start[i]+length[i]]`; length -1 = NULL.
 */
export class TupleCursor {
  data: Buffer = Buffer.alloc(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  readonly start: Int32Array
  readonly length: Int32Array
  readonly fields: number
  /** Where the current row lies, prefix and lengths included; once the end marker was met, `rowEnd` is past that. */
  rowStart = 0
  rowEnd = 0
  /** Where rows are put together that came in pieces. */
  #store: Buffer = Buffer.alloc(0)
  /** What was taken and is read where it lies. */
  #taken: Buffer | null = null
  /** Bytes from `rowEnd` on without which `next` cannot be true. */
  #needed = 0

  constructor(fields: number) {
    this.fields = fields
    this.start = new Int32Array(fields)
    this.length = new Int32Array(fields)
  }

  /** Appends what came next. Rows returned before are no longer valid. A row in many pieces costs its length, not its length for each piece. */
  push(chunk: Buffer): void {
    const rest = this.data.length - this.rowEnd
    this.data = rest === 0 ? chunk : this.#joined(rest, chunk)
    this.#view = new DataView(this.data.buffer, this.data.byteOffset, this.data.byteLength)
    this.rowStart = 0
    this.rowEnd = 0
  }

  /** Puts the cursor on the whole row that begins at `at` of a buffer that stays as it is while the row is looked at. */
  placeAt(data: Buffer, at: number): void {
    if (this.data !== data) {
      this.data = data
      this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    }
    this.#needed = 0
    this.rowEnd = at
    this.next()
  }

  /** As `push`, of a chunk nobody else will look at: its memory is given back once its rows are done. */
  take(chunk: Buffer): void {
    const before = this.#taken
    this.push(chunk)
    const isCopied = this.data !== chunk
    if (isCopied) release(chunk)
    this.#taken = isCopied ? null : chunk
    if (before !== null) release(before)
  }

  /** The `rest` bytes not read yet and the chunk, one after the other in the store; where they lie there already, only the chunk is copied. */
  #joined(rest: number, chunk: Buffer): Buffer {
    const length = rest + chunk.length
    const unread = this.data.subarray(this.rowEnd)
    const isThere = this.data.buffer === this.#store.buffer
    const from = isThere ? unread.byteOffset - this.#store.byteOffset : 0
    if (isThere && from + length <= this.#store.length) {
      chunk.copy(this.#store, from + rest)
      return this.#store.subarray(from, from + length)
    }
    const most = Math.max(length * 2, this.#needed + chunk.length)
    const isFitting = this.#store.length >= length && this.#store.length <= Math.max(most * 4, KEPT_BYTES)
    const store = isFitting ? this.#store : Buffer.allocUnsafeSlow(most)
    unread.copy(store)
    chunk.copy(store, rest)
    this.#store = store
    return store.subarray(0, length)
  }

  /** Bytes held that are not a whole row yet. */
  get pending(): number {
    return this.data.length - this.rowEnd
  }

  /** True when a whole row stands ready; false when more bytes are needed or the trailer was met. Throws RangeError on a field count or length that cannot be. */
  next(): boolean {
    const view = this.#view
    const end = view.byteLength
    let at = this.rowEnd
    if (end - at < this.#needed || end - at < 2) return false
    this.#needed = 0
    const count = view.getInt16(at)
    if (count === -1) {
      if (end - at > 2) throw new RangeError(`expected nothing after the end marker, got ${end - at - 2} bytes`)
      // The last row stays where it was.
      this.rowEnd = end
      return false
    }
    if (count !== this.fields) throw new RangeError(`expected ${this.fields} fields in a row, got ${count}`)
    at += 2
    for (let i = 0; i < count; i++) {
      if (end - at < 4) return this.#need(at + 4)
      const length = view.getInt32(at)
      at += 4
      this.start[i] = at
      this.length[i] = length
      if (length > 0) at += length
      else if (length < -1) throw new RangeError(`expected a field length of -1 or more, got ${length}`)
    }
    if (at > end) return this.#need(at)
    this.rowStart = this.rowEnd
    this.rowEnd = at
    return true
  }

  #need(end: number): false {
    this.#needed = end - this.rowEnd
    return false
  }
}

/** A store up to this size is kept for the next rows in pieces; a larger one only while its row lasts. */
const KEPT_BYTES = 1 << 20
