import { compareCodePoints } from '../../base/code-point-order.ts'
import { canonicalKey } from '../../base/key-text.ts'
import { addCounts } from '../../model/counts.ts'
import type { BatchRecord, OwnedLine, OwnedRows } from '../../model/ledger-records.ts'
import type { Ledger } from '../ledger.ts'
import { latestBatches, lineCounts } from './memory-reports.ts'
import type { MemoryStore } from './memory-store.ts'

export function ownedLines(store: MemoryStore, run: string): readonly OwnedLine[] {
  const lines = new Map<string, OwnedLine>()
  for (const { id, run: of, entity, tenant } of store.tasks.values()) {
    if (of !== run) continue
    for (const line of latestBatches(store, id).flatMap(batch => batch.counts)) {
      if (line.isOwned !== true) continue
      const name = JSON.stringify([entity, tenant, line.relation])
      const known = lines.get(name)
      const counts = known === undefined ? lineCounts(line) : addCounts(known.counts, lineCounts(line))
      lines.set(name, { entity, tenant, relation: line.relation, counts, sourceCount: line.sourceCount ?? known?.sourceCount ?? null })
    }
  }
  return [...lines.values()].toSorted((a, b) => a.entity - b.entity || a.tenant - b.tenant || compareCodePoints(a.relation, b.relation))
}

export function ownedRows(store: MemoryStore, { entity, tenant, keys }: Parameters<Ledger['ownedRows']>[0]): readonly OwnedRows[] {
  const wanted = new Set(keys.map(canonicalKey))
  const found = new Map<string, OwnedRows>()
  const isOwn = (batch: BatchRecord): boolean => batch.entity === entity && batch.tenant === tenant
  for (const row of [...store.batches.values()].filter(isOwn).flatMap(batch => batch.owned ?? [])) {
    const key = canonicalKey(row.key)
    if (wanted.has(key)) found.set(JSON.stringify([key, row.relation]), row)
  }
  return [...found].toSorted(([a], [b]) => compareCodePoints(a, b)).map(([, row]) => row)
}
