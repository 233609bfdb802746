import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../../postgres/session.ts'
import { heldError } from '../held-error.ts'
import { interrupted } from '../interrupted.ts'
import type { Hold, Holder } from '../ledger.ts'
import { LOCK_CLASS, LOCK_HOLD } from './install.ts'

const POLL_MS = 250
/** A dead network shows within this time; the server gives the lock away after about as long (keepalives of the session). */
const HEARTBEAT_MS = 5000

/**
 * Takes the database for one run: a session-level advisory lock on a session of its own, given up when the session ends, however it ends.
 * Waiting asks again and again instead of standing in the server's queue: a statement that waits for hours would hold back VACUUM.
 */
export async function holdDatabase(
  session: Session,
  holder: Holder,
  options: { readonly wait: boolean; readonly signal: AbortSignal },
): Promise<Hold> {
  try {
    await announce(session, holder)
    while (!(await tryLock(session))) {
      const error = heldError(await currentHolder(session))
      if (!options.wait) throw error
      await pause(options.signal)
    }
    return new SessionHold(session)
  } catch (error) {
    await withdraw(session)
    throw error
  }
}

/** Written before the lock is asked for: so whoever has the lock has its row, and a row without the lock means nothing. */
async function announce(session: Session, holder: Holder): Promise<void> {
  await session.query(
    `insert into rehouse.holder (backend, run, operator, host, pid) values (pg_catalog.pg_backend_pid(), $1, $2, $3, $4)
    on conflict (backend) do update set run = excluded.run, operator = excluded.operator, host = excluded.host, pid = excluded.pid, since = excluded.since`,
    [holder.run, holder.operator, holder.host, holder.pid],
  )
}

async function tryLock(session: Session): Promise<boolean> {
  const { rows } = await session.query('select pg_catalog.pg_try_advisory_lock($1, $2)', [LOCK_CLASS, LOCK_HOLD])
  if (rows[0]?.[0] !== 't') return false
  // Rows of sessions that died are nobody's; those of sessions that wait are kept.
  await session.query(
    `with own as (update rehouse.holder set since = pg_catalog.clock_timestamp() where backend = pg_catalog.pg_backend_pid())
    delete from rehouse.holder where backend not in (select pid from pg_catalog.pg_stat_activity where datname = pg_catalog.current_database())`,
  )
  return true
}

async function currentHolder(session: Session): Promise<(Holder & { readonly since: string }) | null> {
  const { rows } = await session.query(
    `select h.run, h.operator, h.host, h.pid, to_char(h.since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
    from pg_catalog.pg_locks l join rehouse.holder h on h.backend = l.pid
    where l.locktype = 'advisory' and l.granted and l.classid = $1 and l.objid = $2 and l.objsubid = 2
      and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())`,
    [LOCK_CLASS, LOCK_HOLD],
  )
  const [run, operator, host, pid, since] = rows[0] ?? []
  return run === undefined
    ? null
    : { run: String(run), operator: String(operator), host: String(host), pid: Number(pid), since: String(since) }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(POLL_MS, undefined, { signal })
  } catch (error) {
    throw interrupted(signal, error)
  }
}

async function withdraw(session: Session): Promise<void> {
  // Where the session is lost its row is a left-over, which nobody reads.
  await session.query('delete from rehouse.holder where backend = pg_catalog.pg_backend_pid()').catch(() => undefined)
  await session.close()
}

/** States: held → released (`release`) or lost (the session ended by itself). */
class SessionHold implements Hold {
  readonly lost: Promise<void>
  readonly #session: Session
  readonly #heartbeat: NodeJS.Timeout
  #isReleased = false
  #beat: Promise<void> = Promise.resolve()

  constructor(session: Session) {
    this.#session = session
    this.lost = new Promise(resolve => {
      void session.ended.then(() => {
        clearInterval(this.#heartbeat)
        if (!this.#isReleased) resolve()
      })
    })
    this.#heartbeat = setInterval(() => this.#check(), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  /** An answer that does not come in time counts as a lost session. */
  #check(): void {
    const timeout = setTimeout(() => this.#session.destroy(), HEARTBEAT_MS - 100)
    timeout.unref()
    this.#beat = this.#session
      .query('select 1')
      .then(
        () => undefined,
        () => this.#session.destroy(),
      )
      .finally(() => clearTimeout(timeout))
  }

  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    clearInterval(this.#heartbeat)
    await this.#beat
    await withdraw(this.#session)
  }
}
