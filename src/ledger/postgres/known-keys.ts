import { canonicalKey, keyParts } from '../../base/key-text.ts'
import { TupleCursor } from '../../base/tuple-cursor.ts'
import { bug } from '../../errors.ts'
import type { KnownKey } from '../../model/ledger-records.ts'
import type { Session } from '../../postgres/session.ts'
import type { IntegerSum } from '../ledger.ts'
import { plainArray, storable, textArray } from './array-text.ts'
import { readMergedKeys } from './merged-rows.ts'

type KeyState = { readonly key: readonly string[]; readonly state: KnownKey['state'] }
type Place = { readonly entity: number; readonly tenant: number }

const INTEGER = /^(0|-?[1-9][0-9]{0,18})$/
const MIN = -(2n ** 63n)
const MAX = 2n ** 63n - 1n

/** The integer a key can stand as in id_map_integer; null for every other key. The same rule as rehouse.integer_key. */
export function integerKey(text: string): string | null {
  if (!INTEGER.test(text)) return null
  if (text.length < 19) return text
  const value = BigInt(text)
  return value >= MIN && value <= MAX ? text : null
}

/**
 * In the order of `keys`; null = never seen. Loaded wins over merged, merged over quarantined, quarantined over excluded.
 * One question per table, each only for the keys that are still unknown: `= any` walks an index once for all of them, a join would descend it per key.
 */
export async function readKnown(
  session: Session,
  place: Place,
  keys: readonly (readonly string[])[],
): Promise<readonly (KnownKey | null)[]> {
  const texts = keys.map(key => storable(canonicalKey(key)))
  const known = await readLoaded(session, place, texts)
  const others = texts.filter(text => !known.has(text))
  if (others.length > 0) for (const [text, state] of await readMergedKeys(session, place, others)) known.set(text, state)
  const rest = texts.filter(text => !known.has(text))
  if (rest.length > 0) for (const [text, state] of await readRefused(session, place, rest)) known.set(text, state)
  return texts.map(text => known.get(text) ?? null)
}

async function readLoaded(session: Session, place: Place, texts: readonly string[]): Promise<Map<string, KnownKey>> {
  const { tenant, entity } = place
  const rows = await readIntegers(
    session,
    place,
    texts.filter(text => integerKey(text) !== null),
  )
  const found = new Set(rows.map(row => row[0]))
  const others = texts.filter(text => !found.has(text))
  if (others.length > 0) {
    const query = `select key, id, hash, batch from rehouse.id_map_text where tenant = $1 and entity = $2 and key = any($3::text[])`
    rows.push(...(await rowsOf(session, query, [tenant, entity, textArray(others)])))
  }
  const runs = await runsOf(session, new Set(rows.map(row => row[3] ?? '')))
  return new Map(
    rows.map(([key = '', id = '', hash = '', batch = '']) => [key, { state: 'loaded', id, hash, run: runs.get(batch) ?? '', batch }]),
  )
}

async function readIntegers(session: Session, { tenant, entity }: Place, keys: readonly string[]): Promise<string[][]> {
  if (keys.length === 0) return []
  let least = MAX
  let most = MIN
  for (const key of keys) {
    const value = BigInt(key)
    if (value < least) least = value
    if (value > most) most = value
  }
  // The bounds say nothing new, but without them PostgreSQL 15 may read the whole table: a batch's keys lie close together.
  const query = `select key, id, hash, batch from rehouse.id_map_integer
    where tenant = $1 and entity = $2 and key between $4::bigint and $5::bigint and key = any($3::bigint[])`
  return rowsOf(session, query, [tenant, entity, plainArray(keys), String(least), String(most)])
}

/** Sums over a range of the id map, computed where it lies. */
export async function sumIntegers(
  session: Session,
  { tenant, entity, task }: Place & { readonly task: string },
  { least, most }: { readonly least: bigint; readonly most: bigint },
): Promise<IntegerSum> {
  const { rows } = await session.query(
    `select pg_catalog.count(*), coalesce(pg_catalog.sum(hash), 0), coalesce(pg_catalog.bit_xor(hash), 0),
      pg_catalog.count(*) filter (where batch in (select b.id from rehouse.batch b where b.task = $5::bigint))
    from rehouse.id_map_integer where tenant = $1 and entity = $2 and key between $3::bigint and $4::bigint`,
    [tenant, entity, String(least), String(most), task],
  )
  const [count, sum, xor, ofTask] = rows[0] ?? []
  return { rows: Number(count), sum: BigInt(sum ?? 0), xor: BigInt(xor ?? 0), ofTask: Number(ofTask) }
}

async function rowsOf(session: Session, query: string, values: Parameters<Session['query']>[1]): Promise<string[][]> {
  // None of the columns asked for can be null.
  return (await session.query(query, values)).rows as string[][]
}

