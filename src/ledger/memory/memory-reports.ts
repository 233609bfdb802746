import { compareCodePoints } from '../../base/code-point-order.ts'
import { canonicalKey } from '../../base/key-text.ts'
import { addCounts, type Counts, NO_COUNTS } from '../../model/counts.ts'
import { type BatchRecord, type CountLine, ID_MAP_IMAGE, type TaskRecord } from '../../model/ledger-records.ts'
import type { BatchDigest, Ledger, QuarantineEntry, QuarantineFilter, TenantOutcome } from '../ledger.ts'
import type { MemoryStore, StoredQuarantine, StoredTask } from './memory-store.ts'

type Quarantined = Awaited<ReturnType<Ledger['quarantine']>>
type Outcomes = Awaited<ReturnType<Ledger['outcomes']>>
type Totals = Awaited<ReturnType<Ledger['totals']>>

function batchesOf(store: MemoryStore, task: string): readonly BatchRecord[] {
  return [...store.batches.values()].filter(batch => batch.task.id === task)
}

/** Of the latest pass that has a batch. */
export function latestBatches(store: MemoryStore, task: string): readonly BatchRecord[] {
  const batches = batchesOf(store, task)
  const pass = Math.max(...batches.map(batch => batch.pass))
  return batches.filter(batch => batch.pass === pass)
}

/** Rows loaded earlier in the run are unchanged now and loaded all the same. */
function countsOf(batches: readonly BatchRecord[]): Counts {
  let sum = NO_COUNTS
  for (const line of batches.flatMap(batch => batch.counts)) if (line.isOwned !== true) sum = addCounts(sum, lineCounts(line))
  return sum
}

export function lineCounts({ counts, loadedEarlierInRun }: CountLine): Counts {
  return addCounts(counts, { ...NO_COUNTS, loaded: loadedEarlierInRun, unchanged: -loadedEarlierInRun })
}

function secondsOf(batches: readonly BatchRecord[]): number {
  return batches.reduce((sum, batch) => sum + batch.seconds, 0)
}

export function taskRecord(store: MemoryStore, task: StoredTask): TaskRecord {
  const batches = latestBatches(store, task.id)
  return { ...task, counts: countsOf(batches), seconds: secondsOf(batches) }
}

export function totals(store: MemoryStore, run: string): Totals {
  return [...store.tasks.values()]
    .filter(task => task.run === run)
    .toSorted((a, b) => a.entity - b.entity || a.tenant - b.tenant)
    .map(task => {
      const { entity, tenant, counts, seconds } = taskRecord(store, task)
      const relations = relationsIn(latestBatches(store, task.id))
      return { entity, tenant, counts, seconds, written: writtenBy(batchesOf(store, task.id)), relations }
    })
}

function relationsIn(batches: readonly BatchRecord[]): Totals[number]['relations'] {
  const own = batches.flatMap(batch => batch.counts).filter(line => line.isOwned !== true)
  const names = new Set(own.map(({ relation }) => relation))
  return [...names].toSorted(compareCodePoints).map(relation => ({
    relation,
    counts: countsOf(batches.map(batch => ({ ...batch, counts: batch.counts.filter(line => line.relation === relation) }))),
  }))
}

function writtenBy(batches: readonly BatchRecord[]): Readonly<Record<string, number>> {
  const written: Record<string, number> = {}
  for (const batch of batches) for (const [table, rows] of Object.entries(batch.written)) written[table] = (written[table] ?? 0) + rows
  return written
}

export function outcomes(store: MemoryStore, run: string): Outcomes {
  const sums = new Map<string, Outcomes[number]>()
  for (const task of store.tasks.values()) {
    if (task.run !== run) continue
    const entity = store.entities.get(task.entity)?.name ?? ''
    for (const { kind, column, code, count } of latestBatches(store, task.id).flatMap(batch => batch.outcomes)) {
      const name = JSON.stringify([entity, kind, column, code])
      sums.set(name, { entity, kind, column, code, count: count + (sums.get(name)?.count ?? 0) })
    }
  }
  const order = (a: Outcomes[number], b: Outcomes[number]): number =>
    compareCodePoints(a.entity, b.entity) ||
    compareCodePoints(a.kind, b.kind) ||
    compareCodePoints(a.column, b.column) ||
    compareCodePoints(a.code, b.code)
  return [...sums.values()].filter(outcome => outcome.count !== 0).toSorted(order)
}

