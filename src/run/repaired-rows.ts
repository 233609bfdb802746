import { TupleCursor } from '../base/tuple-cursor.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { WriteTransaction } from '../target/target.ts'
import type { Classified } from './classify-batch.ts'
import type { RowChange } from './row-changes.ts'
import { rowsIn, rowTest, runsWhere } from './row-runs.ts'
import { fieldId, type RowPlace, TargetRows } from './target-rows.ts'
import { NOT_TOPPED_UP, type ToppedUp } from './topped-up.ts'
import { netWritten } from './write-changes.ts'

const ID_MAP_FIELDS = 6
const ID = 3

/** The identifier the program gives a loaded row of a batch, in lower case. */
export function programId(buffers: BatchBuffers, row: number): string {
  const cursor = new TupleCursor(ID_MAP_FIELDS)
  cursor.push(buffers.idMap.slice(row, row + 1))
  cursor.next()
  return fieldId(cursor, ID)
}

interface RepairedRow {
  /** In the batch. */
  readonly row: number
  readonly key: readonly string[]
  /** As loaded. */
  readonly hash: string
  /** As the program makes it now. */
  readonly source: string
}

interface Repair {
  readonly row: Pick<RepairedRow, 'hash' | 'source'>
  readonly change: RowChange
}

/**
 * Of the changes a repair found those there is something to do for. What is put back was counted when it was loaded: rows that are in the ledger as the source has them
 * are no more and no fewer for it.
 */
export function repairsOf<T extends Repair>(found: readonly T[]): readonly T[] {
  return found.flatMap(one => {
    if (one.row.hash !== one.row.source) return [one]
    const isNothing = one.change.tables.every(
      ({ removed, updated, inserted }) => removed.ids.length + updated.tuples.length + inserted.length === 0,
    )
    if (isNothing) return []
    return [{ ...one, change: { ...one.change, tables: one.change.tables.map(table => ({ ...table, net: 0 })) } }]
  })
}

/** What a repair comes to. Rows it could not put right stay what they were in the ledger, and are told: in quarantine they would not belong. */
export function repairedBatch<T extends RepairedRow>(of: {
  readonly batch: { readonly buffers: BatchBuffers; readonly rows: readonly RepairedRow[]; readonly place: RowPlace }
  /** Those the ledger leads to as the program does. */
  readonly own: readonly RepairedRow[]
  readonly changes: readonly { readonly row: T; readonly change: RowChange }[]
  readonly refused: readonly { readonly row: T }[]
}): ToppedUp {
  const { batch, own, changes, refused } = of
  const isOwn = new Set(own)
  const left = [...batch.rows.filter(row => !isOwn.has(row)), ...refused.map(({ row }) => row)]
  const isDone = new Set(changes.map(({ row }) => row.row))
  return {
    ...NOT_TOPPED_UP,
    updated: runsWhere(batch.buffers.loaded, row => isDone.has(row)),
    skipped: left.filter(row => row.hash !== row.source).length,
    touched: left.map(({ key }) => key),
    images: changes.flatMap(({ change }) => change.images),
    net: netWritten(
      changes.map(({ change }) => change),
      batch.place,
    ),
  }
}

/** Rows the ledger does not know but the target has are foreign to a repair: neither written again nor changed. */
export async function withoutForeign(
  tx: WriteTransaction,
  of: { readonly buffers: BatchBuffers; readonly classified: Classified; readonly place: RowPlace },
): Promise<{ readonly classified: Classified; readonly foreign: number }> {
  const { buffers, classified, place } = of
  if (rowsIn(classified.fresh) === 0) return { classified, foreign: 0 }
  const ids: string[] = []
  for (const { from, to } of classified.fresh) for (let row = from; row < to; row++) ids.push(programId(buffers, row))
  const target = await TargetRows.read(place, ids, { read: request => tx.readRows(request) })
  const isFresh = rowTest(classified.fresh)
  const fresh = runsWhere(buffers.loaded, row => isFresh(row) && !target.has(programId(buffers, row)))
  return { classified: { ...classified, fresh }, foreign: ids.length - rowsIn(fresh) }
}
