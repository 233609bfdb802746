import { enlist, type Participant, TransactionOver } from '../../base/transaction-journal.ts'
import { bug, RehouseError } from '../../errors.ts'
import type { WriteTransaction } from '../../target/target.ts'

/** Lets the ledger share a transaction's fate. TARGET_UNREACHABLE after its session has ended. */
export function takePart(tx: WriteTransaction, participant: Participant): void {
  try {
    enlist(tx, participant)
  } catch (error) {
    if (error instanceof TransactionOver)
      throw new RehouseError('TARGET_UNREACHABLE', 'expected an open session, got one that has ended', {
        next: 'Open another writer.',
        cause: error,
      })
    throw bug('expected an open transaction of a memory target for a memory ledger, got another', error)
  }
}
