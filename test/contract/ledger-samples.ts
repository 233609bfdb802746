import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { canonicalKey } from '../../src/base/key-text.ts'
import { TupleWriter } from '../../src/base/tuple-writer.ts'
import { uuidBytes } from '../../src/base/uuid-text.ts'
import { type Code, RehouseError } from '../../src/errors.ts'
import type { Ledger, TaskClaim } from '../../src/ledger/ledger.ts'
import { type Counts, NO_COUNTS } from '../../src/model/counts.ts'
import type { BatchRecord, CountLine, IdMapRows, QuarantineRow, RunRecord, TaskRecord } from '../../src/model/ledger-records.ts'
import type { Tenant } from '../../src/model/mapping.ts'
import type { Writer } from '../../src/target/target.ts'
import { KEPT, type LedgerBed } from './ledger-engines.ts'
import { rowTuples } from './table-spec.ts'

export const IDENTITY = { migration: 'schools', saltFingerprint: '0123456789abcdef' }

export function tenant(code: string, id: string = randomUUID()): Tenant {
  return { code, id, name: `Tenant ${code}`, zone: 'Europe/Berlin', columns: { code, Größe: '1"2\\3' } }
}

export const ENTITY = { name: 'student', service: 'app', table: 'public.kept' }

export function run(id: string, startedAt = '2026-01-02T03:04:05.678Z'): Omit<RunRecord, 'status' | 'finishedAt'> {
  const selection = { tenants: ['A'], entities: null, phase: null }
  return {
    id,
    migration: 'schools',
    mappingHash: 'abc',
    programVersion: '0.1.0',
    operator: 'Ada',
    host: 'here',
    pid: 42,
    startedAt,
    selection,
  }
}

export function claimOf(writer: Writer, more: Partial<TaskClaim> = {}): TaskClaim {
  return { backend: writer.backend, snapshot: 'snap-1', marker: 'lsn-1', consistency: 'snapshot', pass: 1, restart: false, ...more }
}

/** A ledger with a run, one tenant, one entity, and their task claimed by a writer. */
export interface Started {
  readonly bed: LedgerBed
  readonly ledger: Ledger
  readonly writer: Writer
  readonly task: TaskRecord
}

export async function start(bed: LedgerBed, runId = 'run-1'): Promise<Started> {
  const ledger = bed.ledger()
  await ledger.install(IDENTITY)
  const known = await ledger.tenants()
  await ledger.numberTenants([known[0] ?? tenant('A')])
  await ledger.numberEntities([ENTITY])
  return startRun(bed, { ledger, run: runId })
}

export async function startRun(bed: LedgerBed, { ledger, run: id }: { readonly ledger: Ledger; readonly run: string }): Promise<Started> {
  await ledger.beginRun(run(id))
  const [planned] = await ledger.planTasks(id, [{ entity: 1, tenant: 1, phase: 'core', service: 'app' }])
  assert.ok(planned)
  const writer = await bed.writer()
  return { bed, ledger, writer, task: await ledger.claimTask(planned.id, claimOf(writer)) }
}

/** A key, or a key and its identifier. */
export interface Mapped {
  readonly key: readonly string[]
  readonly id: string
  readonly hash?: bigint
}

export function mappedIntegers(keys: readonly bigint[]): readonly Mapped[] {
  return keys.map(key => ({ key: [String(key)], id: randomUUID() }))
}

type Change = Partial<Omit<BatchRecord, 'counts' | 'idMap'>> & {
  readonly counts?: Partial<Counts>
  readonly loadedEarlierInRun?: number
  /** Of other relations. */
  readonly lines?: readonly CountLine[]
  readonly integers?: readonly Mapped[]
  readonly texts?: readonly Mapped[]
  /** The tenant and entity the id map rows are of. */
  readonly tenant?: number
}

