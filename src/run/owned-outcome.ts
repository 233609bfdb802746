import { bug } from '../errors.ts'
import { type Counts, isBalanced, NO_COUNTS } from '../model/counts.ts'
import type { CountLine, OutcomeCount, OwnedRows, QuarantineRow } from '../model/ledger-records.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { OwnedBuffer } from '../plan/owned-buffer.ts'
import type { OwnedRelation } from '../plan/owned-relation.ts'
import { type Classified, loadedKey } from './classify-batch.ts'
import type { MergedFates } from './classify-merged.ts'
import type { RefusedRow } from './refusal-code.ts'
import { type RowRun, rowTest } from './row-runs.ts'
import { NOT_TOPPED_UP, type ToppedUp } from './topped-up.ts'

/** What a batch comes to for the relations the entity accounts for. */
export interface OwnedOutcome {
  readonly lines: readonly CountLine[]
  readonly rows: readonly OwnedRows[]
  /** Rows nobody asked for, each as a part of the row it would belong to. */
  readonly quarantine: readonly QuarantineRow[]
  readonly outcomes: readonly OutcomeCount[]
}

/** A batch, once it is known which rows the target took. */
interface BatchResult {
  readonly buffers: BatchBuffers
  readonly compiled: Pick<CompiledEntity, 'key' | 'owned' | 'settled'>
  readonly classified: Classified
  readonly written: readonly RowRun[]
  readonly refused: readonly RefusedRow[]
  readonly toppedUp: ToppedUp | null
}

/** Every owned row has the end its row has, unless a rule gave it another or it belongs to none. `mapped`: rows whose id map row the batch writes. */
export function ownedOutcomeOf(result: BatchResult, mapped: readonly RowRun[]): OwnedOutcome {
  const { buffers, compiled } = result
  const each = compiled.owned.map((relation, i) => outcomeOf(result, { relation, owned: buffers.owned(i), mapped }))
  return {
    lines: each.map(({ line }) => line),
    rows: each.flatMap(({ rows }) => rows),
    quarantine: each.flatMap(({ quarantine }) => quarantine),
    outcomes: each.flatMap(({ outcomes }) => outcomes),
  }
}

interface Owned {
  readonly relation: OwnedRelation
  readonly owned: OwnedBuffer
  readonly mapped: readonly RowRun[]
}

type Fate = 'loaded' | 'updated' | 'unchanged' | 'skipped' | 'quarantined'

function outcomeOf(
  result: BatchResult,
  of: Owned,
): {
  readonly line: CountLine
  readonly rows: OwnedRows[]
  readonly quarantine: readonly QuarantineRow[]
  readonly outcomes: readonly OutcomeCount[]
} {
  const { buffers, compiled, classified } = result
  const { relation, owned, mapped } = of
  const { path, relation: name, orphans } = relation.parts
  const counts: Record<keyof Counts, number> = { ...NO_COUNTS, read: owned.read }
  const rows: OwnedRows[] = []
  const isMapped = rowTest(mapped)
  const fateOf = fates(result)
  const isEarlier = rowTest(classified.loadedEarlierInRun)
  const isUpdatedEarlier = rowTest(result.toppedUp?.updatedEarlier ?? [])
  let loadedEarlierInRun = 0
  for (let row = 0; row < buffers.loaded; row++) {
    const all = owned.rowsAt(row)
    if (all === 0) continue
    const fate = fateOf(row)
    // Of a row that is not there as it is now, no rule has decided anything.
    const isDecided = fate === 'loaded' || fate === 'updated' || fate === 'unchanged'
    const excluded = isDecided ? owned.excludedAt(row) : 0
    const quarantined = isDecided ? owned.quarantinedAt(row) : 0
    const kept = all - excluded - quarantined
    counts[fate] += kept
    counts.excluded += excluded
    counts.quarantined += quarantined
    if (isEarlier(row) && !isUpdatedEarlier(row)) loadedEarlierInRun += kept
    // Of rows that stay as they are, where they may yet be taken back.
    if (isMapped(row) || (fate === 'unchanged' && compiled.settled.length > 0))
      rows.push({
        key: loadedKey(buffers, { row, isInteger: compiled.key?.isInteger ?? false }),
        relation: name,
        kept,
        excluded,
        quarantined,
      })
  }
  const mergedAs = owned.aside.some(({ fate }) => fate === 'merged') ? fatesOfMerged(classified.merged) : null
  for (const { key, fate, rows: all } of owned.aside) {
    const text = JSON.stringify(key)
    counts[classified.keptKeys.has(text) ? 'skipped' : (mergedAs?.get(text) ?? fate)] += all
    if (fate === 'merged') rows.push({ key, relation: name, kept: all, excluded: 0, quarantined: 0 })
  }
  counts[orphans.fate === 'exclude' ? 'excluded' : 'quarantined'] += owned.orphans.length
  if (!isBalanced(counts)) throw bug(`expected every row of ${name} to have exactly one outcome`)
  const outcomes: readonly OutcomeCount[] =
    owned.orphans.length === 0 ? [] : [{ kind: orphans.fate, column: path, code: orphans.code, count: owned.orphans.length }]
  const blank = { code: orphans.code, column: null, valueMasked: null, detail: null }
  const quarantine = orphans.fate === 'exclude' ? [] : owned.orphans.map(({ key, child }) => ({ ...blank, key, part: `${path}[${child}]` }))
  return { line: { relation: name, counts, loadedEarlierInRun, isOwned: true }, rows, quarantine, outcomes }
}

/** What becomes of rows that are other rows, by their keys as JSON, where it is not that they are merged now. */
function fatesOfMerged({ moved, unchanged, held }: MergedFates): ReadonlyMap<string, Fate> {
  return new Map([
    ...moved.map(({ row }) => [JSON.stringify(row.key), 'updated'] as const),
    ...unchanged.map(({ key }) => [JSON.stringify(key), 'unchanged'] as const),
    ...held.map(({ key }) => [JSON.stringify(key), 'quarantined'] as const),
  ])
}

/** What becomes of a loaded row. */
function fates({ classified, written, refused, toppedUp }: BatchResult): (row: number) => Fate {
  const { updated, updatedEarlier, kept } = toppedUp ?? NOT_TOPPED_UP
  const isWritten = rowTest(written)
  const isUpdated = [rowTest(updated), rowTest(updatedEarlier)]
  const isUnchanged = rowTest(classified.unchanged)
  const quarantined = new Set([...refused, ...kept, ...classified.held].map(({ row }) => row))
  return row => {
    if (isWritten(row)) return 'loaded'
    if (isUpdated.some(test => test(row))) return 'updated'
    if (quarantined.has(row)) return 'quarantined'
    return isUnchanged(row) ? 'unchanged' : 'skipped'
  }
}
