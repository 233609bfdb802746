import { bug } from '../errors.ts'
import type { WriteTransaction } from '../target/target.ts'
import type { Session } from './session.ts'

/**
 * The session behind a transaction of the PostgreSQL target, so that the ledger's rows go through the same one and commit with the rows they describe.
 * `target/postgres` binds, `ledger/postgres` asks.
 */
const sessions = new WeakMap<WriteTransaction, Session>()

export function bindTransaction(transaction: WriteTransaction, session: Session): void {
  sessions.set(transaction, session)
}

/** Throws BUG for a transaction of another engine. */
export function sessionOf(transaction: WriteTransaction): Session {
  const session = sessions.get(transaction)
  if (session === undefined) throw bug('expected a transaction of the PostgreSQL target, got one of another engine')
  return session
}
