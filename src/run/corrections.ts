import { canonicalKey } from '../base/key-text.ts'
import { RehouseError } from '../errors.ts'
import { NO_COUNTS } from '../model/counts.ts'
import type { BatchRecord, OwnedRows, QuarantineRow, TaskRecord, TaskState } from '../model/ledger-records.ts'
import { partsOf } from '../plan/row-program.ts'
import { Refusal, type Removal, type Writer, type WriteTransaction } from '../target/target.ts'
import type { Service } from './load-context.ts'
import { type CountedAs, ownedMoves } from './owned-moves.ts'
import { atSeam, type Hooks } from './seams.ts'
import { uncountedBatch } from './uncounted-batch.ts'

/** How the rows of one entity are found again in the target. */
export interface EntityTables {
  readonly entity: string
  /** From `source/schema.relation`, for the accounting line. */
  readonly relation: string
  readonly tables: readonly {
    readonly name: string
    readonly schema: string
    readonly table: string
    /** Holds the head's id: the head's own id column, a part's reference to its head. Null = cannot be found again. */
    readonly headColumn: string | null
  }[]
}

/** Rows of one entity and tenant that must leave the target for the quarantine. */
export interface Correction {
  readonly service: Service
  readonly writer: Writer
  readonly task: TaskRecord
  readonly tables: EntityTables
  readonly snapshot: string
  readonly kind: 'settle' | 'correct'
  readonly rows: readonly { readonly key: string; readonly code: string; readonly column: string; readonly detail: string }[]
  readonly hooks: Hooks
  /** State of the task after the last of these. */
  readonly taskState: TaskState
}

const ROWS_AT_ONCE = 5_000

/**
 * Takes rows back in transactions of their own, each with its ledger row: read 0, loaded (of a row that is another row: merged) −n, quarantined +n. What the process leaves undone when it dies
 * is found again by the next settling: rows already taken back are no longer loaded.
 */
export async function takeBack(correction: Correction): Promise<void> {
  const { rows } = correction
  // Without rows there is still a record: the task is settled.
  for (let at = 0; at === 0 || at < rows.length; at += ROWS_AT_ONCE)
    await takeBackSome(correction, rows.slice(at, at + ROWS_AT_ONCE), at + ROWS_AT_ONCE >= rows.length)
}

async function takeBackSome(correction: Correction, rows: Correction['rows'], isLast: boolean): Promise<void> {
  const { service, writer, task, hooks, tables } = correction
  const keys = rows.map(row => partsOf(row.key))
  const known = await service.ledger.known(task.entity, task.tenant, keys)
  const loaded = rows.flatMap((row, i) => {
    const entry = known[i] ?? null
    if (entry?.state !== 'loaded' && entry?.state !== 'merged') return []
    return [{ ...row, id: entry.state === 'loaded' ? entry.id : null, isEarlier: entry.run !== task.run }]
  })
  const updated = await service.ledger.updatedIn(task.run, {
    entity: task.entity,
    tenant: task.tenant,
    keys: loaded.map(({ key }) => partsOf(key)),
  })
  const owned = await service.ledger.ownedRows({ ...task, keys: loaded.map(({ key }) => partsOf(key)) })
  const id = await service.ledger.nextBatch()
  const place = { entity: tables.entity, service: service.name, batch: id }
  const tx = await writer.begin()
  try {
    const written = await removeRows(
      tx,
      tables,
      loaded.flatMap(row => row.id ?? []),
    )
    await service.ledger.recordBatch(tx, correctionRecord(correction, { rows: loaded, updated, owned, id, written, isLast }))
    await atSeam(hooks, 'before_correction_commit', place)
    await tx.commit({ durable: true })
  } catch (error) {
    await tx.rollback()
    throw error instanceof Refusal ? cannotTakeBack(tables.entity, error) : error
  }
  await atSeam(hooks, 'after_correction_commit', place)
}

