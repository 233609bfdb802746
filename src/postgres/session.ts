import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import { CopyIn } from './copy-in.ts'
import { CopyInStream } from './copy-in-stream.ts'
import { CopyOut } from './copy-out.ts'
import { TransientFailure, translateConnectError, translateCopyError, translateError } from './server-errors.ts'
import { APPLY_SETTINGS, KNOWN_SETTINGS, OPTIONAL_SETTINGS, SETTINGS } from './session-settings.ts'

/**
 * One connection to a PostgreSQL server, with the session settings everything here relies on. Values in and out are text or bytes, never JavaScript numbers or dates.
 * One statement at a time: what is asked for while another runs waits for it.
 * States: open → closed (`close`, `destroy`) or failed (the server or the network ended it); then every call rejects, and a new session must be opened.
 * Only this room imports the driver.
 */
export interface SessionOptions {
  readonly url: string
  /** What the address says is kept where this is absent; false = no TLS. */
  readonly ssl?: ConnectionOptions | false | undefined
  readonly applicationName: string
  /** Extra settings, applied after ours (`app.current_sub`). One the server refuses is an error. */
  readonly settings?: Readonly<Record<string, string>>
  /** Whose fault a failure is, for the error code. */
  readonly side: 'source' | 'target'
  readonly connectTimeoutMs?: number
}

export type QueryValue = string | number | null | Uint8Array | readonly (string | null)[]

export interface QueryResult {
  readonly rows: readonly (readonly (string | null)[])[]
  readonly rowCount: number
}

const CLOSE_WITHIN_MS = 2000
const asText = { getTypeParser: () => (value: unknown) => value }

export class Session {
  readonly #client: pg.Client
  readonly #side: 'source' | 'target'
  #isClosed = false
  #failure: Error | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #pid = 0
  #version = 0
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>

  private constructor(client: pg.Client, side: 'source' | 'target') {
    this.#client = client
    this.#side = side
    this.ended = new Promise(resolve => client.once('end', () => resolve()))
    client.on('error', error => {
      this.#failure ??= error
    })
    client.once('end', () => {
      this.#failure ??= new Error('the connection ended')
    })
  }

