import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkMoved, type Verdict } from '../../demo/check-moved.ts'
import { type District, LOGIN_DATABASE, SERVICES, scaled } from '../../demo/districts.ts'
import { handOverLegacy, type Legacy, makeLegacy, type Server } from '../../demo/make-legacy.ts'
import { makeServices } from '../../demo/make-services.ts'
import { check, type MigrateOptions, migrate, type VerifyOptions, verify } from '../../src/index.ts'
import type { MigrateResult, VerifyResult } from '../../src/model/results.ts'
import { privateServer, type Rows, script, sql, type TestLike, testServer } from '../support/postgres.ts'
import { createRole } from '../support/roles.ts'
import { makeReader } from './legacy-reader.ts'

/** The demonstration, smaller, on a server of the test's own. */
export interface Scenario {
  readonly districts: readonly District[]
  /** As the superuser, in a legacy database or a service. */
  sql(database: string, text: string, values?: readonly (string | null)[]): Promise<Rows>
  script(database: string, text: string): Promise<void>
  url(database: string): string
  check(): ReturnType<typeof check>
  migrate(options?: Pick<MigrateOptions, 'resume' | 'signal' | 'on' | 'batchRows'>): Promise<MigrateResult>
  verify(options?: Partial<VerifyOptions>): Promise<VerifyResult>
  verdicts(result: MigrateResult): Promise<readonly Verdict[]>
  /** Every row of every service outside the ledger, with the transaction that wrote it. */
  fingerprint(): Promise<Rows>
  /** Every constraint, index, trigger and policy of the services. */
  definitions(): Promise<Rows>
}

/** The dirty district stays as it is: its shares are what the stop rule looks at. */
const SHARE = 0.02

export interface ScenarioOptions {
  readonly change?: (districts: readonly District[]) => readonly District[]
  /** `databases` (default): the legacy databases themselves. `files`: the BACPAC files they are handed over as, as the demonstration does. */
  readonly reads?: 'databases' | 'files'
}

export async function openScenario(t: TestLike, { change = same => same, reads = 'databases' }: ScenarioOptions = {}): Promise<Scenario> {
  const server = await privateServer(t)
  const districts = change(scaled(SHARE))
  const legacy: Legacy = { districts, login: LOGIN_DATABASE }
  await makeLegacy(server, legacy, () => undefined)
  await makeServices(server, service => service)
  const manifest = writeManifest(t, await writerAddresses(server))
  const sources = reads === 'databases' ? await makeReader(server, legacy) : await handOver(server, legacy, manifest)
  const env = { ...sources, REHOUSE_SALT: 'a salt for tests, 32 bytes long..' }
  return {
    districts,
    url: database => server.url(database),
    sql: (database, text, values = []) => sql(server.url(database), text, values),
    script: (database, text) => script(server.url(database), text),
    check: () => check({ manifest, env }),
    migrate: options => migrate({ manifest, env, ...options }),
    verify: options => verify({ manifest, env, showValues: true, ...options }),
    verdicts: result => checkMoved({ legacy, legacyUrl: d => server.url(d), serviceUrl: s => server.url(s), result }),
    fingerprint: () => overServices(server, fingerprintSql),
    definitions: () => overServices(server, async () => DEFINITIONS),
  }
}

/** Where the manifest looks for them; what no file can say is staged on a server that exists. */
async function handOver(server: Server, legacy: Legacy, manifest: string): Promise<Readonly<Record<string, string>>> {
  await handOverLegacy(server, legacy, { folder: join(dirname(manifest), 'exports'), handed: () => undefined })
  return { REHOUSE_STAGING: (await testServer()).url('postgres') }
}

/** Roles with what loading needs and no more. */
async function writerAddresses(server: { url(database: string): string }): Promise<ReadonlyMap<string, string>> {
  const addresses = new Map<string, string>()
  for (const service of SERVICES)
    addresses.set(service, await createRole(server.url(service), 'writer', { bypassRowSecurity: true, ownsTables: true }))
  return addresses
}

/** The demonstration's own manifest with other addresses for its services. */
function writeManifest(t: TestLike, addresses: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-districts-'))
  t.after(async () => rmSync(folder, { recursive: true, force: true }))
  const text = readFileSync(new URL('../../demo/rehouse.yaml', import.meta.url), 'utf8')
  const file = join(folder, 'rehouse.yaml')
  writeFileSync(
    file,
    SERVICES.reduce((whole, service) => whole.replace(`embedded:${service}`, addresses.get(service) ?? ''), text),
  )
  return file
}

async function overServices(server: { url(database: string): string }, text: (url: string) => Promise<string>): Promise<Rows> {
  const all: (readonly (string | null)[])[] = []
  for (const service of SERVICES) all.push(...(await sql(server.url(service), await text(server.url(service)))))
  return all.toSorted((a, b) => (a.join() < b.join() ? -1 : 1))
}

async function fingerprintSql(url: string): Promise<string> {
  const tables = await sql(
    url,
    `select format('%I.%I', schemaname, tablename) from pg_catalog.pg_tables where schemaname not in ('pg_catalog', 'information_schema', 'rehouse') order by 1`,
  )
  return tables
    .map(
      ([table]) =>
        `select '${table}', count(*)::text, md5(string_agg(ctid::text || xmin::text || xmax::text || r::text, ';' order by ctid)) from ${table} r`,
    )
    .join(' union all ')
}

const DEFINITIONS = `
  select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text from pg_catalog.pg_constraint where connamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'rehouse')
  union all select 'index', schemaname || '.' || tablename, indexname, indexdef, '' from pg_catalog.pg_indexes where schemaname not in ('pg_catalog', 'information_schema', 'rehouse')
  union all select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text from pg_catalog.pg_trigger where not tgisinternal
  union all select 'policy', polrelid::regclass::text, polname, pg_get_expr(polqual, polrelid), '' from pg_catalog.pg_policy
  order by 1, 2, 3, 4`
