import { canonicalKey } from '../../base/key-text.ts'
import { bug, RehouseError } from '../../errors.ts'
import { isBalanced } from '../../model/counts.ts'
import type { BatchRecord } from '../../model/ledger-records.ts'
import { fenceLost } from '../fence-lost.ts'
import { decodeIdMap, type IdMapRow } from './decode-id-map.ts'
import { type KeyRoom, type MemoryStore, quarantineName } from './memory-store.ts'

/** Everything that PostgreSQL would refuse, before anything is changed: FENCE_LOST, BUG for counts that do not add up, LEDGER_INVALID for a key that is there. */
export function checkBatch(store: MemoryStore, record: BatchRecord): void {
  checkFence(store, record)
  if (!record.counts.every(line => isBalanced(line.counts))) {
    throw new RehouseError('BUG', 'expected every row read to have exactly one outcome, got counts that do not add up', {
      where: { batch: record.id },
      next: 'Nothing of the batch was kept. Report it with the run’s audit file.',
    })
  }
  if (store.batches.has(record.id)) throw bug(`expected a new number for a batch, got ${record.id}, which is taken`)
  if (record.digest.length !== 32) throw bug(`expected a digest of 32 bytes, got ${record.digest.length}`)
  checkKeys(store, record)
}

function checkFence(store: MemoryStore, record: BatchRecord): void {
  const task = store.tasks.get(record.task.id)
  if (task?.fence !== record.task.fence || task.run !== record.run) throw fenceLost(record.task)
}

function checkKeys(store: MemoryStore, record: BatchRecord): void {
  const leaving = new Set(record.unmapped.map(canonicalKey))
  const coming = new Set<string>()
  for (const { key } of record.merged ?? []) checkMerged(store, record, { key: canonicalKey(key), leaving })
  for (const { key, entity, tenant } of record.idMap === null ? [] : decodeIdMap(record.idMap)) {
    const mapped = store.room({ entity, tenant }).mapped.get(key)
    const isThere = mapped?.format === record.idMap?.format && !leaving.has(key)
    if (isThere || coming.has(key)) throw keyThere(record)
    coming.add(key)
  }
}

function checkMerged(store: MemoryStore, record: BatchRecord, of: { readonly key: string; readonly leaving: ReadonlySet<string> }): void {
  if (store.room(record).merged.has(of.key) && !of.leaving.has(of.key)) throw keyThere(record)
}

function keyThere(record: BatchRecord): RehouseError {
  return new RehouseError('LEDGER_INVALID', 'expected keys that are not in the id map, got one that is there already', {
    where: { batch: record.id },
    next: 'Nothing of the batch was kept. See that the key of the source relation is unique; then resume.',
  })
}

/** The record as it is now: its buffers are the caller's again. */
export function keptRecord(record: BatchRecord): BatchRecord {
  const tuples = record.idMap?.tuples.map(chunk => Buffer.from(chunk)) ?? []
  const images = (record.images ?? []).map(image => ({ ...image, before: image.before && Buffer.from(image.before) }))
  return { ...record, idMap: record.idMap && { ...record.idMap, tuples }, images }
}

/** Applies a checked batch. The fence cannot have been raised meanwhile: who takes a task over waits for its batch, or ends the writer. */
export function applyBatch(store: MemoryStore, record: BatchRecord): void {
  const room = store.room(record)
  for (const key of record.unmapped) {
    room.mapped.delete(canonicalKey(key))
    room.merged.delete(canonicalKey(key))
  }
  for (const { key, id } of record.merged ?? []) room.merged.set(canonicalKey(key), { id, batch: record.id })
  const mapped = record.idMap === null ? [] : decodeIdMap(record.idMap)
  for (const row of mapped) mapRow(store, record, row)
  const others = openOfOthers(room, record)
  refuseRows(room, record)
  for (const { key, code } of record.exclusions) room.excluded.set(canonicalKey(key), code)
  if (record.kind === 'load') resolveRows(room, { record, others, ended: endedKeys(record, mapped) })
  freeRows(room, record)
  store.batches.set(record.id, record)
  moveTask(store, record)
}

function mapRow(store: MemoryStore, record: BatchRecord, { entity, tenant, key, id, hash, batch }: IdMapRow): void {
  store.room({ entity, tenant }).mapped.set(key, { id, hash, batch, format: record.idMap?.format ?? 'text' })
}

/** Names of the open quarantine rows of other runs; in a later pass of every batch before. */
function openOfOthers(room: KeyRoom, record: BatchRecord): readonly string[] {
  return [...room.quarantine].flatMap(([name, row]) =>
    row.resolvedBatch === null && (record.pass > 1 || row.lastRun !== record.run) ? [name] : [],
  )
}

function refuseRows(room: KeyRoom, record: BatchRecord): void {
  const seen = new Map<string, number>()
  for (const row of record.quarantine) {
    const key = canonicalKey(row.key)
    const first = quarantineName(key, { part: row.part, ordinal: 0 })
    const ordinal = seen.get(first) ?? 0
    seen.set(first, ordinal + 1)
    const name = quarantineName(key, { part: row.part, ordinal })
    const firstRun = room.quarantine.get(name)?.firstRun ?? record.run
    room.quarantine.set(name, { ...row, ordinal, batch: record.id, firstRun, lastRun: record.run, resolvedBatch: null })
    if (row.part === null) room.excluded.delete(key)
  }
}

function endedKeys(record: BatchRecord, mapped: readonly IdMapRow[]): ReadonlySet<string> {
  const refused = [...record.quarantine, ...record.exclusions, ...(record.merged ?? [])].map(row => canonicalKey(row.key))
  return new Set([...refused, ...mapped.map(row => row.key)])
}

/** Rows of earlier runs whose key this batch loaded, excluded or refused in another way. */
function resolveRows(
  room: KeyRoom,
  of: { readonly record: BatchRecord; readonly others: readonly string[]; readonly ended: ReadonlySet<string> },
): void {
  for (const name of of.others) {
    const row = room.quarantine.get(name)
    if (row && row.batch !== of.record.id && of.ended.has(canonicalKey(row.key)))
      room.quarantine.set(name, { ...row, resolvedBatch: of.record.id })
  }
}

function freeRows(room: KeyRoom, record: BatchRecord): void {
  const freed = new Set((record.resolved ?? []).map(canonicalKey))
  const freedParts = new Set((record.resolvedParts ?? []).map(canonicalKey))
  for (const [name, row] of freed.size + freedParts.size === 0 ? [] : room.quarantine)
    if (row.resolvedBatch === null && (row.part === null ? freed : freedParts).has(canonicalKey(row.key)))
      room.quarantine.set(name, { ...row, resolvedBatch: record.id })
}

function moveTask(store: MemoryStore, record: BatchRecord): void {
  const task = store.tasks.get(record.task.id)
  if (task === undefined) throw fenceLost(record.task)
  if (record.taskState === 'settled') store.backends.delete(task.id)
  store.tasks.set(task.id, {
    ...task,
    state: record.taskState,
    position: record.upTo ?? task.position,
    sourceCount: record.sourceCount ?? task.sourceCount,
  })
}
