import type { BatchCommitted, ProgressEvent } from '../events.ts'

/** What is known about a run while it goes on. Built by `reduceProgress` alone, from events and the clock given. */
export interface ProgressState {
  readonly startedMs: number | null
  readonly isDryRun: boolean
  readonly tasks: number
  readonly tasksDone: number
  /** Rows the whole run is expected to read; null = not known. */
  readonly estimatedRows: number | null
  readonly read: number
  readonly quarantined: number
  /** Rows of the last WINDOW_MS, for the rate. */
  readonly samples: readonly Sample[]
  /** Rows drawn of each entity and tenant; null = all are read. */
  readonly sample: number | null
  readonly tenants: ReadonlyMap<string, TenantProgress>
  readonly stoppedTenants: number
  /** CPU seconds per second of this process, lately; null = not measured. */
  readonly cpuShare: number | null
  readonly isFinished: boolean
}

export interface Sample {
  readonly atMs: number
  readonly rows: number
}

/** One running tenant; gone when its last started task is finished. */
export interface TenantProgress {
  readonly tenant: string | null
  readonly phase: string | null
  readonly tasks: ReadonlyMap<string, TaskProgress>
  readonly samples: readonly Sample[]
  readonly quarantined: number
}

export interface TaskProgress {
  readonly entity: string
  readonly read: number
  readonly estimatedRows: number | null
  /** The code of the failure being waited out; null = running. */
  readonly retrying: string | null
}

/** What the CLI measures itself. */
export interface CpuMeasured {
  readonly type: 'cpu:measured'
  readonly share: number
}

/** Long enough to smooth batches of seconds, short enough to follow a change. */
export const WINDOW_MS = 10_000

export const NO_PROGRESS: ProgressState = {
  startedMs: null,
  isDryRun: false,
  tasks: 0,
  tasksDone: 0,
  estimatedRows: null,
  read: 0,
  quarantined: 0,
  samples: [],
  tenants: new Map(),
  stoppedTenants: 0,
  sample: null,
  cpuShare: null,
  isFinished: false,
}

/** The state after one event. Pure: the clock comes in as `nowMs`, events out of order are harmless. */
export function reduceProgress(state: ProgressState, event: ProgressEvent | CpuMeasured, nowMs: number): ProgressState {
  switch (event.type) {
    case 'run:started':
      return {
        ...NO_PROGRESS,
        startedMs: nowMs,
        isDryRun: event.dryRun,
        sample: event.sample ?? null,
        tasks: event.tasks,
        estimatedRows: event.estimatedRows,
      }
    case 'phase:started':
      return changeTenant(state, event.tenant, tenant => ({ ...tenant, phase: event.phase }))
    case 'task:started':
      return changeTask(state, event, () => ({ entity: event.entity, read: 0, estimatedRows: event.estimatedRows, retrying: null }))
    case 'batch:committed':
      return addBatch(state, event, nowMs)
    case 'rows:read':
      return addRows(state, event, nowMs)
    case 'task:retried':
      return changeTask(state, event, task => ({ ...task, retrying: event.code }))
    case 'task:finished':
      return removeTask({ ...state, tasksDone: state.tasksDone + 1 }, event)
    case 'tenant:stopped':
      return removeTenant({ ...state, stoppedTenants: state.stoppedTenants + 1 }, event.tenant)
    case 'cpu:measured':
      return { ...state, cpuShare: event.share }
    case 'run:finished':
      return { ...state, isFinished: true, tenants: new Map() }
    case 'schema:changed':
    case 'finding:found':
      return state
  }
}

function addBatch(state: ProgressState, batch: BatchCommitted, nowMs: number): ProgressState {
  const place = { tenant: batch.tenant, entity: batch.entity_type }
  const counted = changeTask(state, place, task => ({ ...task, read: task.read + batch.count, retrying: null }))
  const sampled = changeTenant(counted, batch.tenant, tenant => ({
    ...tenant,
    samples: addSample(tenant.samples, batch.count, nowMs),
    quarantined: tenant.quarantined + batch.counts.quarantined,
  }))
  return {
    ...sampled,
    read: state.read + batch.count,
    quarantined: state.quarantined + batch.counts.quarantined,
    samples: addSample(state.samples, batch.count, nowMs),
  }
}

function addRows(state: ProgressState, event: TaskPlace & { readonly rows: number }, nowMs: number): ProgressState {
  const counted = changeTask(state, event, task => ({ ...task, read: task.read + event.rows }))
  const sampled = changeTenant(counted, event.tenant, tenant => ({ ...tenant, samples: addSample(tenant.samples, event.rows, nowMs) }))
  return { ...sampled, read: state.read + event.rows, samples: addSample(state.samples, event.rows, nowMs) }
}

function addSample(samples: readonly Sample[], rows: number, nowMs: number): readonly Sample[] {
  const kept = samples.filter(sample => sample.atMs > nowMs - WINDOW_MS)
  const last = kept.at(-1)
  // Many small batches a second must not make the window long to walk.
  if (last !== undefined && nowMs - last.atMs < 100) return [...kept.slice(0, -1), { atMs: last.atMs, rows: last.rows + rows }]
  return [...kept, { atMs: nowMs, rows }]
}

const NO_TASK: TaskProgress = { entity: '', read: 0, estimatedRows: null, retrying: null }

function tenantIdentity(tenant: string | null): string {
  return tenant === null ? 'shared' : `tenant ${tenant}`
}

function changeTenant(state: ProgressState, tenant: string | null, change: (tenant: TenantProgress) => TenantProgress): ProgressState {
  const identity = tenantIdentity(tenant)
  const known = state.tenants.get(identity) ?? { tenant, phase: null, tasks: new Map(), samples: [], quarantined: 0 }
  return { ...state, tenants: new Map(state.tenants).set(identity, change(known)) }
}

interface TaskPlace {
  readonly tenant: string | null
  readonly entity: string
}

function changeTask(state: ProgressState, place: TaskPlace, change: (task: TaskProgress) => TaskProgress): ProgressState {
  return changeTenant(state, place.tenant, tenant => {
    const known = tenant.tasks.get(place.entity) ?? { ...NO_TASK, entity: place.entity }
    return { ...tenant, tasks: new Map(tenant.tasks).set(place.entity, change(known)) }
  })
}

function removeTask(state: ProgressState, place: TaskPlace): ProgressState {
  const tenant = state.tenants.get(tenantIdentity(place.tenant))
  if (tenant === undefined) return state
  const tasks = new Map(tenant.tasks)
  tasks.delete(place.entity)
  if (tasks.size === 0) return removeTenant(state, place.tenant)
  return changeTenant(state, place.tenant, known => ({ ...known, tasks }))
}

function removeTenant(state: ProgressState, tenant: string | null): ProgressState {
  const tenants = new Map(state.tenants)
  tenants.delete(tenantIdentity(tenant))
  return { ...state, tenants }
}
