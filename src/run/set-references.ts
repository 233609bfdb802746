import { createHash } from 'node:crypto'
import { type KeyIndex, LOADED } from '../base/key-index.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { uuidText } from '../base/uuid-text.ts'
import { NO_COUNTS } from '../model/counts.ts'
import type { BatchRecord, TaskRecord } from '../model/ledger-records.ts'
import { HAS_KEY } from '../plan/parent-key.ts'
import type { RowState } from '../plan/row-state.ts'
import type { ColumnUpdate, Writer } from '../target/target.ts'
import type { EntityTables } from './corrections.ts'
import type { Service } from './load-context.ts'
import type { CircleMember } from './settle.ts'

export interface ReferenceSetting {
  readonly member: CircleMember
  readonly indexOf: (entity: string) => KeyIndex
  readonly service: Service
  readonly writer: Writer
  readonly task: TaskRecord
  readonly tables: EntityTables
  /** `schema.table.column`: those written as NULL. */
  readonly columns: ReadonlySet<string>
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
 * The second step of references written as NULL: sets them, now that the rows they lead to are there. Only in rows this run loaded, and only where they are not set yet:
 * if the process dies here, the next run sets the rest; a rerun sets nothing.
 */
export async function setReferences(setting: ReferenceSetting): Promise<void> {
  let pairs: Pair[] = []
  for await (const found of readPairs(setting)) {
    pairs.push(found)
    if (pairs.length < PAIRS_AT_ONCE) continue
    await setSome(setting, pairs)
    pairs = []
  }
  if (pairs.length > 0) await setSome(setting, pairs)
}

async function* readPairs({ member, indexOf, columns }: ReferenceSetting): AsyncGenerator<Pair> {
  const { compiled, facts, snapshot, name } = member
  const { rowKey, state } = compiled
  const references = compiled.settled.filter(reference => columns.has(reference.column))
  if (rowKey === null || references.length === 0) return
  const cursor = new TupleCursor(compiled.fields)
  const request = {
    relation: facts.relation,
    columns: compiled.columns,
    key: facts.key.source,
    after: null,
    signal: new AbortController().signal,
  }
  rowKey.restart()
  for await (const chunk of snapshot.read(request)) {
    cursor.push(chunk)
    while (cursor.next()) {
      state.begin(cursor)
      if (!rowKey.read(state) || !isLoaded(state, { index: indexOf(name), isInteger: facts.key.isInteger })) continue
      for (const { key, parent, column } of references) {
        if (key.read(state) !== HAS_KEY || key.state(indexOf(parent.entity.name)) !== LOADED) continue
        const out = new TupleWriter(UUID_FIELD)
        key.writeId(out)
        yield { key: rowKey.parts(state), column, value: uuidText(out.buf, 4) }
      }
    }
  }
}

function isLoaded(state: RowState, { index, isInteger }: { index: KeyIndex; isInteger: boolean }): boolean {
  const ordinal = isInteger ? index.find(state.keyHalves[0] as number, state.keyHalves[1] as number) : index.findText(state.keyText)
  return ordinal >= 0 && index.state(ordinal) === LOADED
}

async function setSome(setting: ReferenceSetting, pairs: readonly Pair[]): Promise<void> {
  const { service, writer, task } = setting
  const keys = pairs.map(pair => pair.key)
  const known = await service.ledger.known(task.entity, task.tenant, keys)
  const updates = new Map<string, { id: string; value: string }[]>()
  for (const [i, pair] of pairs.entries()) {
    const own = known[i]
    if (own?.state !== 'loaded' || own.run !== task.run) continue
    updates.set(pair.column, [...(updates.get(pair.column) ?? []), { id: own.id, value: pair.value }])
  }
  if (updates.size === 0) return
  const id = await service.ledger.nextBatch()
  const tx = await writer.begin()
  try {
    for (const [column, values] of updates) await tx.updateColumn(updateOf(setting.tables, column, values))
    await service.ledger.recordBatch(tx, recordOf(setting, id))
    await tx.commit({ durable: true })
  } catch (error) {
    await tx.rollback()
    throw error
  }
}

function updateOf({ tables }: EntityTables, column: string, pairs: ColumnUpdate['pairs']): ColumnUpdate {
  const table = tables.find(t => column.startsWith(`${t.name}.`) && !column.slice(t.name.length + 1).includes('.'))
  if (table === undefined || table.headColumn === null) throw new RangeError(`expected a table for ${column}`)
  return { table: { schema: table.schema, name: table.table }, where: table.headColumn, set: column.slice(table.name.length + 1), pairs }
}

/** Nothing is counted: the rows were, when they were loaded. */
function recordOf({ task, tables, member }: ReferenceSetting, id: string): BatchRecord {
  return {
    id,
    kind: 'settle',
    task: { id: task.id, fence: task.fence },
    run: task.run,
    entity: task.entity,
    tenant: task.tenant,
    pass: task.pass,
    after: null,
    upTo: null,
    snapshot: member.snapshot.id,
    counts: [{ relation: tables.relation, counts: NO_COUNTS, loadedEarlierInRun: 0 }],
    outcomes: [],
    quarantine: [],
    exclusions: [],
    notes: [],
    idMap: null,
    unmapped: [],
    digest: createHash('sha256').digest(),
    bytes: 0,
    written: {},
    seconds: 0,
    taskState: task.state,
    sourceCount: null,
  }
}
