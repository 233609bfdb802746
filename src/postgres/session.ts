import { once } from 'node:events'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { TransientFailure, translateError } from './server-errors.ts'

/**
 * One connection to a PostgreSQL server, with the session settings everything here relies on. Values in and out are text or bytes, never JavaScript numbers or dates.
 * Only this room imports the driver.
 */
export interface SessionOptions {
  readonly url: string
  readonly applicationName: string
  /** Extra settings, applied after ours (`app.current_sub`). */
  readonly settings?: Readonly<Record<string, string>>
  /** Whose fault a failure is, for the error code. */
  readonly side: 'source' | 'target'
  readonly connectTimeoutMs?: number
}

export interface QueryResult {
  readonly rows: readonly (readonly (string | null)[])[]
  readonly rowCount: number
}

const SETTINGS: readonly (readonly [string, string])[] = [
  ['client_encoding', 'UTF8'],
  ['TimeZone', 'UTC'],
  ['DateStyle', 'ISO, YMD'],
  ['IntervalStyle', 'postgres'],
  ['bytea_output', 'hex'],
  ['extra_float_digits', '1'],
  // An empty search path: every name we send is qualified, so nobody can put a function of the same name in front.
  ['search_path', ''],
  ['statement_timeout', '0'],
  ['lock_timeout', '30000'],
  ['idle_in_transaction_session_timeout', '0'],
  // A read that row security would silently empty becomes an error (design.md, traps).
  ['row_security', 'off'],
  ['tcp_keepalives_idle', '5'],
  ['tcp_keepalives_interval', '2'],
  ['tcp_keepalives_count', '3'],
  ['tcp_user_timeout', '10000'],
  ['client_connection_check_interval', '10000'],
]
const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const COPY_TRAILER = Buffer.from([0xff, 0xff])
const COPY_SLICE = 1 << 17
const asText = { getTypeParser: () => (value: unknown) => value }

export class Session {
  readonly #client: pg.Client
  readonly #side: 'source' | 'target'
  #isClosed = false
  #failure: Error | null = null
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>
  readonly pid: number

  private constructor(client: pg.Client, side: 'source' | 'target', ended: Promise<void>) {
    this.#client = client
    this.#side = side
    this.ended = ended
    const { processID } = client as unknown as { processID: number }
    this.pid = processID
    client.on('error', error => {
      this.#failure ??= error
    })
  }

  static async open(options: SessionOptions): Promise<Session> {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: options.applicationName,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      types: asText as never,
    })
    const ended = new Promise<void>(resolve => client.once('end', () => resolve()))
    client.on('error', () => undefined)
    try {
      await client.connect()
      const session = new Session(client, options.side, ended)
      await session.#configure({ ...Object.fromEntries(SETTINGS), ...options.settings })
      return session
    } catch (error) {
      await client.end().catch(() => undefined)
      throw translateError(error, options.side)
    }
  }

  async #configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const names = Object.keys(settings)
    const calls = names.map((_, i) => `pg_catalog.set_config($${2 * i + 1}, $${2 * i + 2}, false)`)
    await this.query(
      `select ${calls.join(', ')}`,
      names.flatMap(name => [name, settings[name] ?? '']),
    )
  }

  /** One statement. Parameters are text (bytes for bytea); results are the text the server sent. Throws RehouseError or Refusal (see server-errors.ts). */
  async query(text: string, values: readonly (string | number | null | Uint8Array | readonly (string | null)[])[] = []): Promise<QueryResult> {
    this.#assertOpen()
    try {
      const result = await this.#client.query({ text, values: values as unknown[], rowMode: 'array', types: asText as never })
      return { rows: result.rows as (string | null)[][], rowCount: result.rowCount ?? 0 }
    } catch (error) {
      throw this.#translated(error)
    }
  }

  /** Several statements without parameters, in one round trip. */
  async script(text: string): Promise<void> {
    this.#assertOpen()
    try {
      await this.#client.query(text)
    } catch (error) {
      throw this.#translated(error)
    }
  }

  /** `COPY … FROM STDIN (FORMAT binary)`: sends the header, the tuples and the trailer; resolves to the rows the server stored. */
  async copyIn(statement: string, tuples: readonly Buffer[]): Promise<number> {
    this.#assertOpen()
    const stream = this.#client.query(copyFrom(statement))
    try {
      const finished = new Promise<void>((resolve, reject) => {
        stream.on('finish', resolve)
        stream.on('error', reject)
        this.#client.once('end', () => reject(this.#failure ?? new Error('the connection ended')))
      })
      const failed = finished.then(
        () => undefined,
        () => undefined,
      )
      const write = async (bytes: Buffer): Promise<void> => {
        if (stream.destroyed) return
        if (!stream.write(bytes)) await Promise.race([once(stream, 'drain').catch(() => undefined), failed])
      }
      await write(COPY_HEADER)
      for (const block of tuples) for (let at = 0; at < block.length; at += COPY_SLICE) await write(block.subarray(at, at + COPY_SLICE))
      if (!stream.destroyed) stream.end(COPY_TRAILER)
      await finished
      return stream.rowCount
    } catch (error) {
      throw this.#translated(error)
    }
  }

  /** `COPY (…) TO STDOUT (FORMAT binary)`: the tuples in chunks cut anywhere, the header taken off, the trailer left on. Leaving early ends the statement. */
  async *copyOut(statement: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
    this.#assertOpen()
    const stream = this.#client.query(copyTo(statement, { highWaterMark: 1 << 20 }))
    const onAbort = (): void => void stream.destroy(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#client.once('end', () => stream.destroy(this.#failure ?? new Error('the connection ended')))
    let head = Buffer.alloc(0)
    let isHeaderDone = false
    try {
      for await (const part of stream) {
        const chunk = part as Buffer
        if (isHeaderDone) {
          yield chunk
          continue
        }
        head = Buffer.concat([head, chunk])
        if (head.length < COPY_HEADER.length) continue
        isHeaderDone = true
        if (head.length > COPY_HEADER.length) yield head.subarray(COPY_HEADER.length)
      }
    } catch (error) {
      throw signal?.aborted ? signal.reason : this.#translated(error)
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #assertOpen(): void {
    if (this.#isClosed || this.#failure) throw this.#translated(this.#failure ?? new Error('the session is closed'))
  }

  #translated(error: unknown): Error {
    const isConnectionGone = this.#failure !== null && !(error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)))
    return translateError(isConnectionGone ? new TransientFailure(String(this.#failure?.message), this.#failure) : error, this.#side)
  }

  /** Polite end. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#client.end().catch(() => undefined)
  }

  /** Ends the connection at once, whatever it is doing. Idempotent. */
  destroy(): void {
    this.#isClosed = true
    const { connection } = this.#client as unknown as { connection: { stream: { destroy(): void } } }
    connection.stream.destroy()
  }
}
