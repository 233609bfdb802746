import { once } from 'node:events'
import type { Socket } from 'node:net'
import { AHEAD_BYTES, COPY_DATA, COPY_DONE, COPY_HEADER, type CopyConnection } from './copy-in.ts'

/** A message holds so many bytes, however small the chunks are: the server reads faster what comes in large pieces. */
const BLOCK_BYTES = 1 << 17
const COPY_FAIL = Buffer.concat([Buffer.from('f'), Buffer.from([0, 0, 0, 5]), Buffer.from([0])])

/**
 * `COPY … FROM STDIN (FORMAT binary)` of a stream that is not known beforehand, as the driver's "submittable". The chunks are copied before the next is asked for;
 * an end marker may be there or not. If the stream throws, the statement is ended as failed; `thrown` says with what.
 * Ends once: `handleReadyForQuery` (stored) or `handleError` (refused, given up, or the connection went away); then nothing more is read.
 */
export class CopyInStream {
  readonly text: string
  /** Resolves to the rows stored. */
  readonly finished: Promise<number>
  readonly #chunks: AsyncIterable<Buffer>
  readonly #over = new AbortController()
  readonly #done = Promise.withResolvers<number>()
  /** What ended the stream. */
  thrown: { readonly error: unknown } | null = null
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  #filled = 0
  #rows = 0

  constructor(text: string, chunks: AsyncIterable<Buffer>) {
    this.text = text
    this.#chunks = chunks
    this.finished = this.#done.promise
  }

  submit(connection: CopyConnection): void {
    connection.query(this.text)
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.#send(connection.stream).catch(error => {
      this.thrown ??= { error }
      if (!this.#over.signal.aborted) connection.stream.write(COPY_FAIL)
    })
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows = Number(/^COPY (\d+)$/.exec(message.text)?.[1] ?? 0)
  }

  handleReadyForQuery(): void {
    this.#over.abort()
    this.#done.resolve(this.#rows)
  }

  handleError(error: unknown): void {
    this.#over.abort()
    this.#done.reject(error)
  }

  async #send(stream: Socket): Promise<void> {
    await this.#put(stream, COPY_HEADER)
    for await (const chunk of this.#chunks) {
      if (this.#over.signal.aborted) return
      await this.#put(stream, chunk)
    }
    await this.#flush(stream)
    // The end of the messages ends the data: no end marker is needed, and the stream may have had one.
    if (!this.#over.signal.aborted) stream.write(COPY_DONE)
  }

  async #put(stream: Socket, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const taken = bytes.copy(this.#block, this.#filled, at)
      at += taken
      this.#filled += taken
      if (this.#filled === BLOCK_BYTES) await this.#flush(stream)
    }
  }

  /** One CopyData message; waits while the network is behind. The socket keeps the block, so the next one is new. */
  async #flush(stream: Socket): Promise<void> {
    if (this.#over.signal.aborted || this.#filled === 0) return
    const head = Buffer.allocUnsafe(5)
    head[0] = COPY_DATA
    head.writeInt32BE(this.#filled + 4, 1)
    stream.cork()
    stream.write(head)
    stream.write(this.#block.subarray(0, this.#filled))
    stream.uncork()
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    this.#filled = 0
    // An end of any kind aborts the wait: a dead socket never drains.
    if (stream.writableLength > AHEAD_BYTES) await once(stream, 'drain', { signal: this.#over.signal }).catch(() => undefined)
  }
}
