import { keyParts } from '../../base/key-text.ts'
import { RehouseError } from '../../errors.ts'
import type { Session } from '../../postgres/session.ts'
import type { LookupMatch } from '../ledger.ts'
import { plainArray, textArray } from './array-text.ts'

/** Where an identifier says by itself that it comes from: `ordered` ids carry tenant, entity and key. Null: it does not say. */
export type IdDecoder = (id: string) => { readonly tenant: number; readonly entity: number; readonly key: string } | null

/** `scan`: identifiers that neither say where they come from nor stand in an index are looked for row by row (about a second per ten million rows); `refuse`: they are an error. */
export type UnindexedLookup = 'scan' | 'refuse'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Which entity, tenant and key have these ids, in the order of the ids. */
export async function readKeysOf(
  session: Session,
  ids: readonly string[],
  how: { readonly decode: IdDecoder; readonly unindexed: UnindexedLookup },
): Promise<readonly LookupMatch[]> {
  const wanted = [...new Set(ids)]
  const matches = [...(await matchDecoded(session, wanted, how.decode)), ...(await matchIndexed(session, wanted))]
  const merged = await matchMerged(session, wanted)
  const found = new Set(matches.map(match => match.id.toLowerCase()))
  const rest = wanted.filter(id => UUID.test(id) && how.decode(id) === null && !found.has(id.toLowerCase()))
  if (rest.length > 0 && (await hasUndecodable(session, how.decode))) matches.push(...(await matchScanned(session, rest, how.unindexed)))
  const position = new Map(wanted.map((id, i) => [id.toLowerCase(), i]))
  // Stable: a row of its own comes before those that are it.
  return [...matches, ...merged].toSorted((a, b) => (position.get(a.id.toLowerCase()) ?? 0) - (position.get(b.id.toLowerCase()) ?? 0))
}

const FACTS = `e.name, t.code, m.key::text, m.id::text, e.head_table, m.batch, b.run`
const JOINS = `join rehouse.entity e on e.number = m.entity left join rehouse.tenant t on t.number = m.tenant left join rehouse.batch b on b.id = m.batch`

async function matchDecoded(session: Session, ids: readonly string[], decode: IdDecoder): Promise<readonly LookupMatch[]> {
  const places = ids.flatMap(id => {
    const place = decode(id)
    return place ? [{ id, ...place }] : []
  })
  if (places.length === 0) return []
  const { rows } = await session.query(
    `select ${FACTS} from unnest($1::uuid[], $2::integer[], $3::smallint[], $4::bigint[]) as w(id, tenant, entity, key)
    join rehouse.id_map_integer m on m.tenant = w.tenant and m.entity = w.entity and m.key = w.key and m.id = w.id ${JOINS}`,
    [
      plainArray(places.map(p => p.id)),
      plainArray(places.map(p => p.tenant)),
      plainArray(places.map(p => p.entity)),
      plainArray(places.map(p => p.key)),
    ],
  )
  return rows.map(matchOf)
}

// UUIDs are stored in lower case; other identifiers as they are.
function spellingsOf(ids: readonly string[]): readonly string[] {
  return ids.flatMap(id => (UUID.test(id) ? [id, id.toLowerCase()] : [id]))
}

async function matchMerged(session: Session, ids: readonly string[]): Promise<readonly LookupMatch[]> {
  const { rows } = await session.query(
    `select ${FACTS} from rehouse.merged m ${JOINS} where m.id = any($1::text[]) order by m.entity, m.tenant, m.key`,
    [textArray(spellingsOf(ids))],
  )
  return rows.map(row => ({ ...matchOf(row), isMerged: true as const }))
}

async function matchIndexed(session: Session, ids: readonly string[]): Promise<readonly LookupMatch[]> {
  const { rows } = await session.query(`select ${FACTS} from rehouse.id_map_text m ${JOINS} where m.id = any($1::text[])`, [
    textArray(spellingsOf(ids)),
  ])
  return rows.map(matchOf)
}

/** Whether an entity with integer keys has identifiers that do not say where they come from: one row of each tells. */
async function hasUndecodable(session: Session, decode: IdDecoder): Promise<boolean> {
  const { rows } = await session.query(
    `select m.id from rehouse.entity e
    cross join (select number from rehouse.tenant union all select 0) t
    cross join lateral (select i.id from rehouse.id_map_integer i where i.tenant = t.number and i.entity = e.number limit 1) m`,
  )
  return rows.some(([id]) => decode(String(id)) === null)
}

async function matchScanned(session: Session, ids: readonly string[], unindexed: UnindexedLookup): Promise<readonly LookupMatch[]> {
  if (unindexed === 'refuse') {
    throw new RehouseError(
      'LEDGER_INVALID',
      `expected identifiers that say where they come from, got ${ids.length} that must be looked for row by row`,
      {
        next: 'Look up by legacy key, or ask for a scan.',
      },
    )
  }
  const { rows } = await session.query(`select ${FACTS} from rehouse.id_map_integer m ${JOINS} where m.id = any($1::uuid[])`, [
    plainArray(ids),
  ])
  return rows.map(matchOf)
}

function matchOf([entity, tenant = null, key, id, table, batch, run]: readonly (string | null)[]): LookupMatch {
  return {
    entity: String(entity),
    tenant,
    key: keyParts(String(key)) ?? [String(key)],
    id: String(id),
    table: String(table),
    batch: String(batch),
    run: String(run),
  }
}
