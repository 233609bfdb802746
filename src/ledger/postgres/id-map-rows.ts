import type { IdMapRows } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import type { BatchDigest, IdMapSum, KeyRange } from '../ledger.ts'

interface Place {
  readonly entity: number
  readonly tenant: number
}

/** COPY takes no parameters; the numbers are numbers. Both orders are those of the primary keys. */
export function idMapStatement({ entity, tenant, format, between }: Place & Pick<IdMapRows, 'format'> & { between?: KeyRange }): string {
  const range = between === undefined ? '' : ` and key between ${BigInt(between.least)} and ${BigInt(between.most)}`
  return `copy (select tenant, entity, key, id, hash, 0::bigint from rehouse.id_map_${format === 'integer' ? 'integer' : 'text'}
    where tenant = ${Number(tenant)} and entity = ${Number(entity)}${range} order by key) to stdout (format binary)`
}

const PROBE = '00112233-4455-6677-8899-aabbccddeeff'
/** What the hash of base/identifier-hash.ts gives for it under the seed 7; a server of the other byte order gives something else. */
const PROBED = '-8574076941708933926'

export async function sumIdMap(session: Session, { entity, tenant }: Place, between?: KeyRange): Promise<IdMapSum | null> {
  const { rows } = await session.query(
    `select pg_catalog.count(*), coalesce(pg_catalog.sum(pg_catalog.uuid_hash_extended(id, key # hash)), 0), pg_catalog.uuid_hash_extended('${PROBE}', 7)
    from rehouse.id_map_integer where tenant = $1 and entity = $2${between === undefined ? '' : ' and key between $3::bigint and $4::bigint'}`,
    between === undefined ? [tenant, entity] : [tenant, entity, String(between.least), String(between.most)],
  )
  const [count, sum, probed] = rows[0] ?? []
  return probed === PROBED ? { rows: Number(count), sum: BigInt(sum ?? 0) } : null
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
