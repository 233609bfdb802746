import { createHash } from 'node:crypto'
import { type Counts, NO_COUNTS } from '../model/counts.ts'
import type { NoteRow, OutcomeCount, QuarantineRow } from '../model/ledger-records.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { type Classified, loadedKey } from './classify-batch.ts'
import { type RowRun, rowsIn, rowTest } from './row-runs.ts'
import { REFUSAL_CODES } from './stop-rules.ts'

/** A loaded row the server refused. */
export interface RefusedRow {
  readonly row: number
  readonly code: string
  readonly column: string | null
  readonly detail: string
}

/** What a batch comes to once it is known which rows the target took. */
export interface BatchOutcome {
  readonly counts: Counts
  readonly loadedEarlierInRun: number
  readonly quarantine: readonly QuarantineRow[]
  readonly exclusions: readonly { readonly key: readonly string[]; readonly code: string }[]
  readonly notes: readonly NoteRow[]
  readonly outcomes: readonly OutcomeCount[]
  readonly written: Readonly<Record<string, number>>
  readonly digest: Buffer
  readonly bytes: number
  /** Quarantined rows with a code Rehouse gave by itself. */
  readonly refused: number
}

export interface BatchResult {
  readonly buffers: BatchBuffers
  readonly compiled: CompiledEntity
  readonly classified: Classified
  readonly written: readonly RowRun[]
  readonly refused: readonly RefusedRow[]
}

export function outcomeOf(result: BatchResult): BatchOutcome {
  const { buffers, classified, written } = result
  const isWritten = rowTest(written)
  const whole = wholeRows(result)
  const parts = refusedParts(result)
  const exclusions = buffers.exclusions.filter(e => !classified.keptKeys.has(JSON.stringify(e.key)))
  const counts: Counts = {
    ...NO_COUNTS,
    read: buffers.read,
    loaded: rowsIn(written),
    unchanged: rowsIn(classified.unchanged),
    skipped: rowsIn(classified.changed) + classified.keptKeys.size,
    excluded: exclusions.length,
    quarantined: whole.length,
    partsQuarantined: parts.length,
  }
  const quarantine = [...whole, ...parts]
  return {
    counts,
    loadedEarlierInRun: rowsIn(classified.loadedEarlierInRun),
    quarantine,
    exclusions: exclusions.map(({ key, code }) => ({ key, code })),
    notes: buffers.notes.filter(({ row }) => isWritten(row)).map(({ note }) => note),
    outcomes: [...takenOutcomes(result), ...setAsideOutcomes(quarantine, exclusions)],
    written: writtenTables(result),
    digest: digestOf(buffers, written),
    bytes: buffers.bytes,
    refused: whole.filter(row => REFUSAL_CODES.has(row.code)).length,
  }
}

/** Set aside by the program, refused by the server, or held by the ledger. */
function wholeRows({ buffers, compiled, classified, refused }: BatchResult): readonly QuarantineRow[] {
  const isInteger = compiled.key?.isInteger ?? false
  const own = buffers.quarantine.filter(row => !classified.keptKeys.has(JSON.stringify(row.key)))
  const others = [...refused.map(row => ({ ...row, valueMasked: null })), ...classified.held]
  return [...own, ...others.map(({ row, ...reason }) => ({ key: loadedKey(buffers, { row, isInteger }), ...reason, part: null }))]
}

/** Parts of rows that are in the target: a row that is not there has no parts. */
function refusedParts({ buffers, classified, written }: BatchResult): readonly QuarantineRow[] {
  const isWritten = rowTest(written)
  const isUnchanged = rowTest(classified.unchanged)
  return buffers.parts.filter(({ row }) => isWritten(row) || isUnchanged(row)).map(({ refused }) => refused)
}

/** Of rows this run wrote, in this pass or an earlier one. */
function takenOutcomes({ buffers, compiled, written, classified }: BatchResult): readonly OutcomeCount[] {
  const isWritten = rowTest(written)
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
