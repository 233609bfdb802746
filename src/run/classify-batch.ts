import type { KnownKey } from '../model/ledger-records.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import { partsOf } from '../plan/row-program.ts'
import { type RowRun, runsWhere } from './row-runs.ts'

/** What becomes of a batch's rows, given what the ledger knows of their keys. */
export interface Classified {
  /** Loaded rows that are new: to be written. */
  readonly fresh: readonly RowRun[]
  readonly unchanged: number
  /** Of the unchanged: loaded earlier by this very run. */
  readonly loadedEarlierInRun: number
  /** Rows whose source changed since they were loaded: kept as they are. */
  readonly changed: number
  /** Loaded rows the ledger has in quarantine: they stay there, with the code they have. */
  readonly held: readonly { readonly row: number; readonly code: string }[]
  /** Keys the program would set aside now, but which were loaded before: kept, and not set aside. */
  readonly keptKeys: ReadonlySet<string>
}

/** A first load: every row is new. */
export function allFresh(buffers: BatchBuffers): Classified {
  return {
    fresh: buffers.loaded === 0 ? [] : [{ from: 0, to: buffers.loaded }],
    unchanged: 0,
    loadedEarlierInRun: 0,
    changed: 0,
    held: [],
    keptKeys: new Set(),
  }
}

/** Every key of a batch, loaded rows first, then quarantined, then excluded ones. */
export function keysOf(buffers: BatchBuffers, isInteger: boolean): readonly (readonly string[])[] {
  const loaded = Array.from({ length: buffers.loaded }, (_, row) => loadedKey(buffers, { row, isInteger }))
  return [...loaded, ...buffers.quarantine.map(q => q.key), ...buffers.exclusions.map(e => e.key)]
}

export function loadedKey(buffers: BatchBuffers, { row, isInteger }: { row: number; isInteger: boolean }): readonly string[] {
  return isInteger ? [buffers.integerAt(row).toString()] : partsOf(buffers.texts[row] as string)
}

/** A rerun: rows that are as they were are unchanged, whatever they were before (guarantee 3). */
export function classify(buffers: BatchBuffers, known: readonly (KnownKey | null)[], run: string): Classified {
  let unchanged = 0
  let earlier = 0
  let changed = 0
  const held: { row: number; code: string }[] = []
  const isFresh = (row: number): boolean => {
    const before = known[row] ?? null
    if (before === null || before.state === 'excluded') return true
    if (before.state === 'quarantined') held.push({ row, code: before.code })
    else if (before.hash !== buffers.hashAt(row)) changed++
    else {
      unchanged++
      if (before.run === run) earlier++
    }
    return false
  }
  const fresh = runsWhere(buffers.loaded, isFresh)
  const setAside = [...buffers.quarantine.map(q => q.key), ...buffers.exclusions.map(e => e.key)]
  const kept = setAside.filter((_, i) => known[buffers.loaded + i]?.state === 'loaded').map(key => JSON.stringify(key))
  return { fresh, unchanged, loadedEarlierInRun: earlier, changed: changed + kept.length, held, keptKeys: new Set(kept) }
}