async function runsOf(session: Session, batches: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  if (batches.size === 0) return new Map()
  const rows = await rowsOf(session, 'select id, run from rehouse.batch where id = any($1::bigint[])', [plainArray([...batches])])
  return new Map(rows.map(([id = '', run = '']) => [id, run]))
}

async function readRefused(session: Session, { tenant, entity }: Place, texts: readonly string[]): Promise<ReadonlyMap<string, KnownKey>> {
  const { rows } = await session.query(
    `select 'x', key, code, null, null, null from rehouse.exclusion where tenant = $1 and entity = $2 and key = any($3::text[])
    union all
    select 'q', key, code, column_name, value_masked, detail from rehouse.quarantine
    where tenant = $1 and entity = $2 and key = any($3::text[]) and part = '' and ordinal = 0 and resolved_batch is null`,
    [tenant, entity, textArray(texts)],
  )
  const isRefused = new Set(rows.flatMap(([kind, key]) => (kind === 'q' ? [key] : [])))
  return new Map(
    rows.flatMap(([kind, key, code, column = null, valueMasked = null, detail = null]): [string, KnownKey][] => {
      if (kind === 'q') return [[String(key), { state: 'quarantined', code: String(code), column, valueMasked, detail }]]
      return isRefused.has(key) ? [] : [[String(key), { state: 'excluded', code: String(code) }]]
    }),
  )
}

/** Whether any key is known: look-ups in indexes. */
export async function readHasKeys(session: Session, place: Place): Promise<boolean> {
  const { rows } = await session.query(
    `select exists (select from rehouse.id_map_integer where tenant = $1 and entity = $2)
      or exists (select from rehouse.id_map_text where tenant = $1 and entity = $2)
      or exists (select from rehouse.merged where tenant = $1 and entity = $2)
      or exists (select from rehouse.quarantine where tenant = $1 and entity = $2 and resolved_batch is null)
      or exists (select from rehouse.exclusion where tenant = $1 and entity = $2)`,
    [place.tenant, place.entity],
  )
  return rows[0]?.[0] === 't'
}

const STATES: Readonly<Record<string, KnownKey['state']>> = { l: 'loaded', m: 'merged', q: 'quarantined', x: 'excluded' }

/** Every key with its state, in any order, in chunks as they come over the wire. */
export async function* streamKnownKeys(session: Session, place: Place): AsyncGenerator<readonly KeyState[]> {
  const cursor = new TupleCursor(2)
  for await (const chunk of session.copyOut(`copy (${allKeys(place)}) to stdout (format binary)`)) {
    cursor.push(chunk)
    const rows = readRows(cursor)
    if (rows.length > 0) yield rows
  }
}

/** COPY takes no parameters; the two numbers are numbers. */
function allKeys(place: Place): string {
  const here = (alias: string): string => `${alias}.tenant = ${Number(place.tenant)} and ${alias}.entity = ${Number(place.entity)}`
  const isMapped = `(exists (select from rehouse.id_map_text t where ${here('t')} and t.key = o.key)
    or exists (select from rehouse.id_map_integer i where ${here('i')} and i.key = rehouse.integer_key(o.key))
    or exists (select from rehouse.merged m where ${here('m')} and m.key = o.key))`
  const isRefused = `exists (select from rehouse.quarantine q where ${here('q')} and q.key = o.key and q.part = '' and q.ordinal = 0 and q.resolved_batch is null)`
  return `select i.key::text collate "C", 'l' from rehouse.id_map_integer i where ${here('i')}
    union all select t.key, 'l' from rehouse.id_map_text t where ${here('t')}
    union all select m.key, 'm' from rehouse.merged m where ${here('m')}
    union all select o.key, 'q' from rehouse.quarantine o where ${here('o')} and o.part = '' and o.ordinal = 0 and o.resolved_batch is null and not ${isMapped}
    union all select o.key, 'x' from rehouse.exclusion o where ${here('o')} and not ${isMapped} and not ${isRefused}`
}

function readRows(cursor: TupleCursor): readonly KeyState[] {
  const rows: KeyState[] = []
  while (cursor.next()) {
    const key = fieldText(cursor, 0)
    const state = STATES[fieldText(cursor, 1)]
    const parts = INTEGER.test(key) ? [key] : keyParts(key)
    if (parts === null || state === undefined)
      throw bug(`expected a canonical key in the ledger, got one of ${key.length} characters that is not`)
    rows.push({ key: parts, state })
  }
  return rows
}

function fieldText(cursor: TupleCursor, field: number): string {
  const start = cursor.start[field] ?? 0
  return cursor.data.toString('utf8', start, start + (cursor.length[field] ?? 0))
}
