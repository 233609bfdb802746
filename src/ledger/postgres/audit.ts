import { createHmac } from 'node:crypto'
import type { Session } from '../../postgres/session.ts'
import type { AuditCheck, AuditEntry } from '../ledger.ts'

interface ChainedEntry {
  readonly id: string
  readonly at: string
  readonly who: string
  readonly action: string
  readonly run: string | null
  readonly detail: string
}

const NOW = `to_char(pg_catalog.clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** Adds an entry to the chain. The last thing its transaction does: the head stays locked until the commit, so the chain cannot fork. */
export async function appendAudit(session: Session, key: Buffer, entry: AuditEntry): Promise<void> {
  const { rows } = await session.query(`select id + 1, hash, ${NOW} from rehouse.audit_head for update`)
  const [id, previous, at] = rows[0] ?? []
  const chained: ChainedEntry = { ...entry, id: String(id), at: String(at), detail: JSON.stringify(entry.detail) }
  const before = bytesOf(String(previous))
  const hash = chainHash(key, before, chained)
  await session.query(
    `with entry as (
      insert into rehouse.audit (id, at, who, action, run, detail, previous, hash) values ($1, $2, $3, $4, $5, $6, $7, $8)
    )
    update rehouse.audit_head set id = $1, hash = $8`,
    [chained.id, chained.at, chained.who, chained.action, chained.run, chained.detail, before, hash],
  )
}

function chainHash(key: Buffer, previous: Buffer, entry: ChainedEntry): Buffer {
  const text = JSON.stringify([entry.id, entry.at, entry.who, entry.action, entry.run, entry.detail])
  return createHmac('sha256', key).update(previous).update(text).digest()
}

/** PostgreSQL prints bytea as `\x` and hex digits. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex')
}

/** Recomputes the whole chain. Reads only. */
export async function checkAudit(session: Session, key: Buffer): Promise<AuditCheck> {
  const { rows } = await session.query('select id, at, who, action, run, detail, previous, hash from rehouse.audit order by id')
  let before: Buffer = Buffer.alloc(0)
  let expected = 1n
  for (const row of rows) {
    const [id = null, at, who, action, run = null, detail, previous, hash] = row
    if (String(id) !== String(expected)) return { outcome: 'broken', entry: String(expected), reason: 'missing' }
    const entry = { id: String(id), at: String(at), who: String(who), action: String(action), run, detail: String(detail) }
    const computed = chainHash(key, before, entry)
    const isSame = bytesOf(String(previous)).equals(before) && bytesOf(String(hash)).equals(computed)
    if (!isSame) return { outcome: 'broken', entry: String(id), reason: 'changed' }
    before = computed
    expected++
  }
  const head = await session.query('select id, hash from rehouse.audit_head')
  const isHead = head.rows[0]?.[0] === String(expected - 1n) && bytesOf(String(head.rows[0]?.[1])).equals(before)
  return isHead
    ? { outcome: 'intact', entries: rows.length, head: before.toString('hex') }
    : { outcome: 'broken', entry: String(expected - 1n), reason: 'head' }
}
