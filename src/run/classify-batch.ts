import type { KnownKey, QuarantineRow } from '../model/ledger-records.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import { partsOf } from '../plan/row-program.ts'
import { allMerged, classifyMerged, type KnownMerged, type MergedFates, type Rerun } from './classify-merged.ts'
import { type RowRun, runsWhere } from './row-runs.ts'

export type HeldRow = { readonly row: number } & Pick<QuarantineRow, 'code' | 'column' | 'valueMasked' | 'detail'>

/** What becomes of a batch's rows, given what the ledger knows of their keys. */
export interface Classified {
  /** Loaded rows that are new: to be written. */
  readonly fresh: readonly RowRun[]
  readonly unchanged: readonly RowRun[]
  /** Of the unchanged: loaded earlier by this very run. */
  readonly loadedEarlierInRun: readonly RowRun[]
  /** Rows whose source changed since they were loaded: kept as they are. */
  readonly changed: readonly RowRun[]
  /** Loaded rows the ledger has in quarantine: they stay there, for the reason they have. */
  readonly held: readonly HeldRow[]
  /** Keys (as JSON) the program would set aside now, but which were loaded before: kept, and not set aside. */
  readonly keptKeys: ReadonlySet<string>
  /** Rows that are other rows. */
  readonly merged: MergedFates
  /** Of the fresh rows those that were another row, and of the kept keys those that still are: with what the ledger knows of them. */
  readonly unmerged: readonly { readonly row: number; readonly before: KnownMerged }[]
  readonly keptMerged: readonly { readonly key: readonly string[]; readonly id: string }[]
}

/** A first load: every row is new. */
export function allFresh(buffers: BatchBuffers): Classified {
  return {
    fresh: buffers.loaded === 0 ? [] : [{ from: 0, to: buffers.loaded }],
    unchanged: [],
    loadedEarlierInRun: [],
    changed: [],
    held: [],
    keptKeys: new Set(),
    merged: allMerged(buffers.merged),
    unmerged: [],
    keptMerged: [],
  }
}

/** Every key of a batch, loaded rows first, then quarantined, then excluded ones, then rows that are other rows. */
export function keysOf(buffers: BatchBuffers, isInteger: boolean): readonly (readonly string[])[] {
  const loaded = Array.from({ length: buffers.loaded }, (_, row) => loadedKey(buffers, { row, isInteger }))
  return [...loaded, ...setAsideKeys(buffers), ...buffers.merged.map(row => row.key)]
}

function setAsideKeys(buffers: BatchBuffers): readonly (readonly string[])[] {
  return [...buffers.quarantine.map(q => q.key), ...buffers.exclusions.map(e => e.key)]
}

export function loadedKey(buffers: BatchBuffers, { row, isInteger }: { row: number; isInteger: boolean }): readonly string[] {
  return isInteger ? [buffers.integerAt(row).toString()] : partsOf(buffers.texts[row] as string)
}

type Fate = 'fresh' | 'held' | 'changed' | 'unchanged' | 'earlier'

/**
 * A rerun: rows that are as they were are unchanged, whatever they were before (guarantee 3); with `retries` those in quarantine are new, in a top-up run those that were another row.
 * `known`: in the order of `keysOf`.
 */
export function classify(buffers: BatchBuffers, known: readonly (KnownKey | null)[], rerun: Rerun): Classified {
  const { run, retries, isTopUp } = rerun
  const held: HeldRow[] = []
  const unmerged: Classified['unmerged'][number][] = []
  const fates = Array.from({ length: buffers.loaded }, (_, row): Fate => {
    const before = known[row] ?? null
    if (before?.state === 'quarantined' && !retries) {
      const { code, column, valueMasked, detail } = before
      held.push({ row, code, column, valueMasked, detail })
    }
    if (before?.state === 'merged' && isTopUp) unmerged.push({ row, before })
    if (before?.state === 'merged') return isTopUp ? 'fresh' : 'changed'
    return before?.state === 'quarantined' && retries ? 'fresh' : fateOf(before, buffers.hashAt(row), run)
  })
  const runs = (...wanted: readonly Fate[]): readonly RowRun[] => runsWhere(fates.length, row => wanted.includes(fates[row] as Fate))
  const aside = setAsideKeys(buffers).map((key, i) => ({ key, before: known[buffers.loaded + i] ?? null }))
  const keptMerged = aside.flatMap(({ key, before }) => (before?.state === 'merged' ? [{ key, id: before.id }] : []))
  const merged = classifyMerged(buffers.merged, known.slice(buffers.loaded + aside.length), rerun)
  const kept = [...aside.filter(({ before }) => before?.state === 'loaded'), ...keptMerged].map(({ key }) => key)
  return {
    fresh: runs('fresh'),
    unchanged: runs('unchanged', 'earlier'),
    loadedEarlierInRun: runs('earlier'),
    changed: runs('changed'),
    held,
    keptKeys: new Set([...kept, ...merged.kept].map(key => JSON.stringify(key))),
    merged,
    unmerged,
    keptMerged,
  }
}

function fateOf(before: Exclude<KnownKey, KnownMerged> | null, hash: string, run: string): Fate {
  if (before === null || before.state === 'excluded') return 'fresh'
  if (before.state === 'quarantined') return 'held'
  if (before.hash !== hash) return 'changed'
  return before.run === run ? 'earlier' : 'unchanged'
}