/** Parts before heads. Nothing to remove: no statement, which would lock. */
async function removeRows(tx: WriteTransaction, { tables, entity }: EntityTables, ids: readonly string[]): Promise<Record<string, number>> {
  if (ids.length === 0) return {}
  const removals: (Removal & { name: string })[] = [...tables].reverse().map(table => {
    if (table.headColumn === null) throw cannotFind(entity, table.name)
    return { name: table.name, table: { schema: table.schema, name: table.table }, column: table.headColumn, ids }
  })
  const removed = await tx.removeRows(removals)
  return Object.fromEntries(removals.map((removal, i) => [removal.name, -(removed[i] ?? 0)]))
}

/** `id` null: the row is another row, and has none of its own in the target. */
type LoadedRow = Correction['rows'][number] & { readonly id: string | null; readonly isEarlier: boolean }

function countedAs(rows: readonly LoadedRow[], updated: ReadonlySet<string>): CountedAs {
  return new Map(
    rows.map(({ key, id, isEarlier }) => {
      const canonical = canonicalKey(partsOf(key))
      if (isEarlier) return [canonical, 'unchanged'] as const
      if (updated.has(canonical)) return [canonical, 'updated'] as const
      return [canonical, id === null ? 'merged' : 'loaded'] as const
    }),
  )
}

function correctionRecord(
  { task, snapshot, kind, tables, taskState }: Correction,
  of: {
    rows: readonly LoadedRow[]
    updated: ReadonlySet<string>
    owned: readonly OwnedRows[]
    id: string
    written: Record<string, number>
    isLast: boolean
  },
): BatchRecord {
  const { rows, updated, owned, id, written, isLast } = of
  const quarantine: QuarantineRow[] = rows.map(row => ({
    key: partsOf(row.key),
    code: row.code,
    column: row.column === '' ? null : row.column,
    valueMasked: null,
    detail: row.detail,
    part: null,
  }))
  // What an earlier run loaded, this one found unchanged.
  const earlier = rows.filter(row => row.isEarlier).length
  const toppedUp = rows.filter(row => !row.isEarlier && updated.has(canonicalKey(partsOf(row.key)))).length
  const merged = rows.filter(row => row.id === null && !row.isEarlier).length
  const before = { loaded: earlier + toppedUp + merged - rows.length, updated: 0 - toppedUp, unchanged: 0 - earlier, merged: 0 - merged }
  const counts = { ...NO_COUNTS, ...before, quarantined: rows.length }
  const byCode = new Map<string, number>()
  for (const row of rows) byCode.set(JSON.stringify([row.column, row.code]), (byCode.get(JSON.stringify([row.column, row.code])) ?? 0) + 1)
  const outcomes = [...byCode].map(([name, count]) => {
    const [column, code] = JSON.parse(name) as [string, string]
    return { kind: 'quarantine' as const, column, code, count }
  })
  return {
    ...uncountedBatch(task, { id, kind, relation: tables.relation, snapshot }),
    counts: [{ relation: tables.relation, counts, loadedEarlierInRun: 0 }, ...ownedMoves(owned, countedAs(rows, updated))],
    outcomes,
    quarantine,
    unmapped: quarantine.map(row => row.key),
    written,
    taskState: isLast ? taskState : task.state,
  }
}

/** Something outside the mapping refers to the row. */
function cannotTakeBack(entity: string, refusal: Refusal): RehouseError {
  const by = refusal.constraint === null ? '' : ` (${refusal.constraint})`
  return new RehouseError('TARGET_REFUSED', `expected rows of ${entity} to be taken back, got SQLSTATE ${refusal.sqlstate}${by}`, {
    where: { entity },
    next: 'Rows that Rehouse did not write refer to them: remove those references, then run with --resume.',
    cause: refusal,
  })
}

export function cannotFind(entity: string, table: string): RehouseError {
  return new RehouseError('TARGET_UNSUITED', `expected a way to find the rows of ${entity} in ${table} again, got none`, {
    where: { entity, table },
    next: 'Give the head table a uuid primary key that Rehouse fills, and each part a column that refers to its head.',
  })
}

export function rowsLost(table: string, { sent, stored }: { sent: number; stored: number }): RehouseError {
  return new RehouseError('TARGET_ROWS_LOST', `expected table ${table} to store the ${sent} rows sent, got ${stored}`, {
    where: { table },
    next: 'A BEFORE trigger drops or moves rows: write `triggers: disable` for the service, or change the trigger.',
  })
}
