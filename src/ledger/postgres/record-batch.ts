import { canonicalKey } from '../../base/key-text.ts'
import { bug, RehouseError } from '../../errors.ts'
import type { BatchRecord, IdMapRows } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import { sessionOf } from '../../postgres/transaction-session.ts'
import { Refusal, type WriteTransaction } from '../../target/target.ts'
import { fenceLost } from '../fence-lost.ts'
import { textArray } from './array-text.ts'
import { batchStatement } from './batch-statement.ts'
import { copyImages } from './before-images.ts'
import { addMerged } from './merged-rows.ts'

const ID_MAP = { integer: 'rehouse.id_map_integer', text: 'rehouse.id_map_text' } as const

/**
 * Everything of a batch in few round trips: id map rows that go away, id map rows that come (COPY), rows that are other rows, and one statement for all the rest,
 * whose last word is the fence. Throws FENCE_LOST when the task was taken over; LEDGER_INVALID when a key is in the id map already.
 */
export async function recordBatch(tx: WriteTransaction, record: BatchRecord): Promise<void> {
  const session = sessionOf(tx)
  try {
    await unmap(session, record)
    if (record.idMap !== null) await copyIdMap(session, record.idMap)
    await addMerged(session, record)
    await copyImages(session, record)
    const { text, values } = batchStatement(record)
    const { rowCount } = await session.query(text, values)
    if (rowCount !== 1) throw fenceLost(record.task)
  } catch (error) {
    throw error instanceof Refusal ? refusedBatch(record, error) : error
  }
}

async function unmap(session: Session, record: BatchRecord): Promise<void> {
  if (record.unmapped.length === 0) return
  const keys = record.unmapped.map(canonicalKey)
  await session.query(
    `with i as (
      delete from rehouse.id_map_integer where tenant = $1 and entity = $2 and key in (select rehouse.integer_key(k) from unnest($3::text[]) as k)
    ), m as (
      delete from rehouse.merged where tenant = $1 and entity = $2 and key = any($3::text[])
    )
    delete from rehouse.id_map_text where tenant = $1 and entity = $2 and key = any($3::text[])`,
    [record.tenant, record.entity, textArray(keys)],
  )
}

async function copyIdMap(session: Session, rows: IdMapRows): Promise<void> {
  const stored = await session.copyIn(
    `copy ${ID_MAP[rows.format]} (tenant, entity, key, id, hash, batch) from stdin (format binary)`,
    rows.tuples,
  )
  if (stored !== rows.rows) throw bug(`expected ${rows.rows} rows of the id map to be stored, got ${stored}`)
}

function refusedBatch(record: BatchRecord, refusal: Refusal): RehouseError {
  const where = { batch: record.id }
  if (refusal.constraint === 'every_row_has_one_outcome') {
    return new RehouseError('BUG', 'expected every row read to have exactly one outcome, got counts that do not add up', {
      where,
      next: 'Nothing of the batch was kept. Report it with the run’s audit file.',
      cause: refusal,
    })
  }
  if (refusal.table === ID_MAP.integer || refusal.table === ID_MAP.text || refusal.table === 'rehouse.merged') {
    return new RehouseError('LEDGER_INVALID', 'expected keys that are not in the id map, got one that is there already', {
      where,
      next: 'Nothing of the batch was kept. See that the key of the source relation is unique; then resume.',
      cause: refusal,
    })
  }
  return new RehouseError('BUG', `expected the ledger to take the batch, got ${refusal.sqlstate}: ${refusal.message}`, {
    where,
    next: 'Nothing of the batch was kept. Report it with the run’s audit file.',
    cause: refusal,
  })
}
