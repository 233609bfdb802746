import type { Consistency, TaskFailure, TaskRecord, TaskSpec, TaskState } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import { fenceLost } from '../fence-lost.ts'
import type { TaskPlace } from '../ledger.ts'
import { parseTextArray, storable } from './array-text.ts'

/** Adds tasks that are not there yet (run, entity, tenant). */
export async function addTasks(session: Session, run: string, specs: readonly TaskSpec[]): Promise<void> {
  await session.query(
    `insert into rehouse.task (run, entity, tenant, phase, service)
    select $1, entity, tenant, phase, service
    from rows from (pg_catalog.json_to_recordset($2) as (entity int2, tenant int, phase text, service text)) with ordinality as t(entity, tenant, phase, service, n) order by n
    on conflict (run, entity, tenant) do nothing`,
    [run, JSON.stringify(specs)],
  )
}

// The sums of the latest pass that has a batch: an earlier pass read the same rows. Rows loaded earlier in the run are unchanged now and loaded all the same.
const SUMS = `
  select sum(c.read), sum(c.loaded + c.loaded_earlier_in_run), sum(c.updated), sum(c.unchanged - c.loaded_earlier_in_run), sum(c.merged),
    sum(c.skipped), sum(c.excluded), sum(c.quarantined), sum(c.parts_quarantined)
  from rehouse.batch b join rehouse.batch_count c on c.batch = b.id and not c.owned
  where b.task = k.id and b.pass = (select max(l.pass) from rehouse.batch l where l.task = k.id)`

/** Sums per task `k`: nine counts as `counts_of_task`, and seconds. */
export const TASK_SUMS = `
  cross join lateral (${SUMS}) as n(read, loaded, updated, unchanged, merged, skipped, excluded, quarantined, parts_quarantined)
  cross join lateral (
    select coalesce(sum(b.seconds), 0) as seconds from rehouse.batch b
    where b.task = k.id and b.pass = (select max(l.pass) from rehouse.batch l where l.task = k.id)
  ) as s`

export const COUNT_COLUMNS = 'n.read, n.loaded, n.updated, n.unchanged, n.merged, n.skipped, n.excluded, n.quarantined, n.parts_quarantined'

export function countsOf(fields: readonly (string | null)[]): TaskRecord['counts'] {
  const [read, loaded, updated, unchanged, merged, skipped, excluded, quarantined, partsQuarantined] = fields.map(Number)
  return {
    read: read ?? 0,
    loaded: loaded ?? 0,
    updated: updated ?? 0,
    unchanged: unchanged ?? 0,
    merged: merged ?? 0,
    skipped: skipped ?? 0,
    excluded: excluded ?? 0,
    quarantined: quarantined ?? 0,
    partsQuarantined: partsQuarantined ?? 0,
  }
}

/** All tasks of the run, the one with this id, or the one at this place; in the order in which they were added. */
export async function readTasks(
  session: Session,
  by: { readonly run: string } | { readonly id: string } | TaskPlace,
): Promise<readonly TaskRecord[]> {
  const { rows } = await session.query(
    `select k.id, k.run, k.entity, k.tenant, k.phase, k.service, k.state, k.fence, k.backend, k.position, k.pass, k.snapshot, k.marker, k.consistency,
      k.source_count, k.failure_code, k.failure_message, s.seconds, ${COUNT_COLUMNS}
    from rehouse.task k ${TASK_SUMS}
    where ${'run' in by ? 'k.run = $1' : 'k.id = $1'}${'entity' in by ? ' and k.entity = $2 and k.tenant = $3' : ''} order by k.id`,
    ['run' in by ? by.run : by.id, ...('entity' in by ? [by.entity, by.tenant] : [])],
  )
  return rows.map(taskOf)
}

function taskOf(row: readonly (string | null)[]): TaskRecord {
  const [
    id,
    run,
    entity,
    tenant,
    phase,
    service,
    state,
    fence,
    backend,
    position,
    pass,
    snapshot,
    marker,
    consistency,
    sourceCount,
    code,
    message,
    seconds,
  ] = row
  return {
    id: String(id),
    run: String(run),
    entity: Number(entity),
    tenant: Number(tenant),
    phase: String(phase),
    service: String(service),
    // The CHECKs of the table hold the words.
    state: state as TaskState,
    consistency: (consistency ?? null) as Consistency | null,
    fence: Number(fence),
    backend: backend === null || backend === undefined ? null : Number(backend),
    position: parseTextArray(position ?? null),
    pass: Number(pass),
    snapshot: snapshot ?? null,
    marker: marker ?? null,
    sourceCount: sourceCount ?? null,
    counts: countsOf(row.slice(18)),
    seconds: Number(seconds),
    failure: code ? { code, message: message ?? '' } : null,
  }
}

/** Only under the current fence; FENCE_LOST otherwise. Who says so writes no more for the task, so its backend need not be ended later. */
export async function failTask(
  session: Session,
  task: { readonly id: string; readonly fence: number },
  end: { readonly state: 'failed' | 'stopped'; readonly failure: TaskFailure },
): Promise<void> {
  const { rowCount } = await session.query(
    `update rehouse.task set state = $3, failure_code = $4, failure_message = $5, finished_at = pg_catalog.clock_timestamp(), backend_started = null where id = $1 and fence = $2`,
    [task.id, task.fence, end.state, storable(end.failure.code), storable(end.failure.message)],
  )
  if (rowCount === 0) throw fenceLost(task)
}
