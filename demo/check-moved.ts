import type { EntityResult, MigrateResult } from '../src/model/results.ts'
import type { Session } from '../src/postgres/session.ts'
import type { District, ServiceName } from './districts.ts'
import { type Legacy, withSession } from './make-legacy.ts'
import { MOVED, type MovedRelation, REFERENCES, type Reference } from './moved-relations.ts'

/** One thing checked: how many comparisons or rows it covered, and a line for each that is not as it must be. */
export interface Verdict {
  readonly title: string
  readonly covered: number
  readonly wrong: readonly string[]
}

export interface Moved {
  readonly legacy: Legacy
  readonly legacyUrl: (database: string) => string
  readonly serviceUrl: (service: ServiceName) => string
  readonly result: Pick<MigrateResult, 'entities'>
}

interface Opened {
  readonly moved: Moved
  readonly legacy: (database: string) => Session
  readonly service: (service: ServiceName) => Session
  readonly tenantIds: ReadonlyMap<string, string>
}

/** Counts and compares with SQL of its own on both sides; shares nothing with the tool but its result. */
export async function checkMoved(moved: Moved): Promise<readonly Verdict[]> {
  return withAll(moved, async open => [
    await checkRead(open),
    await checkLoaded(open),
    await checkParts(open),
    await checkContent(open),
    ...(await checkReferences(open)),
  ])
}

async function withAll<T>(moved: Moved, work: (open: Opened) => Promise<T>): Promise<T> {
  const sessions = new Map<string, Session>()
  const named = (name: string): Session => {
    const session = sessions.get(name)
    if (!session) throw new TypeError(`no session ${name}`)
    return session
  }
  const addresses = [
    ...[moved.legacy.login, ...moved.legacy.districts.map(d => d.database)].map(
      database => [`legacy ${database}`, moved.legacyUrl(database)] as const,
    ),
    ...(['directory', 'student', 'assessment'] as const).map(service => [`service ${service}`, moved.serviceUrl(service)] as const),
  ]
  const openAll = async (rest: typeof addresses): Promise<T> => {
    const [next, ...others] = rest
    if (!next)
      return work({
        moved,
        legacy: database => named(`legacy ${database}`),
        service: service => named(`service ${service}`),
        tenantIds: await readTenantIds(named(`legacy ${moved.legacy.login}`)),
      })
    return withSession(next[1], {}, session => {
      sessions.set(next[0], session)
      return openAll(others)
    })
  }
  return openAll(addresses)
}

async function readTenantIds(login: Session): Promise<ReadonlyMap<string, string>> {
  return new Map((await login.query('select "Code", "Guid" from dbo."District"')).rows.map(([code, id]) => [code ?? '', id ?? '']))
}

/** Each moved relation with each district it is in, and the line of the result about the two. */
function lines({ moved }: Opened): readonly { relation: MovedRelation; district: District | null; line: EntityResult | undefined }[] {
  return MOVED.flatMap(relation =>
    (relation.isShared ? [null] : moved.legacy.districts).map(district => ({
      relation,
      district,
      line: moved.result.entities.find(l => l.entity === relation.entity && l.tenant === (district?.code ?? null)),
    })),
  )
}

async function checkRead(open: Opened): Promise<Verdict> {
  const wrong: string[] = []
  let covered = 0
  for (const { relation, district, line } of lines(open)) {
    const counted = await count(open.legacy(district?.database ?? open.moved.legacy.login), `dbo."${relation.legacy}"`)
    covered += counted
    if (line?.read !== counted)
      wrong.push(`${name(relation, district)}: ${counted} rows in the legacy database, ${line?.read ?? 'none'} read`)
  }
  return { title: 'rows read are the rows the legacy databases count', covered, wrong }
}

async function checkLoaded(open: Opened): Promise<Verdict> {
  const wrong: string[] = []
  let covered = 0
  for (const { relation, district, line } of lines(open)) {
    const stored = await count(open.service(relation.service), relation.table, tenantId(open, district))
    covered += stored
    const loaded = line ? line.loaded + line.unchanged + line.updated : 'none'
    if (loaded !== stored) wrong.push(`${name(relation, district)}: ${loaded} loaded, ${stored} rows in ${relation.table}`)
  }
  return { title: 'rows loaded are the rows the services count', covered, wrong }
}

