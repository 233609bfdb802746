import { canonicalKey } from '../base/key-text.ts'
import { addCounts, type Counts, NO_COUNTS } from '../model/counts.ts'
import type { CountLine, OwnedRows } from '../model/ledger-records.ts'

/** How rows that are taken back were counted, by canonical key. */
export type CountedAs = ReadonlyMap<string, 'loaded' | 'updated' | 'unchanged' | 'merged'>

/** Owned rows go where the row goes they belong to: signed counts, a line for each relation. Those rules refused are in quarantine already. */
export function ownedMoves(rows: readonly OwnedRows[], countedAs: CountedAs): readonly CountLine[] {
  const lines = new Map<string, Counts>()
  for (const { key, relation, kept, excluded } of rows) {
    const fate = countedAs.get(canonicalKey(key))
    if (fate === undefined) continue
    const move = { ...NO_COUNTS, [fate]: 0 - kept, excluded: 0 - excluded, quarantined: kept + excluded }
    lines.set(relation, addCounts(lines.get(relation) ?? NO_COUNTS, move))
  }
  return [...lines].map(([relation, counts]) => ({ relation, counts, loadedEarlierInRun: 0, isOwned: true }))
}
