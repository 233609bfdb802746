import { TupleCursor } from '../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../src/base/tuple-writer.ts'
import { type CastContext, type CastRule, REFUSED } from '../../src/cast/cast.ts'
import { findCast } from '../../src/cast/find-cast.ts'
import { Session } from '../../src/postgres/session.ts'
import { type OwnOids, ownTypesSql, type PairType, pairTypes } from './type-pair-types.ts'

/** The zone whose rules the casts take, and the server’s session for its own casts. PostgreSQL’s way with gaps and overlaps is forward and later. */
export const PAIR_ZONE = 'America/New_York'
const CONTEXT: CastContext = { zone: PAIR_ZONE, gap: 'shift_forward', overlap: 'later', zoneHit: () => undefined }

export interface PairServer {
  readonly session: Session
  readonly version: number
  readonly types: readonly PairType[]
  close(): Promise<void>
}

/**
 * What storing a value of one type in a column of another gives: by assignment; where there is none by an explicit cast; where there is none by text.
 * An explicit cast first would cut text silently.
 */
const CAST_TEXT = `create function public.cast_text(value text, source text, target text) returns text language plpgsql set search_path = public, pg_catalog as $$
  declare result text;
  begin
    begin
      execute format('insert into pair_own select %L::%s returning x::text', value, source) into result;
      return result;
    exception when datatype_mismatch then null;
    end;
    begin
      execute format('select (%L::%s)::%s::text', value, source, target) into result;
      return result;
    exception when cannot_coerce then null;
    end;
    execute format('insert into pair_own select %L::%s::text::%s returning x::text', value, source, target) into result;
    return result;
  exception when others then return null;
  end $$`

/** Opens a database of its own types. */
export async function openPairServer(url: string, padding: number): Promise<PairServer> {
  const session = await Session.open({
    url,
    applicationName: 'rehouse type pairs',
    side: 'source',
    settings: { search_path: 'public', TimeZone: PAIR_ZONE },
  })
  await session.script(`${ownTypesSql(padding)} ${CAST_TEXT}`)
  const { rows } = await session.query(
    `select t.typname, t.oid, current_setting('server_version_num') from pg_catalog.pg_type t where t.typnamespace = 'public'::regnamespace`,
  )
  const oids = new Map(rows.map(([name, oid]) => [name, Number(oid)]))
  const own: OwnOids = { oid: name => oids.get(name) ?? 0 }
  const version = Number(rows[0]?.[2])
  return { session, version, types: pairTypes(own, version), close: () => session.close() }
}

/** One value: the server’s field and its text. */
export interface PairValue {
  readonly field: Buffer
  readonly text: string
}

async function readFields(session: Session, query: string): Promise<readonly (readonly (Buffer | null)[])[]> {
  const chunks: Buffer[] = []
  for await (const chunk of session.copyOut(`copy (${query}) to stdout (format binary)`)) chunks.push(chunk)
  const cursor = new TupleCursor(2)
  cursor.push(Buffer.concat(chunks))
  const rows: (Buffer | null)[][] = []
  while (cursor.next()) {
    rows.push(
      [0, 1].map(i => {
        const [start, length] = [cursor.start[i] as number, cursor.length[i] as number]
        return length < 0 ? null : Buffer.from(cursor.data.subarray(start, start + length))
      }),
    )
  }
  return rows
}

/** The values of a type as its server sends them. */
export async function readValues(server: PairServer, type: PairType): Promise<readonly PairValue[]> {
  const { session } = server
  await session.script(`drop table if exists pair_source; create table pair_source (n serial, x ${type.sql})`)
  for (const value of type.values) await session.query(`insert into pair_source (x) values (cast($1::text as ${type.sql}))`, [value])
  // In UTC, so that the other server reads the same instants.
  await session.script(`set TimeZone = 'UTC'`)
  const rows = await readFields(session, 'select x, x::text from pair_source order by n')
  await session.script(`set TimeZone = '${PAIR_ZONE}'`)
  return rows.map(([field, text]) => ({ field: field ?? Buffer.alloc(0), text: String(text) }))
}

export interface PairOutcome {
  readonly value: PairValue
  readonly result: 'done' | 'lossy' | 'refused'
  /** What we wrote. */
  readonly written: Buffer | null
  /** What the target stored, as it sends it. */
  readonly stored: Buffer | null
  readonly storedText: string | null
  /** What the target’s own cast of the same value gives; null = it refuses. */
  readonly ownText: string | null
  /** Our cast back of what was stored. */
  readonly back: Buffer | null
}

const NAMES = ['done', 'lossy', 'refused'] as const

/** Casts values, has the target store them, and asks it for its own cast of the same values. */
export async function castPair(
  values: readonly PairValue[],
  sides: { source: PairType; target: PairType; rule: CastRule; versions: readonly [number, number] },
  target: Session,
): Promise<readonly PairOutcome[]> {
  const written = values.map(({ field }) => castOne(sides.rule, field))
  const out = new TupleWriter()
  for (const [i, { bytes }] of written.entries()) {
    if (!bytes) continue
    out.fieldCount(2)
    out.int32(i)
    out.field(bytes, 0, bytes.length)
  }
  await target.script(
    `drop table if exists pair_target; create table pair_target (n int, x ${sides.target.sql}); drop table if exists pair_own; create table pair_own (x ${sides.target.sql})`,
  )
  await target.copyIn('copy pair_target from stdin (format binary)', [out.bytes()])
  // Text of an instant is in UTC with us; the zone is only for casts between local times and instants.
  const isZoned = sides.rule.needsZone || sides.target.sql.includes('timestamptz')
  await target.script(`set TimeZone = '${isZoned ? PAIR_ZONE : 'UTC'}'`)
  const stored = await readFields(target, 'select x, x::text from pair_target order by n')
  const own = await target.query(`select public.cast_text(v, $2, $3) from unnest($1::text[]) with ordinality t(v, n) order by n`, [
    values.map(value => value.text),
    sides.source.sql,
    sides.target.sql,
  ])
  const reverse = findCast({
    source: sides.target.type,
    target: sides.source.type,
    sourceVersion: sides.versions[1],
    targetVersion: sides.versions[0],
  })
  let at = 0
  return values.map((value, i) => {
    const { bytes, result } = written[i] as Written
    const [field, text] = bytes ? (stored[at++] ?? [null, null]) : [null, null]
    const back = field && reverse ? castOne(reverse, field).bytes : null
    return {
      value,
      result: NAMES[result] ?? 'refused',
      written: bytes,
      stored: field ?? null,
      storedText: text ? String(text) : null,
      ownText: own.rows[i]?.[0] ?? null,
      back,
    }
  })
}

interface Written {
  readonly bytes: Buffer | null
  readonly result: 0 | 1 | 2
}

function castOne(rule: CastRule, field: Buffer): Written {
  const out = new TupleWriter(16)
  const result = rule.compile(CONTEXT)(field, 0, field.length, out)
  return { bytes: result === REFUSED ? null : Buffer.from(out.bytes().subarray(4)), result }
}

export interface Pair {
  readonly source: PairType
  readonly target: PairType
  readonly rule: CastRule
}

export function allowedPairs(source: PairServer, target: PairServer): readonly Pair[] {
  return source.types.flatMap(from =>
    target.types.flatMap(to => {
      const rule = findCast({ source: from.type, target: to.type, sourceVersion: source.version, targetVersion: target.version })
      return rule ? [{ source: from, target: to, rule }] : []
    }),
  )
}
