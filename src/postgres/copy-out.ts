import type { Socket } from 'node:net'
import { own } from '../base/owned-bytes.ts'
import type { CopyConnection } from './copy-in.ts'

type DataListener = (bytes: Buffer) => void

const COPY_DATA = 'd'.charCodeAt(0)
/** Messages that may come before or among the data: CopyOutResponse, notice, parameter status, notification. All else ends the data. */
const BESIDE_DATA = new Set(['H', 'N', 'S', 'A'].map(letter => letter.charCodeAt(0)))
const MESSAGE_HEAD = 5
/** Signature, flags and the length of an extension area that no version has used. */
const COPY_HEADER = 19
/** Above this many bytes unread the socket is paused, below half of it read on. */
const MOST_WAITING = 1 << 20

/**
 * `COPY … TO STDOUT (FORMAT binary)` as the driver's "submittable". The driver's parser makes an object of every row; while data comes we therefore read the
 * socket ourselves, squeeze the message heads out of each chunk in place, and hand every other message on to the driver.
 * States: waiting → reading (submit) → handed back (the first message that is not data) → over (ready for query, or an error).
 */
export class CopyOut {
  readonly text: string
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  #headerLeft = COPY_HEADER
  #stream: Socket | null = null
  #driver: DataListener | null = null
  #isOver = false
  #error: unknown = null
  #wake: () => void = () => undefined
  /** The message being read: its first bytes until its head is whole, then its type and what is left of it. */
  readonly #head = Buffer.alloc(MESSAGE_HEAD)
  #headBytes = 0
  #isData = false
  #left = 0

  constructor(text: string) {
    this.text = text
  }

  /** The tuples in chunks cut anywhere, the header taken off, the trailer left on; nobody else uses their memory (owned-bytes.ts). Throws what ended the statement. */
  async *chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      const chunk = this.#waiting.shift()
      if (chunk) {
        this.#waitingBytes -= chunk.length
        if (this.#waitingBytes <= MOST_WAITING / 2) this.#stream?.resume()
        yield chunk
      } else if (this.#isOver) {
        if (this.#error !== null) throw this.#error
        return
      } else {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    }
  }

  /** Whether the statement has come to its end, whatever that was. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Ends `chunks` at once: what waits is dropped. The caller ends the connection. */
  abandon(reason: unknown): void {
    this.#waiting.length = 0
    this.#end(reason)
  }

  submit(connection: CopyConnection): void {
    const stream = connection.stream
    // The driver's parser: its only listener.
    const driver = stream.listeners('data')[0] as DataListener
    stream.off('data', driver)
    stream.on('data', this.#read)
    this.#stream = stream
    this.#driver = driver
    connection.query(this.text)
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#end(null)
  }

  handleError(error: unknown): void {
    this.#end(error)
  }

  #end(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    this.#wake()
  }

  readonly #read = (chunk: Buffer): void => {
    let at = 0
    let end = 0
    while (at < chunk.length) {
      if (this.#left === 0) {
        at = this.#readHead(chunk, at)
        if (this.#headBytes < MESSAGE_HEAD) break
        this.#headBytes = 0
        const type = this.#head[0] as number
        this.#isData = type === COPY_DATA
        this.#left = this.#head.readInt32BE(1) - 4
        if (this.#isData) continue
        // The driver keeps a message's parts until it is whole, so it can have them as they come.
        const driver = BESIDE_DATA.has(type) ? this.#driver : this.#handBack()
        driver?.(Buffer.from(this.#head))
        if (driver === this.#driver) continue
        this.#deliver(chunk.subarray(0, end))
        driver?.(chunk.subarray(at))
        return
      }
      const bytes = Math.min(this.#left, chunk.length - at)
      if (!this.#isData) this.#driver?.(Buffer.from(chunk.subarray(at, at + bytes)))
      else {
        if (end !== at) chunk.copyWithin(end, at, at + bytes)
        end += bytes
      }
      at += bytes
      this.#left -= bytes
    }
    own(chunk)
    this.#deliver(chunk.subarray(0, end))
  }

  #readHead(chunk: Buffer, at: number): number {
    let next = at
    while (this.#headBytes < MESSAGE_HEAD && next < chunk.length) this.#head[this.#headBytes++] = chunk[next++] as number
    return next
  }

  /** From here on the driver reads again. */
  #handBack(): DataListener | null {
    const driver = this.#driver
    const stream = this.#stream
    if (!stream || !driver) return driver
    stream.off('data', this.#read)
    stream.on('data', driver)
    this.#stream = null
    this.#driver = null
    stream.resume()
    return driver
  }

  #deliver(bytes: Buffer): void {
    const skipped = Math.min(this.#headerLeft, bytes.length)
    this.#headerLeft -= skipped
    if (bytes.length === skipped || this.#isOver) return
    this.#waiting.push(bytes.subarray(skipped))
    this.#waitingBytes += bytes.length - skipped
    if (this.#waitingBytes > MOST_WAITING) this.#stream?.pause()
    this.#wake()
  }
}
