import { createHash } from 'node:crypto'
import { canonicalKey } from '../base/key-text.ts'
import { NO_COUNTS } from '../model/counts.ts'
import type { Finding } from '../model/finding.ts'
import type { BatchRecord, BeforeImage, QuarantineRow, TaskRecord } from '../model/ledger-records.ts'
import { partsOf } from '../plan/row-program.ts'
import type { Writer, WriteTransaction } from '../target/target.ts'
import { mergedImage } from './classify-merged.ts'
import type { GoneRows } from './find-gone.ts'
import { type ChangedRow, changeOf } from './row-changes.ts'
import { type RowsByKeys, rowsByKeys } from './rows-by-keys.ts'
import { atSeam } from './seams.ts'
import { type CascadeContext, childrenOf, mergedInto, selectIds } from './take-back-cascade.ts'
import { type ReadRows, type RowPlace, TargetRows } from './target-rows.ts'
import { namedKeys } from './touched-rows.ts'
import { netWritten, writeChanges } from './write-changes.ts'

const ROWS_AT_ONCE = 5_000
const NONE: ReadonlySet<string> = new Set()

/** What becomes of the rows of one entity and tenant that are gone. */
class Removal {
  readonly gone: GoneRows
  readonly total: number
  /** Neither removed nor decided to stay. */
  readonly pending: Set<string>
  removed = 0
  /** Both sides changed: the row is gone in the source, and somebody wrote to it in the target. */
  conflicts = 0
  refused = 0

  constructor(gone: GoneRows) {
    this.gone = gone
    this.total = gone.rows.size
    this.pending = new Set(gone.rows.keys())
  }
}

/**
 * Removes rows that are gone, children before parents, in transactions of their own with their ledger rows; what the process leaves undone when it dies is found again by the next run.
 * A row stays that others refer to, wherever they come from, and one that somebody changed in the target, unless the mapping says to overwrite it. Returns what to tell.
 */
export async function removeGone(found: readonly GoneRows[], context: CascadeContext): Promise<readonly Finding[]> {
  const removals = found.map(gone => new Removal(gone))
  for (let hasMoved = true; hasMoved; ) {
    hasMoved = false
    for (const name of [...context.order].reverse())
      for (const removal of removals.filter(({ gone }) => gone.entity.name === name))
        while (removal.pending.size > 0 && (await removeRound(removal, context))) hasMoved = true
  }
  return removals.filter(({ total }) => total > 0).map(findingOf)
}

/** Rows in quarantine that are gone from the source leave it: there is nothing left to correct. */
export async function freeStale(found: readonly GoneRows[], context: CascadeContext): Promise<void> {
  for (const gone of found.filter(({ stale }) => stale.length > 0)) {
    const { entity, tenant } = gone
    const { target, ledger, name } = context.service(entity.service)
    const writer = await target.openWriter()
    try {
      const task = await context.claimTask(entity.name, tenant?.code ?? null, writer)
      const id = await ledger.nextBatch()
      const tx = await writer.begin()
      const record = recordOf({ removal: new Removal(gone), context, writer, task }, { id, conflicts: [], done: [], merged: [] })
      await ledger.recordBatch(tx, { ...record, resolved: gone.stale, resolvedParts: gone.stale })
      const place = { entity: entity.name, service: name, batch: id }
      await atSeam(context.hooks, 'before_correction_commit', place)
      await tx.commit({ durable: true })
      await atSeam(context.hooks, 'after_correction_commit', place)
    } finally {
      await writer.close()
    }
  }
}

/** Of rows that are only told. */
export function toldGone(found: readonly GoneRows[]): readonly Finding[] {
  return found
    .map(gone => new Removal(gone))
    .filter(({ total }) => total > 0)
    .map(findingOf)
}

function findingOf({ gone, total, removed, conflicts, refused, pending }: Removal): Finding {
  const { entity, tenant } = gone
  const keys = [...gone.rows.keys()].slice(0, 6).map(key => partsOf(key).join(','))
  const isTold = removed + conflicts + refused === 0 && pending.size === total
  const stays = [
    ...(conflicts > 0 ? [`${conflicts} stay because somebody changed them in the target`] : []),
    ...(refused > 0 ? [`${refused} stay because the server would not remove them`] : []),
    ...(pending.size > 0 && !isTold ? [`${pending.size} stay because other rows refer to them`] : []),
  ]
  const became = isTold ? 'the target keeps them' : [`${removed} were removed`, ...stays].join(', ')
  return {
    code: 'SOURCE_ROWS_GONE',
    severity: 'warning',
    where: { entity: entity.name, ...(tenant === null ? {} : { tenant: tenant.code }) },
    message: `expected every loaded row to be in the source still, got ${total} that are not: ${namedKeys(keys, total)}; ${became}`,
    next: isTold
      ? 'Keep them, or remove them with `rehouse migrate --top-up --delete-gone`.'
      : total === removed
        ? 'Nothing.'
        : 'Remove what refers to them, or keep them.',
  }
}

