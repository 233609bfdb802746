import type { Ledger } from '../ledger/ledger.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { Classified } from './classify-batch.ts'
import { allMerged } from './classify-merged.ts'

const NOTHING: Classified = {
  fresh: [],
  unchanged: [],
  loadedEarlierInRun: [],
  changed: [],
  held: [],
  keptKeys: new Set(),
  merged: allMerged([]),
  unmerged: [],
  keptMerged: [],
}

/**
 * A batch whose rows are, one for one, what the id map holds between its least and its greatest key: told from sums the ledger computes itself, without asking about any key.
 * Null: it is not so, or cannot be told that way (keys that are not one integer, rows that are other rows, rows in another order than their keys, some of the rows written by this task).
 */
export async function unchangedBatch(
  buffers: BatchBuffers,
  of: { readonly ledger: Ledger; readonly entity: number; readonly tenant: number; readonly task: string; readonly isInteger: boolean },
): Promise<Classified | null> {
  if (!of.isInteger || buffers.loaded === 0 || buffers.merged.length > 0) return null
  const own = buffers.sumUp()
  const known = await of.ledger.sumIntegers(of, own)
  if (known.rows !== buffers.loaded || known.sum !== own.sum || known.xor !== own.xor) return null
  if (known.ofTask !== 0 && known.ofTask !== known.rows) return null
  const all = [{ from: 0, to: buffers.loaded }]
  return { ...NOTHING, unchanged: all, loadedEarlierInRun: known.ofTask === 0 ? [] : all }
}
