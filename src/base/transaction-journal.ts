/**
 * What takes part in a transaction of the memory engines beside its rows: `target/memory` settles, `ledger/memory` enlists.
 * Entries made under a savepoint go with it.
 */
export interface Participant {
  /** Called once when the transaction commits, in the order enlisted. Throws only what is a bug: nothing can be refused any more. */
  readonly commit: () => void
  /** Called once when the transaction or the savepoint rolls back, in reverse order. */
  readonly undo: () => void
}

const journals = new WeakMap<object, Participant[]>()
const ended = new WeakSet<object>()

/** The transaction has rolled back, or its session has ended: nothing can take part any more. */
export class TransactionOver extends RangeError {}

export function beginJournal(transaction: object): void {
  journals.set(transaction, [])
}

/** Throws TransactionOver after a roll-back, RangeError for what never was a transaction of the memory target. */
export function enlist(transaction: object, participant: Participant): void {
  journalOf(transaction).push(participant)
}

/** How far the journal has come: for `undoJournal`. */
export function journalLength(transaction: object): number {
  return journalOf(transaction).length
}

export function commitJournal(transaction: object): void {
  const participants = journalOf(transaction)
  journals.delete(transaction)
  for (const participant of participants) participant.commit()
}

/** Takes back everything; nothing can be enlisted afterwards. */
export function endJournal(transaction: object): void {
  undoJournal(transaction, 0)
  journals.delete(transaction)
  ended.add(transaction)
}

/** Takes back what was enlisted after `length`. */
export function undoJournal(transaction: object, length: number): void {
  for (const participant of journalOf(transaction).splice(length).reverse()) participant.undo()
}

function journalOf(transaction: object): Participant[] {
  if (ended.has(transaction)) throw new TransactionOver('expected an open transaction, got one that is over')
  const journal = journals.get(transaction)
  if (journal === undefined) throw new RangeError('expected an open transaction of the memory target')
  return journal
}