/** A batch of a task, balanced unless `counts` says otherwise. */
export async function batch({ ledger, task }: Pick<Started, 'ledger' | 'task'>, change: Change = {}): Promise<BatchRecord> {
  const { counts, loadedEarlierInRun = 0, lines = [], integers, texts, ...rest } = change
  const id = await ledger.nextBatch()
  const loaded = (integers ?? texts ?? []).length
  const whole = (change.quarantine ?? []).filter(row => row.part === null).length
  const excluded = (change.exclusions ?? []).length
  const given = { ...NO_COUNTS, read: loaded + whole + excluded, loaded, quarantined: whole, excluded, ...counts }
  return {
    ...{
      id,
      kind: 'load',
      task: { id: task.id, fence: task.fence },
      run: task.run,
      entity: task.entity,
      tenant: task.tenant,
      pass: task.pass,
    },
    ...{ after: null, upTo: null, snapshot: 'snap-1', outcomes: [], quarantine: [], exclusions: [], notes: [], unmapped: [] },
    ...{ digest: Buffer.alloc(32, 3), bytes: 10, written: {}, seconds: 0.25, taskState: 'running', sourceCount: null },
    ...rest,
    counts: [{ relation: 'legacy/public.student', counts: given, loadedEarlierInRun }, ...lines],
    idMap: idMapOf({ id, entity: task.entity, tenant: change.tenant ?? task.tenant }, { integers, texts }),
  }
}

function idMapOf(
  of: { readonly id: string; readonly entity: number; readonly tenant: number },
  rows: { readonly integers?: readonly Mapped[] | undefined; readonly texts?: readonly Mapped[] | undefined },
): IdMapRows | null {
  const mapped = rows.integers ?? rows.texts
  if (mapped === undefined || mapped.length === 0) return null
  const out = new TupleWriter()
  const int2 = Buffer.alloc(2)
  int2.writeInt16BE(of.entity)
  for (const { key, id, hash } of mapped) {
    out.fieldCount(6)
    out.int32(of.tenant)
    out.field(int2, 0, 2)
    if (rows.integers) {
      out.int64(BigInt(key[0] ?? ''))
      out.field(uuidBytes(id) ?? Buffer.alloc(0), 0, 16)
    } else {
      out.text(canonicalKey(key))
      out.text(id)
    }
    out.int64(hash ?? -1n)
    out.int64(BigInt(of.id))
  }
  // Two chunks: a reader must not rely on one.
  const bytes = Buffer.from(out.bytes())
  const cut = bytes.length >> 1
  return { format: rows.integers ? 'integer' : 'text', rows: mapped.length, tuples: [bytes.subarray(0, cut), bytes.subarray(cut)] }
}

/** Records and commits a batch of the task. */
export async function commit(started: Started, change: Change = {}): Promise<BatchRecord> {
  const record = await batch(started, change)
  const tx = await started.writer.begin()
  await started.ledger.recordBatch(tx, record)
  await tx.commit({ durable: false })
  return record
}

/** Puts a row into the table of the target. */
export async function putRow(tx: Awaited<ReturnType<Writer['begin']>>, id: bigint): Promise<void> {
  await tx.copy({ schema: 'public', name: KEPT.name }, ['id'], [rowTuples(KEPT, [[id]])])
}

export function refused(key: readonly string[], more: Partial<QuarantineRow> = {}): QuarantineRow {
  return { key, code: 'orphan', column: 'kept.id', valueMasked: 'a***', detail: 'No such parent.', part: null, ...more }
}

export function hasCode(code: Code): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof RehouseError, `expected a RehouseError, got ${String(error)}`)
    assert.equal(error.code, code, error.message)
    return true
  }
}

/** Keys that break whatever is put together by hand. */
export const NASTY_KEYS: readonly (readonly string[])[] = [
  [''],
  [' '],
  ['NULL'],
  ['null'],
  ['{}'],
  ['{a,b}'],
  ['"'],
  ["'"],
  ['\\'],
  ['\\N'],
  ['a,b'],
  ['a', 'b'],
  ['a"b\\c'],
  ['\t\n\r'],
  ['\u0001'],
  ['é'],
  ['e\u0301'],
  ['\u{1F600}'],
  ['\uFFFD'],
  ['\uE000'],
  ['%_'],
  ['$1'],
  ['-0'],
  ['007'],
  ['1.50'],
  ['9223372036854775808'],
  ['-9223372036854775809'],
  ['', ''],
  ['', 'x', ''],
  ['x'.repeat(2000)],
]
