import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../../errors.ts'
import type { TaskFailure, TaskRecord, TaskSpec } from '../../model/ledger-records.ts'
import { fenceLost } from '../fence-lost.ts'
import type { TaskClaim } from '../ledger.ts'
import { taskRecord } from './memory-reports.ts'
import type { MemoryStore, StoredTask } from './memory-store.ts'

/** Ends a session of the target, as `pg_terminate_backend` would. */
export type EndBackend = (backend: number) => Promise<void>

const NEW_TASK = {
  state: 'pending',
  fence: 0,
  backend: null,
  position: null,
  pass: 1,
  snapshot: null,
  marker: null,
  consistency: null,
  sourceCount: null,
  failure: null,
} as const
const POLL_MS = 5
const PATIENCE_MS = 5000

export function planTasks(store: MemoryStore, run: string, specs: readonly TaskSpec[]): void {
  for (const { entity, tenant, phase, service } of specs) {
    const isThere = [...store.tasks.values()].some(task => task.run === run && task.entity === entity && task.tenant === tenant)
    const id = String(store.tasks.size + 1)
    if (!isThere) store.tasks.set(id, { ...NEW_TASK, id, run, entity, tenant, phase, service })
  }
}

/** As in PostgreSQL: a batch about to commit keeps the task until its writer is ended; then the fence is raised, also for other runs on the same rows. */
export async function claimTask(
  store: MemoryStore,
  of: { readonly id: string; readonly claim: TaskClaim; readonly endBackend: EndBackend },
): Promise<TaskRecord> {
  const { restart, state, ...claim } = of.claim
  if (!store.tasks.has(of.id)) throw unknownTask(of.id)
  const rivals = rivalsOf(store, of.id)
  const earlier = [of.id, ...rivals].map(id => store.backends.get(id)).filter(backend => backend !== undefined && backend !== claim.backend)
  for (const backend of earlier) await of.endBackend(Number(backend))
  await untilIdle(store, of.id)
  for (const id of rivals) raiseFence(store, id, {})
  store.backends.set(of.id, claim.backend)
  return taskRecord(
    store,
    raiseFence(store, of.id, { ...claim, ...(state === 'keep' ? {} : BEGUN), ...(restart ? { position: null } : {}) }),
  )
}

const BEGUN = { state: 'running', failure: null } as const

/** Tasks of other runs that may still be written for the same entity and tenant. */
function rivalsOf(store: MemoryStore, id: string): readonly string[] {
  const own = store.tasks.get(id)
  return [...store.tasks.values()].flatMap(task => {
    const isRival = task.run !== own?.run && task.entity === own?.entity && task.tenant === own.tenant
    return isRival && (task.state === 'running' || task.state === 'loaded') ? [task.id] : []
  })
}

async function untilIdle(store: MemoryStore, id: string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; store.writing.has(id); await sleep(POLL_MS)) {
    if (Date.now() < end) continue
    throw new RehouseError('TARGET_TRANSIENT', `expected task ${id} to be free, got one that a transaction holds`, { next: 'Try again.' })
  }
}

function raiseFence(store: MemoryStore, id: string, change: Partial<StoredTask>): StoredTask {
  const task = store.tasks.get(id)
  if (task === undefined) throw unknownTask(id)
  const raised = { ...task, ...change, fence: task.fence + 1 }
  store.tasks.set(id, raised)
  return raised
}

export function failTask(
  store: MemoryStore,
  task: { readonly id: string; readonly fence: number },
  end: { readonly state: 'failed' | 'stopped'; readonly failure: TaskFailure },
): void {
  const known = store.tasks.get(task.id)
  if (known?.fence !== task.fence) throw fenceLost(task)
  const { code, message } = end.failure
  store.tasks.set(task.id, { ...known, state: end.state, failure: { code, message } })
  store.backends.delete(task.id)
}

function unknownTask(id: string): RehouseError {
  return new RehouseError('LEDGER_INVALID', `expected task ${id} in the ledger, got none`, {
    next: 'See `rehouse status` for the runs there are.',
  })
}

export function unknownRun(id: string): RehouseError {
  return new RehouseError('LEDGER_INVALID', `expected run ${id} in the ledger, got none`, {
    next: 'See `rehouse status` for the runs there are.',
  })
}
