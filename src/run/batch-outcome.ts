import { createHash } from 'node:crypto'
import { type Counts, NO_COUNTS } from '../model/counts.ts'
import type { BeforeImage, NoteRow, OutcomeCount, QuarantineRow } from '../model/ledger-records.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { type Classified, loadedKey } from './classify-batch.ts'
import { mergedImage } from './classify-merged.ts'
import { type OwnedOutcome, ownedOutcomeOf } from './owned-outcome.ts'
import type { RefusedRow } from './refusal-code.ts'
import { type RowRun, rowsIn, rowTest } from './row-runs.ts'
import { REFUSAL_CODES } from './stop-rules.ts'
import { NOT_TOPPED_UP, type ToppedUp } from './topped-up.ts'

/** What a batch comes to once it is known which rows the target took. */
export interface BatchOutcome {
  readonly counts: Counts
  readonly loadedEarlierInRun: number
  readonly quarantine: readonly QuarantineRow[]
  readonly exclusions: readonly { readonly key: readonly string[]; readonly code: string }[]
  readonly notes: readonly NoteRow[]
  readonly outcomes: readonly OutcomeCount[]
  /** Rows that are other rows, to be remembered. */
  readonly merged: readonly { readonly key: readonly string[]; readonly id: string }[]
  readonly written: Readonly<Record<string, number>>
  readonly digest: Buffer
  readonly bytes: number
  /** Quarantined rows with a code Rehouse gave by itself. */
  readonly refused: number
  /** Rows whose id map row the batch writes. */
  readonly mapped: readonly RowRun[]
  /** Of those the keys that are in the id map already. */
  readonly remapped: readonly (readonly string[])[]
  readonly images: readonly BeforeImage[]
  readonly resolved: readonly (readonly string[])[]
  /** Of relations the entity accounts for besides its own. */
  readonly owned: OwnedOutcome
}

export interface BatchResult {
  readonly buffers: BatchBuffers
  readonly compiled: CompiledEntity
  readonly classified: Classified
  readonly written: readonly RowRun[]
  readonly refused: readonly RefusedRow[]
  /** Null: no top-up run, so loaded rows stay as they are. */
  readonly toppedUp: ToppedUp | null
}

export function outcomeOf(result: BatchResult): BatchOutcome {
  const { buffers, classified } = result
  const { updated, net, images, resolved } = result.toppedUp ?? NOT_TOPPED_UP
  const mapped = together(result.written, updated)
  const isMapped = rowTest(mapped)
  const whole = wholeRows(result)
  const parts = refusedParts(result, mapped)
  const exclusions = buffers.exclusions.filter(e => !classified.keptKeys.has(JSON.stringify(e.key)))
  const quarantine = [...whole, ...parts]
  const { fresh, moved } = classified.merged
  const merged = [...fresh, ...moved.map(({ row }) => row)]
  const unmerged = unmergedRows(result)
  const mergedNotes = merged.flatMap(row => row.notes)
  const owned = ownedOutcomeOf(result, mapped)
  return {
    ...countsOf(result, { excluded: exclusions.length, quarantined: whole.length, partsQuarantined: parts.length }),
    quarantine: [...quarantine, ...owned.quarantine],
    exclusions: exclusions.map(({ key, code }) => ({ key, code })),
    notes: [...buffers.notes.filter(({ row }) => isMapped(row)).map(({ note }) => note), ...mergedNotes],
    outcomes: [
      ...takenOutcomes(result, mapped),
      ...mergedNotes.map(({ code, column }) => ({ kind: 'note' as const, column: column ?? '', code, count: 1 })),
      ...setAsideOutcomes(quarantine, exclusions),
      ...touchedOutcome(result),
      ...owned.outcomes,
    ],
    merged: merged.map(({ key, id }) => ({ key, id })),
    written: added(writtenTables(result), net),
    digest: digestOf(buffers, mapped),
    bytes: buffers.bytes,
    refused: whole.filter(row => REFUSAL_CODES.has(row.code)).length,
    mapped,
    remapped: [...updated.flatMap(run => keysIn(result, run)), ...moved.map(({ row }) => row.key), ...unmerged.map(({ key }) => key)],
    images: [
      ...images,
      ...moved.map(({ row, before }) => mergedImage(row.key, before, 'update')),
      ...unmerged.map(({ key, before }) => mergedImage(key, before, 'delete')),
    ],
    resolved,
    owned,
  }
}

function countsOf(
  { buffers, classified, written, toppedUp }: BatchResult,
  aside: Pick<Counts, 'excluded' | 'quarantined' | 'partsQuarantined'>,
): Pick<BatchOutcome, 'counts' | 'loadedEarlierInRun'> {
  const { merged } = classified
  const updatedEarlier = rowsIn(toppedUp?.updatedEarlier ?? [])
  // Rows whose update the server refused were unchanged before, as those are in which both sides changed. A repair updates rows whose source is as it was.
  const isUnchanged = rowTest(classified.unchanged)
  const restored = (toppedUp?.updated ?? []).reduce((sum, { from, to }) => sum + countWhere(from, to, isUnchanged), 0)
  const unchanged = rowsIn(classified.unchanged) - updatedEarlier - restored
  const counts: Counts = {
    ...NO_COUNTS,
    read: buffers.read,
    loaded: rowsIn(written),
    updated: rowsIn(toppedUp?.updated ?? []) + updatedEarlier + merged.moved.length,
    unchanged: unchanged + merged.unchanged.length,
    merged: merged.fresh.length + merged.earlier.length,
    skipped: (toppedUp === null ? rowsIn(classified.changed) : toppedUp.skipped) + classified.keptKeys.size,
    ...aside,
  }
  return { counts, loadedEarlierInRun: rowsIn(classified.loadedEarlierInRun) - updatedEarlier }
}

