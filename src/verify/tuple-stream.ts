import { release } from '../base/owned-bytes.ts'
import { RehouseError } from '../errors.ts'

const LENGTH_BYTES = 4
const COUNT_BYTES = 2
const TRAILER = -1
/** A store up to this size is kept for the next rows in pieces. */
const KEPT_BYTES = 1 << 20

/**
 * Binary COPY tuples read from a stream, so that whole stretches of them can be compared as bytes and only what differs is taken apart.
 * Bytes are valid until `more` or `row` is called again. The row at `at` is next; after `row()` resolved to true its fields are `data[start[i] … start[i]+length[i]]` (length -1 = NULL) and it ends at `end`.
 */
export class TupleStream {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #what: string
  readonly start: Int32Array
  readonly length: Int32Array
  data: Buffer = Buffer.alloc(0)
  /** Over `data`. */
  view: DataView = new DataView(new ArrayBuffer(0))
  at = 0
  end = 0
  #isOver = false
  #store: Buffer = Buffer.alloc(0)
  /** A chunk that is read where it lies. */
  #taken: Buffer | null = null

  /** `what` names the stream in an error. */
  constructor(chunks: AsyncIterable<Buffer>, of: { readonly fields: number; readonly what: string }) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#what = of.what
    this.start = new Int32Array(of.fields)
    this.length = new Int32Array(of.fields)
  }

  /** Bytes that are here and not yet passed. */
  get available(): number {
    return this.data.length - this.at
  }

  /** Takes in what comes next. False: nothing more comes. */
  async more(): Promise<boolean> {
    if (this.#isOver) return false
    const { done, value } = await this.#chunks.next()
    if (done) {
      this.#isOver = true
      return false
    }
    const before = this.#taken
    if (this.available > 0) {
      this.data = this.#joined(value)
      this.#taken = null
      release(value)
    } else {
      this.data = value
      this.#taken = value
      if (this.#store.length > KEPT_BYTES) this.#store = Buffer.alloc(0)
    }
    if (before !== null) release(before)
    this.view = new DataView(this.data.buffer, this.data.byteOffset, this.data.byteLength)
    this.at = 0
    return true
  }

  /** What is left and what came, one after the other in a store that is used again: memory outside the heap is dear to give back. */
  #joined(chunk: Buffer): Buffer {
    const rest = this.available
    const length = rest + chunk.length
    const from = this.data.buffer === this.#store.buffer ? this.data.byteOffset - this.#store.byteOffset + this.at : this.#store.length
    if (from + length <= this.#store.length) {
      chunk.copy(this.#store, from + rest)
      return this.#store.subarray(from, from + length)
    }
    const store = this.#store.length >= length ? this.#store : Buffer.allocUnsafeSlow(length * 2)
    this.data.copy(store, 0, this.at)
    chunk.copy(store, rest)
    this.#store = store
    return store.subarray(0, length)
  }

  /** As `row`, where the whole row is here already: false says nothing. Saves a turn of the event loop for each row. */
  isHere(): boolean {
    return this.#parse() === 'row'
  }

  /** Takes the next row apart. False: there is none. Throws TARGET_REFUSED for bytes that are no row. */
  async row(): Promise<boolean> {
    for (;;) {
      const found = this.#parse()
      if (found !== 'more') return found === 'row'
      if (!(await this.more())) {
        if (this.available === 0) return false
        throw this.#broken(`${this.available} bytes of a row that does not end`)
      }
    }
  }

  #parse(): 'row' | 'more' | 'end' {
    const { view, start, length: lengths } = this
    const here = view.byteLength
    let at = this.at
    if (here - at < COUNT_BYTES) return 'more'
    const fields = view.getInt16(at)
    if (fields === TRAILER) return 'end'
    if (fields !== start.length) throw this.#broken(`${fields} fields instead of ${start.length}`)
    at += COUNT_BYTES
    for (let i = 0; i < fields; i++) {
      if (here - at < LENGTH_BYTES) return 'more'
      const length = view.getInt32(at)
      at += LENGTH_BYTES
      start[i] = at
      lengths[i] = length
      if (length > 0) at += length
    }
    if (at > here) return 'more'
    this.end = at
    return 'row'
  }

  /** Goes past the row taken apart last. */
  pass(): void {
    this.at = this.end
  }

  /** The row taken apart last, copied. */
  copy(): Buffer {
    return Buffer.from(this.data.subarray(this.at, this.end))
  }

  /** Ends the stream, early or not: behind the last row may be a session that waits. Idempotent. */
  async close(): Promise<void> {
    this.#isOver = true
    await this.#chunks.return?.()
  }

  #broken(got: string): RehouseError {
    return new RehouseError('TARGET_REFUSED', `expected whole rows of ${this.#what}, got ${got}`, {
      next: 'Verify again with --resume; if it stays, report it with the server’s version.',
    })
  }
}

/** One field of a tuple that lies somewhere in a buffer. */
export interface FieldAt {
  readonly start: number
  /** -1 = NULL. */
  readonly length: number
}

/** The fields of one whole tuple, and where it ends. */
export function fieldsAt(data: Buffer, from: number): { readonly fields: readonly FieldAt[]; readonly end: number } {
  const count = data.readInt16BE(from)
  const fields: FieldAt[] = []
  let at = from + COUNT_BYTES
  for (let i = 0; i < count; i++) {
    const length = data.readInt32BE(at)
    at += LENGTH_BYTES
    fields.push({ start: at, length })
    if (length > 0) at += length
  }
  return { fields, end: at }
}

/** Field `index` of the tuple at `from`, without taking the rest apart. */
export function fieldAt(data: Buffer, from: number, index: number): FieldAt {
  let at = from + COUNT_BYTES
  for (let i = 0; ; i++) {
    const length = data.readInt32BE(at)
    at += LENGTH_BYTES
    if (i === index) return { start: at, length }
    if (length > 0) at += length
  }
}
