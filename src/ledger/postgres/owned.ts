import { canonicalKey, keyParts } from '../../base/key-text.ts'
import type { OwnedLine, OwnedRows } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import type { Ledger } from '../ledger.ts'
import { textArray } from './array-text.ts'
import { countsOf } from './tasks.ts'

/** Of each task's latest pass that has a batch, as the totals. */
export async function readOwnedLines(session: Session, run: string): Promise<readonly OwnedLine[]> {
  const { rows } = await session.query(
    `select k.entity, k.tenant, c.relation, max(c.source_count), sum(c.read), sum(c.loaded + c.loaded_earlier_in_run), sum(c.updated),
      sum(c.unchanged - c.loaded_earlier_in_run), sum(c.merged), sum(c.skipped), sum(c.excluded), sum(c.quarantined), sum(c.parts_quarantined)
    from rehouse.task k join rehouse.batch b on b.task = k.id and b.pass = (select max(l.pass) from rehouse.batch l where l.task = k.id)
    join rehouse.batch_count c on c.batch = b.id and c.owned
    where k.run = $1 group by k.entity, k.tenant, c.relation order by k.entity, k.tenant, c.relation collate "C"`,
    [run],
  )
  return rows.map(([entity, tenant, relation, sourceCount, ...counts]) => ({
    entity: Number(entity),
    tenant: Number(tenant),
    relation: String(relation),
    sourceCount: sourceCount ?? null,
    counts: countsOf(counts),
  }))
}

export async function readOwnedRows(
  session: Session,
  { entity, tenant, keys }: Parameters<Ledger['ownedRows']>[0],
): Promise<readonly OwnedRows[]> {
  if (keys.length === 0) return []
  const { rows } = await session.query(
    `select key, relation, kept, excluded, quarantined from rehouse.owned_row where tenant = $1 and entity = $2 and key = any($3::text[])
    order by key, relation`,
    [tenant, entity, textArray(keys.map(canonicalKey))],
  )
  return rows.map(([key, relation, kept, excluded, quarantined]) => ({
    key: keyParts(String(key)) ?? [String(key)],
    relation: String(relation),
    kept: Number(kept),
    excluded: Number(excluded),
    quarantined: Number(quarantined),
  }))
}
