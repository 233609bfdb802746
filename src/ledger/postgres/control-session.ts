import { Session, type SessionOptions } from '../../postgres/session.ts'

/**
 * The ledger's own connection: opened when first needed, opened again after it was lost, one piece of work at a time (a connection has one conversation).
 * States: none → open (first use) → none (ended by the server or the network) → … → closed (`close`, for good).
 */
export class ControlSession {
  readonly #options: SessionOptions
  #session: Session | null = null
  #tail: Promise<unknown> = Promise.resolve()

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Runs `work` after everything asked for before it. Work that fails is not tried again. */
  use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const result = this.#tail.then(async () => work(await this.#open()))
    this.#tail = result.catch(() => undefined)
    return result
  }

  /** Runs `work` in a transaction of its own: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.use(session => inTransaction(session, work))
  }

  /** Another connection with the same settings, for what lasts long. Who asks for it closes it. */
  openAnother(): Promise<Session> {
    return Session.open(this.#options)
  }

  async #open(): Promise<Session> {
    if (!this.#session?.isOpen) this.#session = await Session.open(this.#options)
    return this.#session
  }

  /** After the work asked for. Idempotent. */
  async close(): Promise<void> {
    await this.#tail
    await this.#session?.close()
    this.#session = null
  }
}

export async function inTransaction<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  await session.query('begin')
  try {
    const result = await work(session)
    await session.query('commit')
    return result
  } catch (error) {
    // A session that cannot even roll back is of no use: its end rolls back.
    await session.query('rollback').catch(() => session.destroy())
    throw error
  }
}