export function tenantOutcomes(store: MemoryStore, run: string): readonly TenantOutcome[] {
  const sums = new Map<string, TenantOutcome>()
  for (const { id, run: of, entity, tenant } of store.tasks.values()) {
    if (of !== run) continue
    for (const { kind, column, code, count } of latestBatches(store, id).flatMap(batch => batch.outcomes)) {
      const name = JSON.stringify([entity, tenant, kind, column, code])
      sums.set(name, { entity, tenant, kind, column, code, count: count + (sums.get(name)?.count ?? 0) })
    }
  }
  return [...sums.values()].filter(outcome => outcome.count !== 0)
}

type Listed = { readonly entry: QuarantineEntry; readonly row: StoredQuarantine }

export function quarantine(store: MemoryStore, filter: QuarantineFilter): Quarantined {
  const listed = store.rooms().flatMap(({ entity, tenant, room }) =>
    [...room.quarantine.values()]
      .filter(row => row.resolvedBatch === null)
      .map(
        (row): Listed => ({
          row,
          entry: entryOf(row, { entity: store.entities.get(entity)?.name ?? '', tenant: store.tenantCode(tenant) }),
        }),
      ),
  )
  const found = listed.filter(({ entry }) => matches(entry, filter)).toSorted(compareListed)
  return { total: found.length, rows: found.slice(0, filter.limit ?? found.length).map(({ entry }) => entry) }
}

function entryOf(row: StoredQuarantine, place: { readonly entity: string; readonly tenant: string | null }): QuarantineEntry {
  const { key, code, column, valueMasked, detail, part, batch, firstRun, lastRun } = row
  return { ...place, key, code, column, value_masked: valueMasked, detail, part, batch, first_run: firstRun, last_run: lastRun }
}

function matches(entry: QuarantineEntry, filter: QuarantineFilter): boolean {
  return (
    (filter.run === undefined || entry.first_run === filter.run || entry.last_run === filter.run) &&
    (filter.tenant === undefined || entry.tenant === filter.tenant) &&
    (filter.entity === undefined || entry.entity === filter.entity) &&
    (filter.code === undefined || entry.code === filter.code) &&
    (filter.key === undefined || canonicalKey(entry.key) === canonicalKey(filter.key))
  )
}

/** By entity, tenant (shared rows first), key and part. */
function compareListed(a: Listed, b: Listed): number {
  return (
    compareCodePoints(a.entry.entity, b.entry.entity) ||
    Number(a.entry.tenant !== null) - Number(b.entry.tenant !== null) ||
    compareCodePoints(a.entry.tenant ?? '', b.entry.tenant ?? '') ||
    compareCodePoints(canonicalKey(a.entry.key), canonicalKey(b.entry.key)) ||
    compareCodePoints(a.entry.part ?? '', b.entry.part ?? '') ||
    a.row.ordinal - b.row.ordinal
  )
}

export function digests(store: MemoryStore, run: string): readonly BatchDigest[] {
  return [...store.batches.values()]
    .filter(batch => batch.run === run)
    .toSorted((a, b) => Number(a.id) - Number(b.id))
    .map(({ id, entity, tenant, digest }) => ({ batch: id, entity, tenant, digest: digest.toString('hex') }))
}

/** Of the given keys those whose loaded rows batches of the run updated. */
export function updatedIn(store: MemoryStore, of: { readonly run: string } & Parameters<Ledger['updatedIn']>[1]): ReadonlySet<string> {
  const { run, entity, tenant, keys } = of
  const wanted = new Set(keys.map(canonicalKey))
  const own = [...store.batches.values()].filter(batch => batch.run === run && batch.entity === entity && batch.tenant === tenant)
  const images = own.flatMap(batch => batch.images ?? []).filter(image => image.table === ID_MAP_IMAGE && image.operation === 'update')
  return new Set(images.map(image => canonicalKey(image.key)).filter(key => wanted.has(key)))
}