/** True: something moved. */
async function removeRound(removal: Removal, context: CascadeContext): Promise<boolean> {
  const before = removal.pending.size
  const keys = [...removal.pending]
  const { entity, tenant } = removal.gone
  const { target } = context.service(entity.service)
  const writer = await target.openWriter()
  try {
    const task = await context.claimTask(entity.name, tenant?.code ?? null, writer)
    for (let at = 0; at < keys.length; at += ROWS_AT_ONCE)
      await removeSome({ removal, context, writer, task }, keys.slice(at, at + ROWS_AT_ONCE))
  } finally {
    await writer.close()
  }
  return removal.pending.size < before
}

interface Round {
  readonly removal: Removal
  readonly context: CascadeContext
  readonly writer: Writer
  readonly task: TaskRecord
}

async function removeSome(round: Round, keys: readonly string[]): Promise<void> {
  const { removal, context, writer } = round
  const { entity } = removal.gone
  const { ledger, name } = context.service(entity.service)
  const { own, merged } = await rowsByKeys(ledger, { entity: entity.number, tenant: removal.gone.tenant?.number ?? 0 }, keys)
  const id = await ledger.nextBatch()
  const tx = await writer.begin()
  try {
    const removed = { ...(await removeIn(tx, own, round)), merged }
    if (removed.conflicts.length + removed.done.length + merged.length === 0) {
      await tx.rollback()
      settle(removal, removed)
      return
    }
    await ledger.recordBatch(tx, recordOf(round, { id, ...removed }))
    const place = { entity: entity.name, service: name, batch: id }
    await atSeam(context.hooks, 'before_correction_commit', place)
    await tx.commit({ durable: true })
    settle(removal, removed)
    await atSeam(context.hooks, 'after_correction_commit', place)
  } catch (error) {
    await tx.rollback()
    throw error
  }
}

interface Removed {
  readonly conflicts: readonly ChangedRow[]
  readonly done: readonly { readonly row: ChangedRow; readonly change: ReturnType<typeof changeOf> }[]
  readonly refused: readonly ChangedRow[]
}

/** What is decided is looked at no more. */
function settle(removal: Removal, { conflicts, done, refused, merged }: Removed & Pick<RowsByKeys, 'merged'>): void {
  for (const { key } of [...conflicts, ...refused, ...merged, ...done.map(({ row }) => row)]) removal.pending.delete(canonicalKey(key))
  removal.conflicts += conflicts.length
  removal.refused += refused.length
  removal.removed += done.length + merged.length
}

/** Looks before it locks: a rerun that finds the same rows in the way locks none. */
async function removeIn(tx: WriteTransaction, rows: readonly ChangedRow[], round: Round): Promise<Removed> {
  const { removal, context } = round
  const place: RowPlace = { tables: removal.gone.tables, found: context.tables(removal.gone.entity.name) }
  const rule = removal.gone.member.facts.entity.onConflict
  const read: ReadRows = request => tx.readRows(request)
  const isFree = (target: TargetRows, row: ChangedRow): boolean => {
    const now = target.hash(row.id)
    return now === null || now === row.hash || rule === 'overwrite'
  }
  const first = await TargetRows.read(place, idsOf(rows), { read })
  const free = rows.filter(row => isFree(first, row))
  const referred = await referredTo(tx, free, round)
  const wanted = free.filter(row => !referred.has(row.id.toLowerCase()))
  const locked = await TargetRows.read(place, idsOf(wanted), { read, lock: 'rows' })
  const still = wanted.filter(row => isFree(locked, row))
  const conflicts = rows.filter(row => !isFree(first, row)).concat(wanted.filter(row => !isFree(locked, row)))
  const changes = still.map(row => ({ row, change: changeOf(row, locked, { place, live: NONE }) }))
  const refused = new Set((await writeChanges(tx, changes, place)).map(({ row }) => row.row))
  return { conflicts, done: changes.filter(({ row }) => !refused.has(row)), refused: [...refused] }
}

