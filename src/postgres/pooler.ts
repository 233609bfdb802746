import type { SessionOptions } from './session.ts'
import { Session } from './session.ts'

/** A pooler hands out the backend used last, so that two idle clients meet on one soon. */
const ROUNDS = 5

/**
 * Whether a pooler that shares backends between transactions stands between (PgBouncer in transaction or statement mode): then neither settings, nor locks, nor snapshots last.
 * Proven by two sessions that meet on one backend, or one that moves; asked only where the backend is not the one that was announced. A pooler in session mode passes.
 */
export async function sharesBackends(first: Session, options: SessionOptions): Promise<boolean> {
  if (!first.isBehindPooler) return false
  const second = await Session.open(options)
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const [one, other] = [await backendOf(first), await backendOf(second)]
      if (one === other || one !== first.pid || other !== second.pid) return true
    }
    return false
  } finally {
    await second.close()
  }
}

async function backendOf(session: Session): Promise<number> {
  const { rows } = await session.query('select pg_catalog.pg_backend_pid()')
  return Number(rows[0]?.[0])
}
