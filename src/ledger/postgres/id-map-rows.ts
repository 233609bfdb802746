import type { IdMapRows } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'

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