function idsOf(rows: readonly ChangedRow[]): readonly string[] {
  return rows.map(({ id }) => id)
}

/** Ids that rows of the mapping’s tables hold, whoever wrote them, or that rows lead to which are other rows. */
async function referredTo(tx: WriteTransaction, rows: readonly ChangedRow[], { removal, context }: Round): Promise<ReadonlySet<string>> {
  const { entity } = removal.gone
  const referred = new Set<string>()
  if (rows.length === 0) return referred
  for (const { entity: child, table, column } of childrenOf(entity.name, context)) {
    const of = { table, column, ids: idsOf(rows), idColumn: column }
    const name = { schema: table.schema, name: table.table }
    const found =
      child.service === entity.service ? await tx.selectIds({ ...of, table: name }) : await selectIds(context.service(child.service), of)
    for (const id of found) referred.add(id.toLowerCase())
  }
  for (const { id } of await mergedInto(idsOf(rows), { context, but: null })) referred.add(id.toLowerCase())
  return referred
}

function recordOf(
  { removal, context, task }: Round,
  of: { readonly id: string; readonly merged: RowsByKeys['merged'] } & Pick<Removed, 'conflicts' | 'done'>,
): BatchRecord {
  const { gone } = removal
  const { id, conflicts, done, merged } = of
  const place: RowPlace = { tables: gone.tables, found: context.tables(gone.entity.name) }
  const removed = [...done.map(({ row }) => row), ...merged].map(row => ({
    key: row.key,
    why: gone.rows.get(canonicalKey(row.key)) ?? null,
  }))
  const refusedNow = removed.flatMap(({ why }) => (why?.fate === 'quarantined' ? [why.row] : []))
  const exclusions = removed.flatMap(({ key, why }) => (why?.fate === 'excluded' ? [{ key, code: why.code }] : []))
  const others = removed.flatMap(({ key, why }) => (why?.fate === 'merged' ? [{ key, id: why.id }] : []))
  const named = gone.member.facts.entity.onConflict === 'quarantine' ? conflicts : []
  const read = named.filter(({ key }) => gone.rows.get(canonicalKey(key)) !== null)
  const quarantine = [...refusedNow, ...named.map(conflictRow)]
  const aside = refusedNow.length + exclusions.length + read.length + others.length
  const counts = {
    ...NO_COUNTS,
    skipped: 0 - aside,
    merged: others.length,
    excluded: exclusions.length,
    quarantined: refusedNow.length + read.length,
  }
  const images: readonly BeforeImage[] = [
    ...done.flatMap(({ change }) => change.images),
    ...merged.map(({ key, before }) => mergedImage(key, before, 'delete')),
  ]
  return {
    id,
    kind: 'correct',
    task: { id: task.id, fence: task.fence },
    run: task.run,
    entity: task.entity,
    tenant: task.tenant,
    pass: task.pass,
    after: null,
    upTo: null,
    snapshot: gone.member.snapshot.id,
    counts: [{ relation: context.tables(gone.entity.name).relation, counts, loadedEarlierInRun: 0 }],
    outcomes: outcomesOf(quarantine, exclusions),
    quarantine,
    exclusions,
    notes: [],
    idMap: null,
    merged: others,
    unmapped: removed.map(({ key }) => key),
    images,
    resolved: removed.filter(({ why }) => why?.fate !== 'quarantined').map(({ key }) => key),
    resolvedParts: removed.map(({ key }) => key),
    digest: createHash('sha256').digest(),
    bytes: 0,
    written: netWritten(
      done.map(({ change }) => change),
      place,
    ),
    seconds: 0,
    taskState: task.state,
    sourceCount: null,
  }
}

function conflictRow({ key }: ChangedRow): QuarantineRow {
  const detail = 'gone from the source, and changed in the target since it was loaded'
  return { key, code: 'conflict', column: null, valueMasked: null, detail, part: null }
}

function outcomesOf(quarantine: readonly QuarantineRow[], exclusions: readonly { readonly code: string }[]): BatchRecord['outcomes'] {
  return [
    ...quarantine.map(({ code, column }) => ({ kind: 'quarantine', column: column ?? '', code, count: 1 }) as const),
    ...exclusions.map(({ code }) => ({ kind: 'exclude', column: '', code, count: 1 }) as const),
  ]
}
