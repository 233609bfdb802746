import { bug } from '../../errors.ts'
import { Session, type SessionOptions } from '../../postgres/session.ts'
import type { Writer, WriteTransaction } from '../target.ts'
import { PostgresTransaction } from './postgres-transaction.ts'

/** Every writing session sets it; the guard of a deferred table lets only those through (see plan-deferral.ts). */
export const WRITER_SETTING = 'rehouse.writer'

/** States: idle → in a transaction (`begin`) → idle (`commit`, `rollback`); closed for good by `close` or the end of its session. */
export class PostgresWriter implements Writer {
  readonly #session: Session
  #transaction: PostgresTransaction | null = null

  private constructor(session: Session) {
    this.#session = session
  }

  static async open(options: SessionOptions): Promise<PostgresWriter> {
    return new PostgresWriter(await Session.open({ ...options, settings: { ...options.settings, [WRITER_SETTING]: 'on' } }))
  }

  get backend(): number {
    return this.#session.pid
  }

  /** READ COMMITTED, whatever the default of the database. */
  async begin(): Promise<WriteTransaction> {
    if (this.#transaction && !this.#transaction.isOver) throw bug('expected at most one open transaction of a writer')
    await this.#session.query('begin isolation level read committed read write')
    this.#transaction = new PostgresTransaction(this.#session)
    return this.#transaction
  }

  async close(): Promise<void> {
    this.#session.destroy()
    await this.#session.ended
  }
}
