import { canonicalKey } from '../base/key-text.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { KnownKey } from '../model/ledger-records.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { TargetReader, WriteTransaction } from '../target/target.ts'
import { type Classified, loadedKey } from './classify-batch.ts'
import { entityTables } from './entity-tables.ts'
import type { LoadContext, TopUpConflict } from './load-context.ts'
import { type RefusedRow, refusalCode, refusalDetail, refusedColumn } from './refusal-code.ts'
import { programId, repairedBatch, repairsOf } from './repaired-rows.ts'
import { type ChangedRow, changeOf } from './row-changes.ts'
import { type RowRun, rowTest, runsWhere } from './row-runs.ts'
import { type ReadRows, type RowPlace, TargetRows } from './target-rows.ts'
import { NOT_TOPPED_UP, type ToppedUp } from './topped-up.ts'
import { netWritten, writeChanges } from './write-changes.ts'

/** A row of a batch that was loaded before. */
export interface LoadedRow extends ChangedRow {
  /** In the batch. */
  readonly row: number
  /** What the program makes of the source now; `hash` is what was loaded. */
  readonly source: string
}

/** How rows stand when as loaded, source now and target now are compared. */
export interface Standing {
  /** The source changed, and the target is as loaded or as the source is: to be updated. With `overwrite` whatever the target is; with `repair` wherever it is not as the source. */
  readonly updates: readonly LoadedRow[]
  /** Both changed. */
  readonly conflicts: readonly LoadedRow[]
  /** Both changed, and the mapping says to keep the target. */
  readonly skipped: readonly LoadedRow[]
  /** Only the target changed. */
  readonly touched: readonly LoadedRow[]
}

const CONFLICT = { code: 'conflict', column: null, detail: 'source and target both changed since it was loaded' }

export function standingOf(rows: readonly LoadedRow[], target: TargetRows, rule: TopUpConflict): Standing {
  const standing = { updates: [] as LoadedRow[], conflicts: [] as LoadedRow[], skipped: [] as LoadedRow[], touched: [] as LoadedRow[] }
  for (const row of rows) {
    const now = target.hash(row.id)
    if (rule === 'repair') {
      if (now !== row.source || row.hash !== row.source) standing.updates.push(row)
    } else if (row.source === row.hash) {
      if (now !== row.hash) standing.touched.push(row)
    } else if (now === row.hash || now === row.source || rule === 'overwrite') standing.updates.push(row)
    else if (rule === 'skip') standing.skipped.push(row)
    else standing.conflicts.push(row)
  }
  return standing
}

/** The rows of a batch that are in the id map, but for those this run has written itself. `known`: in the order of the batch. */
export function loadedRows(buffers: BatchBuffers, { classified, known, isInteger }: KnownBatch): readonly LoadedRow[] {
  const isEarlier = rowTest(classified.loadedEarlierInRun)
  const rows: LoadedRow[] = []
  for (let row = 0; row < buffers.loaded; row++) {
    const before = known[row]
    if (before?.state !== 'loaded' || isEarlier(row)) continue
    const { id, hash, batch } = before
    const now = buffers.tables.map(table => table.slice(row, row + 1))
    rows.push({ row, key: loadedKey(buffers, { row, isInteger }), id, hash, batch, source: buffers.hashAt(row), now })
  }
  return rows
}

export interface KnownBatch {
  readonly classified: Classified
  readonly known: readonly (KnownKey | null)[]
  readonly isInteger: boolean
}

/** Compares three ways and writes what is to be updated. Looks without locking first, so that a rerun locks nothing; what is to be written is looked at again under a lock. */
export async function topUpBatch(tx: WriteTransaction, batch: TopUpBatch): Promise<ToppedUp> {
  const { place, rule, live, buffers } = batch
  const rows = rule === 'repair' ? batch.rows.filter(row => row.id.toLowerCase() === programId(buffers, row.row)) : batch.rows
  const read: ReadRows = request => tx.readRows(request)
  const first = await lookAt(rows, place, { read, rule })
  const wanted = first.updates
  const locked = await TargetRows.read(place, idsOf(wanted), { read, lock: 'rows' })
  const again = standingOf(wanted, locked, rule)
  const found = again.updates.map(row => ({ row, change: changeOf(row, locked, { place, live }) }))
  const changes = rule === 'repair' ? repairsOf(found) : found
  const refused = await writeChanges(tx, changes, place)
  const isRefused = new Set(refused.map(({ row }) => row.row.row))
  const done = changes.filter(({ row }) => !isRefused.has(row.row))
  const isDone = new Set(done.map(({ row }) => row.row))
  if (rule === 'repair') return repairedBatch({ batch, own: rows, changes: done, refused: refused.map(({ row }) => row) })
  const conflicts = [...first.conflicts, ...again.conflicts].map(({ row }): RefusedRow => ({ row, ...CONFLICT }))
  const kept = [...conflicts, ...refused.map(({ row, refusal }): RefusedRow => ({ row: row.row.row, ...refusedFor(refusal) }))]
  return {
    ...NOT_TOPPED_UP,
    updated: runsWhere(buffers.loaded, row => isDone.has(row)),
    kept,
    skipped: first.skipped.length + again.skipped.length,
    touched: first.touched.map(({ key }) => key),
    images: done.flatMap(({ change }) => change.images),
    net: netWritten(
      done.map(({ change }) => change),
      place,
    ),
  }
}

