import { RehouseError } from '../errors.ts'

const LENGTH_BYTES = 4
const COUNT_BYTES = 2
const TRAILER = -1

/**
 * Binary COPY tuples read from a stream, so that whole stretches of them can be compared as bytes and only what differs is taken apart.
 * The row at `at` is next; after `row()` resolved to true its fields are `data[start[i] … start[i]+length[i]]` (length -1 = NULL) and it ends at `end`.
 */
export class TupleStream {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #what: string
  readonly start: Int32Array
  readonly length: Int32Array
  data: Buffer = Buffer.alloc(0)
  at = 0
  end = 0
  #isOver = false

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
    this.data = this.available === 0 ? value : Buffer.concat([this.data.subarray(this.at), value])
    this.at = 0
    return true
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
    const { data } = this
    let at = this.at
    if (data.length - at < COUNT_BYTES) return 'more'
    const fields = data.readInt16BE(at)
    if (fields === TRAILER) return 'end'
    if (fields !== this.start.length) throw this.#broken(`${fields} fields instead of ${this.start.length}`)
    at += COUNT_BYTES
    for (let i = 0; i < fields; i++) {
      if (data.length - at < LENGTH_BYTES) return 'more'
      const length = data.readInt32BE(at)
      at += LENGTH_BYTES
      this.start[i] = at
      this.length[i] = length
      if (length > 0) at += length
    }
    if (at > data.length) return 'more'
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
