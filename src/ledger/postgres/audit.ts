import { RehouseError } from '../../errors.ts'
import type { Session } from '../../postgres/session.ts'
import { Refusal } from '../../target/target.ts'
import { type AuditCheck, type AuditHead, type AuditRecord, chainHash, checkChain } from '../audit-chain.ts'
import type { AuditEntry } from '../ledger.ts'
import { checkSeals } from './seal.ts'

const NOW = `to_char(pg_catalog.clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** Adds an entry to the chain. Throws LEDGER_INVALID where somebody else put one in its place. The last thing its transaction does: the head stays locked until the commit, so the chain cannot fork. */
export async function appendAudit(session: Session, key: Buffer, entry: AuditEntry): Promise<void> {
  const { rows } = await session.query(`select id + 1, pg_catalog.encode(hash, 'hex'), ${NOW} from rehouse.audit_head for update`)
  const [id, previous, at] = rows[0] ?? []
  const chained = { ...entry, id: String(id), at: String(at), detail: JSON.stringify(entry.detail) }
  const hash = chainHash(key, String(previous), chained)
  const append = session.query(
    `with entry as (
      insert into rehouse.audit (id, at, who, action, run, detail, previous, hash)
      values ($1, $2, $3, $4, $5, $6, pg_catalog.decode($7, 'hex'), pg_catalog.decode($8, 'hex'))
    )
    update rehouse.audit_head set id = $1, hash = pg_catalog.decode($8, 'hex')`,
    [chained.id, chained.at, chained.who, chained.action, chained.run, chained.detail, String(previous), hash],
  )
  await append.catch(error => {
    throw error instanceof Refusal && error.constraint === 'audit_pkey' ? notLast(chained.id, error) : error
  })
}

function notLast(id: string, cause: Error): RehouseError {
  return new RehouseError(
    'LEDGER_INVALID',
    `expected the audit chain to go on with entry ${id}, got an entry there that is not part of it`,
    {
      next: 'See what `rehouse audit verify` says of it, keep a copy of it, and remove it.',
      cause,
    },
  )
}

/** One statement, as entries and head must be of the same instant. Entries first, by number. */
const WHOLE_CHAIN = `
  select 'entry', id, at, who, action, run, detail::text, pg_catalog.encode(previous, 'hex'), pg_catalog.encode(hash, 'hex') from rehouse.audit
  union all
  select 'head', id, null, null, null, null, null, null, pg_catalog.encode(hash, 'hex') from rehouse.audit_head
  order by 1, 2`

/** Every entry as it is stored, in the order of their numbers. */
export async function readAudit(session: Session): Promise<readonly AuditRecord[]> {
  return (await readChain(session)).entries
}

/** Recomputes the whole chain, and what it seals. Reads only. */
export async function checkAudit(session: Session, key: Buffer): Promise<AuditCheck> {
  const { entries, head } = await readChain(session)
  const check = checkChain(key, entries, head)
  return { ...check, findings: [...check.findings, ...(await checkSeals(session, check))] }
}

export async function readAuditHead(session: Session): Promise<AuditHead> {
  const { rows } = await session.query(`select id, pg_catalog.encode(hash, 'hex') from rehouse.audit_head`)
  return { id: String(rows[0]?.[0] ?? '0'), hash: String(rows[0]?.[1] ?? '') }
}

async function readChain(session: Session): Promise<{ readonly entries: readonly AuditRecord[]; readonly head: AuditHead | null }> {
  const { rows } = await session.query(WHOLE_CHAIN)
  const entries: AuditRecord[] = []
  let head: AuditHead | null = null
  for (const [kind, id, at, who, action, run = null, detail, previous, hash] of rows) {
    if (kind === 'head') head = { id: String(id), hash: String(hash) }
    else
      entries.push({
        id: String(id),
        at: String(at),
        who: String(who),
        action: String(action),
        run,
        detail: String(detail),
        previous: String(previous),
        hash: String(hash),
      })
  }
  return { entries, head }
}