export interface TopUpBatch {
  readonly buffers: BatchBuffers
  readonly rows: readonly LoadedRow[]
  readonly place: RowPlace
  readonly rule: TopUpConflict
  /** `schema.table.column` written as NULL first. */
  readonly live: ReadonlySet<string>
}

/** What `topUpBatch` would do, as far as can be told without writing. */
export async function foreseeBatch(reader: TargetReader, batch: TopUpBatch): Promise<ToppedUp> {
  const { rows, place, rule, live, buffers } = batch
  const { signal } = new AbortController()
  const read: ReadRows = ({ table, column, columns, ids }) => reader.rows({ table, tenant: null, columns, orderBy: column, ids, signal })
  const target = await TargetRows.read(place, idsOf(rows), { read })
  const { updates, conflicts, skipped, touched } = standingOf(rows, target, rule)
  const isUpdated = new Set(updates.map(({ row }) => row))
  return {
    ...NOT_TOPPED_UP,
    updated: runsWhere(buffers.loaded, row => isUpdated.has(row)),
    kept: conflicts.map(({ row }) => ({ row, ...CONFLICT })),
    skipped: skipped.length,
    touched: touched.map(({ key }) => key),
    net: netWritten(
      updates.map(row => changeOf(row, target, { place, live })),
      place,
    ),
  }
}

function idsOf(rows: readonly LoadedRow[]): readonly string[] {
  return rows.map(({ id }) => id)
}

async function lookAt(rows: readonly LoadedRow[], place: RowPlace, of: { read: ReadRows; rule: TopUpConflict }): Promise<Standing> {
  return standingOf(rows, await TargetRows.read(place, idsOf(rows), { read: of.read }), of.rule)
}

function refusedFor(refusal: Parameters<typeof refusalCode>[0]): Omit<RefusedRow, 'row'> {
  return { code: refusalCode(refusal), column: refusedColumn(refusal), detail: refusalDetail(refusal) }
}

export function rowPlace({ facts, compiled }: Pick<LoadContext, 'facts' | 'compiled'>): RowPlace {
  return { tables: compiled.tables, found: entityTables(facts.entity, compiled.tables) }
}

/** Rows of this run’s earlier passes that it updated, not loaded: the accounting keeps the two apart. */
export async function updatedEarlier(
  { service, entity, tenant, run }: Pick<LoadContext, 'service' | 'entity' | 'tenant' | 'run'>,
  buffers: BatchBuffers,
  { classified, isInteger }: Omit<KnownBatch, 'known'>,
): Promise<readonly RowRun[]> {
  if (classified.loadedEarlierInRun.length === 0) return []
  const isEarlier = rowTest(classified.loadedEarlierInRun)
  const keys: (readonly string[])[] = []
  for (let row = 0; row < buffers.loaded; row++) if (isEarlier(row)) keys.push(loadedKey(buffers, { row, isInteger }))
  const updated = await service.ledger.updatedIn(run, { entity: entity.number, tenant: tenant?.number ?? 0, keys })
  if (updated.size === 0) return []
  return runsWhere(buffers.loaded, row => isEarlier(row) && updated.has(canonicalKey(loadedKey(buffers, { row, isInteger }))))
}

/** Canonical keys of whole rows in quarantine. Of rows that are in the target too, these are conflicts and refused updates. */
export async function quarantinedKeys(
  ledger: Pick<Ledger, 'quarantine'>,
  of: { entity: string; tenant: string | null },
): Promise<ReadonlySet<string>> {
  const { entity, tenant } = of
  const { rows } = await ledger.quarantine({ entity, ...(tenant === null ? {} : { tenant }), limit: null })
  return new Set(rows.filter(row => row.part === null && row.tenant === tenant).map(row => canonicalKey(row.key)))
}

/** Of the loaded rows of a batch those that need be in quarantine no longer. What was updated leaves it by being loaded. */
export function resolvedKeys(
  rows: readonly LoadedRow[],
  { updated, kept }: ToppedUp,
  open: ReadonlySet<string>,
): readonly (readonly string[])[] {
  if (open.size === 0) return []
  const isUpdated = rowTest(updated)
  const isKept = new Set(kept.map(({ row }) => row))
  return rows.filter(({ row, key }) => !isUpdated(row) && !isKept.has(row) && open.has(canonicalKey(key))).map(({ key }) => key)
}
