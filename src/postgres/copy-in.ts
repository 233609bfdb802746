import { once } from 'node:events'
import type { Socket } from 'node:net'

/** The part of the driver's connection that COPY needs. */
export interface CopyConnection {
  readonly stream: Socket
  query(text: string): void
}

export const COPY_DATA = 'd'.charCodeAt(0)
export const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4])
export const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const TRAILER = Buffer.from([0xff, 0xff])
/** Large enough that a message costs nothing, small enough that nothing else waits. */
const SLICE_BYTES = 1 << 17
/** Handed to the socket ahead of the network: while this process is busy with the next rows, the server must not run dry. */
export const AHEAD_BYTES = 4 << 20

/**
 * `COPY … FROM STDIN (FORMAT binary)` as the driver's "submittable": it calls `submit`, then the handlers as messages come.
 * Ends once: `handleReadyForQuery` (stored) or `handleError` (refused, or the connection went away). After an error the server drops what is still under way.
 */
export class CopyIn {
  readonly text: string
  /** Resolves to the rows stored, once the server is ready for the next statement. */
  readonly finished: Promise<number>
  readonly #tuples: readonly Buffer[]
  readonly #over = new AbortController()
  #resolve: (rows: number) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #rows = 0

  constructor(text: string, tuples: readonly Buffer[]) {
    this.text = text
    this.#tuples = tuples
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  submit(connection: CopyConnection): void {
    connection.query(this.text)
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.#send(connection.stream).catch(error => this.handleError(error))
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows = Number(/^COPY (\d+)$/.exec(message.text)?.[1] ?? 0)
  }

  handleReadyForQuery(): void {
    this.#over.abort()
    this.#resolve(this.#rows)
  }

  handleError(error: unknown): void {
    this.#over.abort()
    this.#reject(error)
  }

  async #send(stream: Socket): Promise<void> {
    await this.#write(stream, COPY_HEADER)
    for (const block of this.#tuples) {
      for (let at = 0; at < block.length; at += SLICE_BYTES) await this.#write(stream, block.subarray(at, at + SLICE_BYTES))
    }
    await this.#write(stream, TRAILER)
    if (!this.#over.signal.aborted) stream.write(COPY_DONE)
  }

  /** One CopyData message; waits while the network is behind. */
  async #write(stream: Socket, bytes: Buffer): Promise<void> {
    if (this.#over.signal.aborted) return
    const head = Buffer.allocUnsafe(5)
    head[0] = COPY_DATA
    head.writeInt32BE(bytes.length + 4, 1)
    stream.cork()
    stream.write(head)
    stream.write(bytes)
    stream.uncork()
    // An end of any kind aborts the wait: a dead socket never drains.
    if (stream.writableLength > AHEAD_BYTES) await once(stream, 'drain', { signal: this.#over.signal }).catch(() => undefined)
  }
}