  /** Rejects with RehouseError: what can pass is worth another try (`retry`), a refusal of the server is not. */
  static async open(options: SessionOptions): Promise<Session> {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: options.applicationName,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      types: asText as never, // The driver's type wants parsers of its own kind; ours answers for every type.
      ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    })
    const session = new Session(client, options.side)
    try {
      await session.#connect(options.connectTimeoutMs ?? 10_000)
      await session.#configure(options.settings ?? {})
      return session
    } catch (error) {
      session.destroy()
      throw error
    }
  }

  async #connect(timeoutMs: number): Promise<void> {
    let isEnded = false
    const { connection } = driverOf(this.#client)
    connection.once('end', () => {
      isEnded = true
    })
    const timer = setTimeout(() => connection.stream.destroy(new TransientFailure(`no answer within ${timeoutMs} ms`, null)), timeoutMs)
    try {
      await this.#client.connect()
    } catch (error) {
      throw translateConnectError(error, { side: this.#side, isEnded })
    } finally {
      clearTimeout(timer)
    }
  }

  async #configure(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.#apply(SETTINGS)
    const { rows } = await this.query(KNOWN_SETTINGS, [Object.keys(OPTIONAL_SETTINGS)])
    const known = Object.fromEntries(rows.map(([name]) => [String(name), OPTIONAL_SETTINGS[String(name)] ?? '']))
    // One of them can be refused where the operating system has no such thing; then the others still count.
    await this.#apply(known).catch(async error => {
      if (this.#failure) throw error
      for (const [name, value] of Object.entries(known)) await this.#apply({ [name]: value }).catch(() => undefined)
    })
    if (Object.keys(settings).length > 0) await this.#apply(settings)
    const facts = await this.query("select pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version_num')")
    this.#pid = Number(facts.rows[0]?.[0])
    this.#version = Number(facts.rows[0]?.[1])
  }

  async #apply(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.query(APPLY_SETTINGS, [Object.keys(settings), Object.values(settings)])
  }

  /** The server process's id, as the server itself says it (behind a pooler the driver is told another). */
  get pid(): number {
    return this.#pid
  }

  /** `server_version_num`. */
  get version(): number {
    return this.#version
  }

  /** The process id that was announced on connecting is not the backend's: something stands between. */
  get isBehindPooler(): boolean {
    return driverOf(this.#client).processID !== this.#pid
  }

  get isOpen(): boolean {
    return !this.#isClosed && this.#failure === null
  }

  /** One statement. Parameters are text (bytes for bytea); results are the text the server sent. Throws RehouseError or Refusal (see server-errors.ts). */
  query(text: string, values: readonly QueryValue[] = []): Promise<QueryResult> {
    return this.#inTurn(async () => {
      const result = await this.#client.query({ text, values: values as unknown[], rowMode: 'array', types: asText as never })
      // `rowMode` array and parsers that leave text alone.
      return { rows: result.rows as (string | null)[][], rowCount: result.rowCount ?? 0 }
    })
  }

  /** The columns a query has; it is not run. */
  describe(query: string): Promise<readonly { readonly name: string; readonly oid: number; readonly modifier: number }[]> {
    return this.#inTurn(async () => {
      const result = await this.#client.query({ text: `select * from (${query}\n) as described limit 0`, rowMode: 'array' })
      return result.fields.map(field => ({ name: field.name, oid: field.dataTypeID, modifier: field.dataTypeModifier }))
    })
  }

  /** Several statements without parameters, in one round trip. Resolves to the command tags (`COMMIT`, `INSERT`), one for each. */
  script(text: string): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const results: unknown = await this.#client.query(text)
      // The driver gives one result, or an array of them for several statements.
      return (Array.isArray(results) ? results : [results]).map(result => (result as { readonly command: string | null }).command ?? '')
    })
  }

  /** `COPY … FROM STDIN (FORMAT binary)`: sends the header, the tuples and the trailer; resolves to the rows the server stored. The tuples are not copied: leave them alone meanwhile. */
  copyIn(statement: string, tuples: readonly Buffer[]): Promise<number> {
    return this.#inTurn(async () => {
      const copy = this.#submit(new CopyIn(statement, tuples))
      return copy.finished.catch(error => {
        throw translateCopyError(error, this.#side)
      })
    })
  }

  /** The same of a stream: tuples in chunks cut anywhere, no header, an end marker or none. What the stream throws ends the statement, and is thrown. */
  async copyInStream(statement: string, chunks: AsyncIterable<Buffer>): Promise<number> {
    const copy = new CopyInStream(statement, chunks)
    try {
      return await this.#inTurn(() =>
        this.#submit(copy).finished.catch(error => {
          throw translateCopyError(error, this.#side)
        }),
      )
    } catch (error) {
      throw copy.thrown === null ? error : copy.thrown.error
    }
  }

  /**
   * `COPY (…) TO STDOUT (FORMAT binary)`: the tuples in chunks cut anywhere, the header taken off, the trailer left on; with back-pressure.
   * Leaving before the end, and the signal, end the session: only that stops a server in the middle of a COPY. The signal's reason is thrown.
   */
  async *copyOut(statement: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
    signal?.throwIfAborted()
    const turn = Promise.withResolvers<void>()
    const before = this.#turn
    this.#turn = turn.promise
    await before
    const copy = new CopyOut(statement)
    const onAbort = (): void => copy.abandon(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.#assertOpen()
      signal?.throwIfAborted()
      yield* this.#submit(copy).chunks()
    } catch (error) {
      throw signal?.aborted ? signal.reason : this.#translated(error)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      if (!copy.isOver || signal?.aborted) this.destroy()
      turn.resolve()
    }
  }

  #submit<T extends CopyIn | CopyInStream | CopyOut>(copy: T): T {
    // What the driver wants of a statement of our own is `submit` and the handlers; its declared type asks for an event emitter besides.
    this.#client.query(copy as never)
    return copy
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => {
      this.#assertOpen()
      return work()
    })
    this.#turn = result.catch(() => undefined)
    try {
      return await result
    } catch (error) {
      throw this.#translated(error)
    }
  }

  #assertOpen(): void {
    if (!this.isOpen) throw new TransientFailure(this.#failure?.message ?? 'the session is closed', this.#failure)
  }

  /** Errors without a SQLSTATE of an ended connection are its end, whatever the driver calls them. */
  #translated(error: unknown): Error {
    const isOurs = !(error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)))
    return translateError(
      this.#failure !== null && isOurs && !(error instanceof TransientFailure) ? new TransientFailure(this.#failure.message, error) : error,
      this.#side,
    )
  }

  /** Polite end: waits for what was asked before, but not for a server that does not answer. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return this.ended
    await this.#turn
    if (!this.isOpen) return this.destroy()
    this.#isClosed = true
    const timer = setTimeout(() => this.destroy(), CLOSE_WITHIN_MS)
    await this.#client.end().catch(() => undefined)
    clearTimeout(timer)
  }

  /** Ends the connection at once, whatever it is doing. Idempotent. */
  destroy(): void {
    this.#isClosed = true
    driverOf(this.#client).connection.stream.destroy()
  }
}

interface Driver {
  readonly processID: number
  readonly connection: { readonly stream: { destroy(error?: Error): void }; once(event: 'end', listener: () => void): void }
}

/** What the driver has but does not declare. */
function driverOf(client: pg.Client): Driver {
  return client as unknown as Driver
}
