import { type KeyIndex, LOADED, NOT_FOUND } from '../base/key-index.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { uuidText } from '../base/uuid-text.ts'
import type { TaskRecord } from '../model/ledger-records.ts'
import { HAS_KEY } from '../plan/parent-key.ts'
import type { ColumnUpdate, Writer } from '../target/target.ts'
import type { CircleMember } from './circle-member.ts'
import type { EntityTables } from './corrections.ts'
import type { Service } from './load-context.ts'
import { readRows } from './read-rows.ts'
import { atSeam, type Hooks } from './seams.ts'
import { uncountedBatch } from './uncounted-batch.ts'

export interface ReferenceSetting {
  readonly member: CircleMember
  readonly indexOf: (entity: string) => KeyIndex
  readonly service: Service
  readonly writer: Writer
  readonly task: TaskRecord
  readonly tables: EntityTables
  /** `schema.table.column`: those written as NULL. */
  readonly columns: ReadonlySet<string>
  readonly hooks: Hooks
}

interface Pair {
  readonly key: readonly string[]
  readonly column: string
  readonly value: string
}

const PAIRS_AT_ONCE = 5_000
/** Length of a uuid field with its length word. */
const UUID_FIELD = 20

/**
 * The second step of references written as NULL: sets them, now that the rows they lead to are there. Only in rows loaded since the circle was last settled, and only
 * where they are NULL: if the process dies here, the next run sets the rest; a rerun sets nothing; a row whose source changed keeps what it has.
 */
export async function setReferences(setting: ReferenceSetting): Promise<void> {
  const runs = await unsettledRuns(setting)
  let pairs: Pair[] = []
  for await (const found of readPairs(setting)) {
    pairs.push(found)
    if (pairs.length < PAIRS_AT_ONCE) continue
    await setSome(setting, { pairs, runs })
    pairs = []
  }
  if (pairs.length > 0) await setSome(setting, { pairs, runs })
}

/** Makes the references of rows about to be taken back NULL: rows of a circle that all must go would hold one another while their keys stand. */
export async function clearReferences(setting: ReferenceSetting, keys: readonly (readonly string[])[]): Promise<void> {
  const columns = setting.member.compiled.settled.map(reference => reference.column).filter(column => setting.columns.has(column))
  for (let at = 0; at < keys.length; at += PAIRS_AT_ONCE) {
    const known = await setting.service.ledger.known(setting.task.entity, setting.task.tenant, keys.slice(at, at + PAIRS_AT_ONCE))
    const pairs = known.flatMap(own => (own?.state === 'loaded' ? [{ id: own.id, value: null }] : []))
    if (pairs.length > 0) await update(setting, new Map(columns.map(column => [column, { pairs }])))
  }
}

/** This run and those before it back to the last that settled the task: their rows may wait for a reference. */
async function unsettledRuns({ service, task }: ReferenceSetting): Promise<ReadonlySet<string>> {
  const open = new Set([task.run])
  for (const { id } of await service.ledger.runs()) {
    if (id === task.run) continue
    const other = await service.ledger.task({ run: id, entity: task.entity, tenant: task.tenant })
    if (other?.state === 'settled') break
    open.add(id)
  }
  return open
}

async function* readPairs({ member, indexOf, columns }: ReferenceSetting): AsyncGenerator<Pair> {
  const { compiled, name } = member
  const { rowKey, state } = compiled
  const references = compiled.settled.filter(reference => columns.has(reference.column))
  if (rowKey === null || references.length === 0) return
  const own = indexOf(name)
  rowKey.restart()
  for await (const rows of readRows(member)) {
    while (rows.next()) {
      state.begin(rows.cursor)
      const ordinal = rowKey.read(state) ? rowKey.find(state, own) : NOT_FOUND
      if (ordinal === NOT_FOUND || own.state(ordinal) !== LOADED) continue
      for (const { key, parent, column, when } of references) {
        if (when !== null && !when(state)) continue
        if (key.read(state) !== HAS_KEY || key.state(indexOf(parent.entity.name)) !== LOADED) continue
        const out = new TupleWriter(UUID_FIELD)
        key.writeId(out)
        yield { key: rowKey.parts(state), column, value: uuidText(out.buf, 4) }
      }
    }
  }
}

async function setSome(
  setting: ReferenceSetting,
  { pairs, runs }: { readonly pairs: readonly Pair[]; readonly runs: ReadonlySet<string> },
): Promise<void> {
  const { service, task } = setting
  const keys = pairs.map(pair => pair.key)
  const known = await service.ledger.known(task.entity, task.tenant, keys)
  const updates = new Map<string, { pairs: { id: string; value: string }[]; over: 'empty' }>()
  for (const [i, { column, value }] of pairs.entries()) {
    const own = known[i]
    if (own?.state !== 'loaded' || !runs.has(own.run)) continue
    const ofColumn = updates.get(column)
    if (ofColumn) ofColumn.pairs.push({ id: own.id, value })
    else updates.set(column, { pairs: [{ id: own.id, value }], over: 'empty' })
  }
  if (updates.size > 0) await update(setting, updates)
}

type Updates = ReadonlyMap<string, Pick<ColumnUpdate, 'pairs' | 'over'>>

/** One transaction with its ledger row, so that the fence holds here too. */
async function update(setting: ReferenceSetting, updates: Updates): Promise<void> {
  const { service, writer, hooks } = setting
  const id = await service.ledger.nextBatch()
  const place = { entity: setting.tables.entity, service: service.name, batch: id }
  const tx = await writer.begin()
  try {
    for (const [column, values] of updates) await tx.updateColumn(updateOf(setting.tables, column, values))
    const { relation } = setting.tables
    const snapshot = setting.member.snapshot.id
    await service.ledger.recordBatch(tx, uncountedBatch(setting.task, { id, kind: 'settle', relation, snapshot }))
    await atSeam(hooks, 'before_correction_commit', place)
    await tx.commit({ durable: true })
  } catch (error) {
    await tx.rollback()
    throw error
  }
  await atSeam(hooks, 'after_correction_commit', place)
}

function updateOf({ tables }: EntityTables, column: string, values: Pick<ColumnUpdate, 'pairs' | 'over'>): ColumnUpdate {
  const table = tables.find(t => column.startsWith(`${t.name}.`) && !column.slice(t.name.length + 1).includes('.'))
  if (table === undefined || table.headColumn === null) throw new RangeError(`expected a table for ${column}`)
  return {
    table: { schema: table.schema, name: table.table },
    where: table.headColumn,
    set: column.slice(table.name.length + 1),
    ...values,
  }
}
