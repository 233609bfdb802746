import type { BatchRecord } from '../../model/ledger-records.ts'
import type { MemoryStore } from './memory-store.ts'

export function newestBatch({ batches }: MemoryStore): bigint {
  return [...batches.keys()].reduce((newest, id) => (BigInt(id) > newest ? BigInt(id) : newest), 0n)
}

/** Statements never run, or before rows were written or taken back. */
export function dueFinish(store: MemoryStore, statements: readonly string[]): readonly string[] {
  return statements.filter(statement => {
    const through = store.finished.get(statement)
    return through === undefined || [...store.batches.values()].some(batch => BigInt(batch.id) > through && hasChanged(batch))
  })
}

function hasChanged({ idMap, unmapped, written, images }: BatchRecord): boolean {
  return (images?.length ?? 0) > 0 || (idMap?.rows ?? 0) > 0 || unmapped.length > 0 || Object.values(written).some(rows => rows !== 0)
}