/** Split rows: every table of the result, not just the first. Only for a run that began with empty services. */
async function checkParts(open: Opened): Promise<Verdict> {
  const wrong: string[] = []
  let covered = 0
  for (const { relation, district, line } of lines(open)) {
    if (!line || line.unchanged > 0) continue
    for (const [table, written] of Object.entries(line.written)) {
      const stored = await count(open.service(relation.service), table, tenantId(open, district))
      covered += stored
      if (written !== stored) wrong.push(`${name(relation, district)}: ${written} written, ${stored} rows in ${table}`)
    }
  }
  return { title: 'rows written are the rows each table holds', covered, wrong }
}

/** The same integer keys occur in every district: a row in the wrong tenant would have other contents. */
async function checkContent(open: Opened): Promise<Verdict> {
  const wrong: string[] = []
  let covered = 0
  for (const { relation, district } of lines(open)) {
    if (!relation.content || !district) continue
    const [keys, target] = await targetContent(open.service(relation.service), relation, tenantId(open, district))
    const expected = await one(
      open.legacy(district.database),
      `select md5(string_agg(${relation.content.legacy}, ';' order by ${relation.content.legacyKey})) from dbo."${relation.legacy}" where ${relation.content.legacyKey} = any ($1::int[])`,
      [keys],
    )
    covered += keys === '{}' ? 0 : keys.split(',').length
    if (expected !== target) wrong.push(`${name(relation, district)}: contents differ`)
  }
  return { title: 'contents have the same MD5 on both sides', covered, wrong }
}

async function targetContent(session: Session, relation: MovedRelation, tenant: string | null): Promise<readonly [string, string | null]> {
  const result = await session.query(
    `select coalesce(array_agg(legacy_id order by legacy_id), '{}'), md5(string_agg(${relation.content?.target}, ';' order by legacy_id)) from ${relation.table} where tenant_id = $1`,
    [tenant],
  )
  return [result.rows[0]?.[0] ?? '{}', result.rows[0]?.[1] ?? null]
}

async function checkReferences(open: Opened): Promise<readonly [Verdict, Verdict]> {
  const orphans: string[] = []
  const mixed: string[] = []
  let covered = 0
  for (const reference of REFERENCES) {
    const found = await follow(open, reference)
    covered += found.references
    if (found.orphans > 0) orphans.push(`${reference.table}.${reference.column}: ${found.orphans}`)
    if (found.mixed > 0) mixed.push(`${reference.table}.${reference.column}: ${found.mixed}`)
  }
  return [
    { title: 'no reference leads to a row that is not there', covered, wrong: orphans },
    { title: 'no reference leads to another district’s row', covered, wrong: mixed },
  ]
}

async function follow(open: Opened, reference: Reference): Promise<{ references: number; orphans: number; mixed: number }> {
  const { table, column, parent } = reference
  const tenants = open.moved.legacy.districts.map(district => tenantId(open, district))
  const all = await one(open.service(reference.service), `select count(${column}) from ${table} where tenant_id = any ($1::uuid[])`, [
    tenants,
  ])
  const pairs = await open.service(reference.service).query(
    `select array_agg(tenant_id), array_agg(${column})
       from (select distinct tenant_id, ${column} from ${table} where ${column} is not null and tenant_id = any ($1::uuid[])) as pairs`,
    [tenants],
  )
  const checked = await open.service(parent[0]).query(
    `select count(*) filter (where p.id is null), count(*) filter (where p.tenant_id <> c.tenant_id)
     from unnest($1::uuid[], $2::uuid[]) as c (tenant_id, id) left join ${parent[1]} as p using (id)`,
    [pairs.rows[0]?.[0] ?? '{}', pairs.rows[0]?.[1] ?? '{}'],
  )
  return { references: Number(all), orphans: Number(checked.rows[0]?.[0]), mixed: Number(checked.rows[0]?.[1]) }
}

function tenantId(open: Opened, district: District | null): string | null {
  return district ? (open.tenantIds.get(district.code) ?? null) : null
}

async function count(session: Session, relation: string, tenant: string | null = null): Promise<number> {
  return Number(
    await one(
      session,
      `select count(*) from ${relation} ${tenant === null ? '' : 'where tenant_id = $1'}`,
      tenant === null ? [] : [tenant],
    ),
  )
}

type SqlValue = string | null | readonly (string | null)[]

async function one(session: Session, text: string, values: readonly SqlValue[] = []): Promise<string | null> {
  return (await session.query(text, values)).rows[0]?.[0] ?? null
}

function name(relation: MovedRelation, district: District | null): string {
  return `${district?.code ?? 'shared'} ${relation.entity}`
}
