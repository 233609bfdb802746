import type { MigrateResult } from '../../src/model/results.ts'
import { Session } from '../../src/postgres/session.ts'
import type { Rows } from '../support/postgres.ts'
import { SERVICES, type Targets } from './scene.ts'

/** Everything a migration left behind that must not depend on how often it was broken off: no batch numbers, no times, no run ids. */
export interface Picture {
  readonly [part: string]: Rows
}

const LEDGER: Readonly<Record<string, string>> = {
  id_map: `select 'integer', e.name, m.tenant::text, m.key::text, m.id::text, m.hash::text from rehouse.id_map_integer m join rehouse.entity e on e.number = m.entity
    union all select 'text', e.name, m.tenant::text, m.key, m.id, m.hash::text from rehouse.id_map_text m join rehouse.entity e on e.number = m.entity order by 1, 2, 3, 4`,
  quarantine: 'select entity, tenant, key, part, code, column_name, value_masked from rehouse.quarantined order by 1, 2, 3, 4, 5',
  exclusions: `select e.name, x.tenant::text, x.key, x.code from rehouse.exclusion x join rehouse.entity e on e.number = x.entity order by 1, 2, 3`,
  notes: `select e.name, n.tenant::text, n.key, n.code, n.column_name from rehouse.note n join rehouse.entity e on e.number = n.entity order by 1, 2, 3, 4, 5`,
  debts: 'select kind, table_name, name from rehouse.schema_step where undone_at is null order by 1, 2, 3',
  tasks: `select e.name, k.tenant::text, k.state, k.source_count::text from rehouse.task k join rehouse.entity e on e.number = k.entity
    where k.run = (select id from rehouse.run order by started_at limit 1) order by 1, 2`,
}

const CATALOGUE = `
  select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text from pg_catalog.pg_constraint where connamespace::regnamespace::text in ('people', 'facts')
  union all select 'index', schemaname || '.' || tablename, indexname, indexdef, '' from pg_catalog.pg_indexes where schemaname in ('people', 'facts')
  union all select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text from pg_catalog.pg_trigger where not tgisinternal
  union all select 'policy', polrelid::regclass::text, polname, pg_get_expr(polqual, polrelid), '' from pg_catalog.pg_policy
  union all select 'security', oid::regclass::text, relrowsecurity::text, relforcerowsecurity::text, relpersistence::text from pg_catalog.pg_class
    where relkind = 'r' and relnamespace::regnamespace::text in ('people', 'facts')
  order by 1, 2, 3, 4`

const TABLES = `select format('%I.%I', schemaname, tablename) from pg_catalog.pg_tables where schemaname in ('people', 'facts') order by 1`

export async function takePicture(targets: Targets): Promise<Picture> {
  const parts: Record<string, Rows> = {}
  await inEach(targets, async (service, session) => {
    for (const [table] of (await session.query(TABLES)).rows)
      parts[String(table)] = (await session.query(`select r::text from ${table} r order by 1`)).rows
    for (const [name, text] of Object.entries(LEDGER)) parts[`${service} ${name}`] = (await session.query(text)).rows
    parts[`${service} catalogue`] = (await session.query(CATALOGUE)).rows
  })
  return parts
}

/** Every stored row version of every table outside the ledger: where it lies, which transaction wrote it, which locked or ended it. */
export async function takeFingerprint(targets: Targets): Promise<Rows> {
  const all: (readonly (string | null)[])[] = []
  await inEach(targets, async (_, session) => {
    const tables = (await session.query(TABLES)).rows
    const each = tables.map(
      ([table]) =>
        `select '${table}', count(*)::text, md5(string_agg(concat_ws(',', ctid, xmin, xmax, r), ';' order by ctid)) from ${table} r`,
    )
    all.push(...(await session.query(each.join(' union all '))).rows)
  })
  return all
}

/** As the superuser, whom row security does not hide anything from. */
async function inEach(targets: Targets, work: (service: (typeof SERVICES)[number], session: Session) => Promise<void>): Promise<void> {
  for (const service of SERVICES) {
    const session = await Session.open({
      url: targets.url(service),
      applicationName: 'rehouse test',
      side: 'target',
      settings: { search_path: 'public' },
    })
    try {
      await work(service, session)
    } finally {
      await session.close()
    }
  }
}

/** What a run says it did, as far as it does not depend on how often it was broken off. */
export function accountOf(result: MigrateResult): unknown {
  return {
    status: result.status,
    failures: result.failures,
    totals: result.totals,
    entities: result.entities
      .map(({ seconds: _, ...entity }) => entity)
      .sort((a, b) => `${a.tenant} ${a.entity}`.localeCompare(`${b.tenant} ${b.entity}`)),
  }
}

/** The first differences, short enough to read. */
export function differences(expected: Picture, actual: Picture): readonly string[] {
  const found: string[] = []
  for (const part of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const rows = (picture: Picture): readonly string[] => (picture[part] ?? []).map(row => JSON.stringify(row))
    const [before, after] = [rows(expected), rows(actual)]
    const missing = lacking(before, after)
    const extra = lacking(after, before)
    if (missing.length + extra.length > 0)
      found.push(
        `${part}: ${missing.length} missing ${missing.slice(0, 4).join(' ')}; ${extra.length} too many ${extra.slice(0, 4).join(' ')}`,
      )
  }
  return found
}

/** As bags: a row twice is not a row once. */
function lacking(rows: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1)
  return rows.filter(row => {
    const count = left.get(row) ?? 0
    left.set(row, count - 1)
    return count <= 0
  })
}
