import type { Session } from '../../postgres/session.ts'
import type { AuditCheck, AuditFinding, AuditRecord } from '../audit-chain.ts'

/** What a run’s last entry in the chain says of the rows beside it: every batch with a number above `after` up to `through`, with its counts, outcomes and before-images, whichever run it is of. */
export interface LedgerSeal {
  readonly after: string
  readonly through: string
  /** SHA-256 over the SHA-256 of each row, in their order; hex. */
  readonly digest: string
}

/** Only what no later run changes. One line per row; jsonb writes the same value the same way. */
const LINES = `
  select jsonb_build_array('batch', id, kind, task, fence, run, entity, tenant, pass, after_key, up_to_key, snapshot, mapped, unmapped, pg_catalog.encode(digest, 'hex'),
    bytes, written, mapping_hash, program_version, operator)::text as line from rehouse.batch where id > $1 and id <= $2
  union all
  select jsonb_build_array('count', batch, relation, read, loaded, updated, unchanged, merged, skipped, excluded, quarantined, parts_quarantined, loaded_earlier_in_run,
    owned, source_count)::text
    from rehouse.batch_count where batch > $1 and batch <= $2
  union all
  select jsonb_build_array('outcome', batch, kind, column_name, code, count)::text from rehouse.outcome_count where batch > $1 and batch <= $2
  union all
  select jsonb_build_array('image', batch, ordinal, tenant, entity, key, table_name, operation, id_column, id, columns, pg_catalog.encode(row_before, 'hex'))::text
    from rehouse.before_image where batch > $1 and batch <= $2`

/** What is not sealed yet; null = nothing. In the transaction that writes the entry. */
export async function newSeal(session: Session): Promise<LedgerSeal | null> {
  const { rows } = await session.query(
    `select s.through, coalesce((select pg_catalog.max(id) from rehouse.batch), 0)
    from (select coalesce(pg_catalog.max((detail #>> '{ledger,through}')::bigint), 0) as through from rehouse.audit where action = 'run:finished') s`,
  )
  const [after = '0', through = '0'] = (rows[0] ?? []).map(String)
  if (BigInt(through) <= BigInt(after)) return null
  return { after, through, digest: await digestOf(session, { after, through }) }
}

async function digestOf(session: Session, { after, through }: Pick<LedgerSeal, 'after' | 'through'>): Promise<string> {
  const { rows } = await session.query(
    `select pg_catalog.encode(pg_catalog.sha256(coalesce(pg_catalog.string_agg(hash, ''::bytea order by hash), ''::bytea)), 'hex')
    from (select pg_catalog.sha256(pg_catalog.convert_to(line, 'UTF8')) as hash from (${LINES}) l) h`,
    [after, through],
  )
  return String(rows[0]?.[0])
}

/** Whether the ledger’s rows are as they were sealed. Told only where the chain can be believed: of entries whose HMAC fits. */
export async function checkSeals(session: Session, { genuine }: Pick<AuditCheck, 'genuine'>): Promise<readonly AuditFinding[]> {
  const found: AuditFinding[] = []
  let last: { readonly id: string; readonly through: string } | null = null
  for (const { id, run, detail } of genuine.filter(({ action }) => action === 'run:finished')) {
    const seal = sealIn(detail)
    if (seal === null) continue
    last = { id, through: seal.through }
    if ((await digestOf(session, seal)) === seal.digest) continue
    const batches = `${BigInt(seal.after) + 1n} to ${seal.through}`
    const message = `batches ${batches}, with their counts, outcomes and before-images, are not as they were when run ${run} ended`
    found.push({ kind: 'ledger', from: id, to: id, message })
  }
  return last === null || isRunning(genuine) ? found : [...found, ...(await unsealed(session, last))]
}

function sealIn(detail: string): LedgerSeal | null {
  // Signed as this program wrote it.
  const { ledger } = JSON.parse(detail) as { readonly ledger?: LedgerSeal }
  return ledger ?? null
}

/** A run writes batches before it is sealed. */
function isRunning(entries: readonly AuditRecord[]): boolean {
  return entries.findLast(({ action }) => action === 'run:started' || action === 'run:finished')?.action === 'run:started'
}

async function unsealed(
  session: Session,
  { id, through }: { readonly id: string; readonly through: string },
): Promise<readonly AuditFinding[]> {
  const { rows } = await session.query('select pg_catalog.count(*), pg_catalog.min(id) from rehouse.batch where id > $1', [through])
  const [batches, first] = rows[0] ?? []
  if (batches === '0') return []
  const message = `${batches} batches from ${first} on are of no run whose end is in the chain`
  return [{ kind: 'ledger', from: id, to: id, message }]
}