/** Rows of their own now that were another row; one the server refused stays what it was. */
function unmergedRows({ buffers, compiled, classified, written }: BatchResult): readonly UnmergedRow[] {
  const isWritten = rowTest(written)
  const isInteger = compiled.key?.isInteger ?? false
  const rows = classified.unmerged.filter(({ row }) => isWritten(row))
  return rows.map(({ row, before }) => ({ key: loadedKey(buffers, { row, isInteger }), before }))
}

interface UnmergedRow {
  readonly key: readonly string[]
  readonly before: Classified['unmerged'][number]['before']
}

function countWhere(from: number, to: number, test: (row: number) => boolean): number {
  let count = 0
  for (let row = from; row < to; row++) if (test(row)) count++
  return count
}

/** In the order of the batch. */
function together(a: readonly RowRun[], b: readonly RowRun[]): readonly RowRun[] {
  return b.length === 0 ? a : [...a, ...b].toSorted((x, y) => x.from - y.from)
}

function added(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...a }
  for (const [table, rows] of Object.entries(b)) sum[table] = (sum[table] ?? 0) + rows
  return sum
}

function keysIn({ buffers, compiled }: BatchResult, { from, to }: RowRun): readonly (readonly string[])[] {
  const isInteger = compiled.key?.isInteger ?? false
  return Array.from({ length: to - from }, (_, i) => loadedKey(buffers, { row: from + i, isInteger }))
}

function touchedOutcome({ toppedUp }: BatchResult): readonly OutcomeCount[] {
  const count = toppedUp?.touched.length ?? 0
  return count === 0 ? [] : [{ kind: 'note', column: '', code: 'target_changed', count }]
}

/** Set aside by the program, refused by the server, held by the ledger, or in the target as neither the source has them nor they were loaded. */
function wholeRows({ buffers, compiled, classified, refused, toppedUp }: BatchResult): readonly QuarantineRow[] {
  const isInteger = compiled.key?.isInteger ?? false
  const own = buffers.quarantine.filter(row => !classified.keptKeys.has(JSON.stringify(row.key)))
  const others = [...[...refused, ...(toppedUp?.kept ?? [])].map(row => ({ ...row, valueMasked: null })), ...classified.held]
  return [
    ...own,
    ...others.map(({ row, ...reason }) => ({ key: loadedKey(buffers, { row, isInteger }), ...reason, part: null })),
    ...classified.merged.held,
  ]
}

/** Parts of rows that are in the target: a row that is not there has no parts. */
function refusedParts({ buffers, classified }: BatchResult, mapped: readonly RowRun[]): readonly QuarantineRow[] {
  const isWritten = rowTest(mapped)
  const isUnchanged = rowTest(classified.unchanged)
  return buffers.parts.filter(({ row }) => isWritten(row) || isUnchanged(row)).map(({ refused }) => refused)
}

/** Of rows this run wrote, in this pass or an earlier one. */
function takenOutcomes({ buffers, compiled, classified }: BatchResult, mapped: readonly RowRun[]): readonly OutcomeCount[] {
  const isWritten = rowTest(mapped)
  const isEarlier = rowTest(classified.loadedEarlierInRun)
  return compiled.state.registry.named(buffers.countTaken(row => isWritten(row) || isEarlier(row)))
}

function setAsideOutcomes(quarantine: readonly QuarantineRow[], exclusions: BatchBuffers['exclusions']): readonly OutcomeCount[] {
  const counts = new Map<string, OutcomeCount>()
  const add = (kind: 'quarantine' | 'exclude', column: string, code: string): void => {
    const name = JSON.stringify([kind, column, code])
    counts.set(name, { kind, column, code, count: (counts.get(name)?.count ?? 0) + 1 })
  }
  for (const row of quarantine) add('quarantine', row.column ?? '', row.code)
  for (const row of exclusions) add('exclude', row.column, row.code)
  return [...counts.values()]
}

function writtenTables({ buffers, compiled, written }: BatchResult): Readonly<Record<string, number>> {
  const tables: Record<string, number> = {}
  for (const [t, table] of compiled.tables.entries()) {
    const count = written.reduce((sum, run) => sum + (buffers.tables[t]?.count(run.from, run.to) ?? 0), 0)
    tables[table.name] = (tables[table.name] ?? 0) + count
  }
  return tables
}

/** SHA-256 over the tuples as they would be sent all at once: table by table, rows in key order. */
export function digestOf(buffers: BatchBuffers, written: readonly RowRun[]): Buffer {
  const hash = createHash('sha256')
  for (const table of buffers.tables) for (const run of written) hash.update(table.slice(run.from, run.to))
  return hash.digest()
}
