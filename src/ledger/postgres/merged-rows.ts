import { canonicalKey, keyParts } from '../../base/key-text.ts'
import { TupleCursor } from '../../base/tuple-cursor.ts'
import { bug } from '../../errors.ts'
import type { BatchRecord, KnownKey } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import type { MergedKey } from '../ledger.ts'
import { textArray } from './array-text.ts'

interface Place {
  readonly entity: number
  readonly tenant: number
}

/** Rows that become other rows, in the batch's transaction. */
export async function addMerged(session: Session, { merged = [], tenant, entity, id }: BatchRecord): Promise<void> {
  if (merged.length === 0) return
  await session.query(
    `insert into rehouse.merged (tenant, entity, key, id, batch)
    select $1::integer, $2::smallint, m.key, m.id, $5::bigint from unnest($3::text[], $4::text[]) as m(key, id)`,
    [tenant, entity, textArray(merged.map(row => canonicalKey(row.key))), textArray(merged.map(row => row.id)), id],
  )
}

/** Of some canonical keys those whose row is another row. */
export async function readMergedKeys(session: Session, place: Place, texts: readonly string[]): Promise<Map<string, KnownKey>> {
  const { rows } = await session.query(
    `select m.key, m.id, m.batch, b.run from rehouse.merged m left join rehouse.batch b on b.id = m.batch
    where m.tenant = $1 and m.entity = $2 and m.key = any($3::text[])`,
    [place.tenant, place.entity, textArray(texts)],
  )
  return new Map(
    rows.map(([key, id, batch, run]) => [
      String(key),
      { state: 'merged', id: String(id), run: String(run ?? ''), batch: String(batch) } satisfies KnownKey,
    ]),
  )
}

/** All of an entity and tenant, by key, in chunks as they come over the wire. */
export async function* streamMerged(session: Session, { entity, tenant }: Place): AsyncGenerator<readonly MergedKey[]> {
  const cursor = new TupleCursor(2)
  // COPY takes no parameters; the two numbers are numbers.
  const query = `select key, id from rehouse.merged where tenant = ${Number(tenant)} and entity = ${Number(entity)} order by key`
  for await (const chunk of session.copyOut(`copy (${query}) to stdout (format binary)`)) {
    cursor.push(chunk)
    const rows: MergedKey[] = []
    while (cursor.next()) rows.push({ key: partsOf(fieldText(cursor, 0)), id: fieldText(cursor, 1) })
    if (rows.length > 0) yield rows
  }
}

function partsOf(text: string): readonly string[] {
  const parts = keyParts(text)
  if (parts === null) throw bug(`expected a canonical key in the ledger, got one of ${text.length} characters that is not`)
  return parts
}

function fieldText(cursor: TupleCursor, field: number): string {
  const start = cursor.start[field] ?? 0
  return cursor.data.toString('utf8', start, start + (cursor.length[field] ?? 0))
}
