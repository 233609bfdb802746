import type { IdMapRows } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import type { BatchDigest } from '../ledger.ts'

interface Place {
  readonly entity: number
  readonly tenant: number
}

/** COPY takes no parameters; the two numbers are numbers. Both orders are those of the primary keys. */
export function idMapStatement({ entity, tenant, format }: Place & Pick<IdMapRows, 'format'>): string {
  return `copy (select tenant, entity, key, id, hash, 0::bigint from rehouse.id_map_${format === 'integer' ? 'integer' : 'text'}
    where tenant = ${Number(tenant)} and entity = ${Number(entity)} order by key) to stdout (format binary)`
}

export async function countIdMap(session: Session, { entity, tenant }: Place): Promise<bigint> {
  const { rows } = await session.query(
    `select (select count(*) from rehouse.id_map_integer where tenant = $1 and entity = $2)
      + (select count(*) from rehouse.id_map_text where tenant = $1 and entity = $2)`,
    [tenant, entity],
  )
  return BigInt(rows[0]?.[0] ?? 0)
}

export async function readDigests(session: Session, run: string): Promise<readonly BatchDigest[]> {
  const { rows } = await session.query(
    `select id, entity, tenant, pg_catalog.encode(digest, 'hex') from rehouse.batch where run = $1 order by id`,
    [run],
  )
  return rows.map(([batch, entity, tenant, digest]) => ({
    batch: String(batch),
    entity: Number(entity),
    tenant: Number(tenant),
    digest: String(digest),
  }))
}
