import { RehouseError } from '../../errors.ts'
import type { TaskRecord } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import type { TaskClaim } from '../ledger.ts'
import { appendAudit } from './audit.ts'
import { inTransaction } from './control-session.ts'
import { readTasks } from './tasks.ts'

/** How long a batch about to commit may keep the task's row before its backend is ended for it. */
const PATIENCE_MS = 500
const MOST_ATTEMPTS = 60
const LOCK_NOT_AVAILABLE = '55P03'
/** Every session of ours calls itself so; a backend of another name is never ended. */
const OUR_SESSIONS = 'rehouse%'

/**
 * Raises the fence, then ends the backends recorded before. The same goes for tasks of other runs on the same entity and tenant, so that no two runs write the same rows.
 * A batch that holds the row keeps it until it commits; one that keeps it for too long is ended first.
 */
export async function claimTask(
  session: Session,
  task: { readonly id: string; readonly claim: TaskClaim },
  auditKey: Buffer,
): Promise<TaskRecord> {
  const own = String(task.claim.backend)
  const earlier = await raiseFencePatiently(session, task, auditKey)
  await endBackends(
    session,
    earlier.filter(backend => backend.pid !== own),
  )
  const [record] = await readTasks(session, { id: task.id })
  if (record === undefined) throw unknownTask(task.id)
  return record
}

interface Backend {
  readonly pid: string
  readonly started: string
}

/** The task `$1`, and those of other runs that may still be written for the same entity and tenant. */
const CONCERNED = `select $1::bigint union all
  select o.id from rehouse.task o join rehouse.task own on own.id = $1::bigint and o.entity = own.entity and o.tenant = own.tenant and o.run <> own.run
  where o.state in ('running', 'loaded')`

type Claim = { readonly id: string; readonly claim: TaskClaim }

/** Ends who holds the row, as often as it takes; somebody who is not one of us is waited for, but not for ever. */
async function raiseFencePatiently(session: Session, task: Claim, auditKey: Buffer): Promise<readonly Backend[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await raiseFence(session, task, auditKey)
    } catch (error) {
      if (!isLockTimeout(error) || attempt === MOST_ATTEMPTS) throw error
      const holders = await recordedBackends(session, task.id)
      await endBackends(
        session,
        holders.filter(backend => backend.pid !== String(task.claim.backend)),
      )
    }
  }
}

/** Resolves to the backends recorded before. */
async function raiseFence(session: Session, task: Claim, auditKey: Buffer): Promise<readonly Backend[]> {
  return inTransaction(session, async () => {
    await session.query(`set local lock_timeout = ${PATIENCE_MS}`)
    const { rows } = await session.query(
      `select k.id, k.backend, k.backend_started, k.run, r.operator from rehouse.task k join rehouse.run r on r.id = k.run
      where k.id in (${CONCERNED}) order by k.id for update of k`,
      [task.id],
    )
    const own = rows.find(row => row[0] === task.id)
    if (own === undefined) throw unknownTask(task.id)
    const fence = await updateTasks(
      session,
      task,
      rows.flatMap(row => (row[0] === task.id ? [] : [String(row[0])])),
    )
    await appendAudit(session, auditKey, {
      who: String(own[4]),
      action: 'task:claimed',
      run: String(own[3]),
      detail: { task: task.id, fence, backend: task.claim.backend },
    })
    return rows.flatMap(([, pid, started]) => (pid && started ? [{ pid, started }] : []))
  })
}

async function updateTasks(
  session: Session,
  { id, claim }: { readonly id: string; readonly claim: TaskClaim },
  others: readonly string[],
): Promise<string> {
  if (others.length > 0) await session.query('update rehouse.task set fence = fence + 1 where id = any($1)', [others])
  const { rows } = await session.query(
    `update rehouse.task set fence = fence + 1${claim.state === 'keep' ? '' : BEGUN},
      backend = $2, backend_started = (select backend_start from pg_catalog.pg_stat_activity where pid = $2),
      snapshot = $3, marker = $4, consistency = $5, pass = $6, claimed_at = pg_catalog.clock_timestamp(),
      position = case when $7 then null else position end
    where id = $1 returning fence`,
    [id, claim.backend, claim.snapshot, claim.marker, claim.consistency, claim.pass, String(claim.restart)],
  )
  return String(rows[0]?.[0])
}

const BEGUN = `, state = 'running', failure_code = null, failure_message = null, finished_at = null`

async function recordedBackends(session: Session, id: string): Promise<readonly Backend[]> {
  const { rows } = await session.query(
    `select distinct k.backend, k.backend_started from rehouse.task k where k.backend_started is not null and k.id in (${CONCERNED})`,
    [id],
  )
  return rows.map(([pid, started]) => ({ pid: String(pid), started: String(started) }))
}

/** Ends those that still are what was recorded (the same start: a process number may have been given again) and waits until they are gone. */
async function endBackends(session: Session, backends: readonly Backend[]): Promise<void> {
  for (const { pid, started } of backends) {
    await session.query(
      `select pg_catalog.pg_terminate_backend(pid, 5000) from pg_catalog.pg_stat_activity
      where pid = $1 and backend_start = $2 and application_name like $3 and datname = pg_catalog.current_database()
        and pid <> pg_catalog.pg_backend_pid() and pg_catalog.pg_has_role(usesysid, 'USAGE')`,
      [pid, started, OUR_SESSIONS],
    )
  }
}

function isLockTimeout(error: unknown): boolean {
  const { cause } = error instanceof Error ? error : { cause: null }
  return cause instanceof Error && 'code' in cause && cause.code === LOCK_NOT_AVAILABLE
}

function unknownTask(id: string): RehouseError {
  return new RehouseError('LEDGER_INVALID', `expected task ${id} in the ledger, got none`, {
    next: 'See `rehouse status` for the runs there are.',
  })
}
