import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { privateServer, type Rows, script, sql, type TestLike } from '../support/postgres.ts'
import { createRole } from '../support/roles.ts'
import { SHARED_SQL, tenantSql } from './legacy-sql.ts'
import { MANIFEST } from './manifest-text.ts'
import { FACTS_SQL, PEOPLE_SQL } from './target-sql.ts'

export const SERVICES = ['people', 'facts'] as const
const TENANTS = ['north', 'south'] as const
const TEMPLATES = { people: PEOPLE_SQL, facts: FACTS_SQL } as const

interface Server {
  url(database: string): string
}

/** The legacy databases on a server nothing else writes to, so that two snapshots of it can be the same moment. Only read from here on. */
export interface LegacySide {
  readonly manifest: string
  readonly env: Readonly<Record<string, string>>
  /** A transaction that changes nothing: from now on it cannot be proved that nothing was written since an earlier snapshot. */
  stir(): Promise<void>
  /** As the superuser, in one tenant’s database. */
  script(tenant: (typeof TENANTS)[number], text: string): Promise<void>
  sql(tenant: (typeof TENANTS)[number], text: string): Promise<Rows>
}

export async function openLegacy(t: TestLike): Promise<LegacySide> {
  const server = await privateServer(t, { settings: { autovacuum: 'off' } })
  const login = await server.newDatabase('legacy_login')
  await login.script(SHARED_SQL)
  for (const [i, tenant] of TENANTS.entries()) {
    const database = await server.newDatabase(`legacy_${tenant}`)
    await database.script(tenantSql(i))
  }
  const reader = new URL(await createReader(server))
  return {
    manifest: writeManifest(t, MANIFEST),
    stir: async () => void (await sql(server.url('postgres'), 'select pg_current_xact_id()')),
    script: (tenant, text) => script(server.url(`legacy_${tenant}`), text),
    sql: (tenant, text) => sql(server.url(`legacy_${tenant}`), text),
    env: {
      // Written after the address is whole: the braces are not to be escaped.
      LEGACY_TENANT: addressOf(reader, 'legacy_').replace('legacy_', 'legacy_{tenant.code}'),
      LEGACY_SHARED: addressOf(reader, 'legacy_login'),
      REHOUSE_SALT: 'a salt for tests, 32 bytes long..',
    },
  }
}

async function createReader(server: Server): Promise<string> {
  const password = 'only-for-tests'
  await sql(server.url('postgres'), `create role reader login password '${password}'`)
  for (const database of ['login', ...TENANTS])
    await script(
      server.url(`legacy_${database}`),
      'grant usage on schema legacy to reader; grant select on all tables in schema legacy to reader',
    )
  const address = new URL(server.url('postgres'))
  address.username = 'reader'
  address.password = password
  return address.href
}

export function writeManifest(t: TestLike, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-fault-'))
  t.after(async () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'rehouse.yaml')
  writeFileSync(file, text)
  return file
}

function addressOf(base: URL, database: string): string {
  const address = new URL(base)
  address.pathname = `/${database}`
  return address.href
}

/** The services as they are before a migration, to be copied; one set on each server that is used. */
export interface TargetTemplates {
  readonly server: Server
  /** A new pair of empty services. */
  copy(name: string): Promise<Targets>
}

export interface Targets {
  readonly name: string
  /** What the manifest's addresses refer to: a least-privilege writer that owns the tables. */
  readonly env: Readonly<Record<string, string>>
  /** The superuser's address of a service. */
  url(service: (typeof SERVICES)[number]): string
  sql(service: (typeof SERVICES)[number], text: string): Promise<Rows>
  drop(): Promise<void>
}

/** `server` is nobody else's business while this runs: the templates must have no connection when they are copied. */
export async function makeTemplates(server: Server, prefix: string): Promise<TargetTemplates> {
  const writers = new Map<string, string>()
  for (const service of SERVICES) {
    const database = `${prefix}_${service}`
    await sql(server.url('postgres'), `create database ${database}`)
    await script(server.url(database), TEMPLATES[service])
    writers.set(service, await createRole(server.url(database), 'writer', { bypassRowSecurity: true, ownsTables: true }))
    // Only its owner refreshes a view.
    if (service === 'people')
      await script(server.url(database), `alter materialized view people.country_letters owner to ${database}_writer`)
  }
  return { server, copy: name => copyTemplates({ server, prefix, name, writers }) }
}

async function copyTemplates(of: { server: Server; prefix: string; name: string; writers: ReadonlyMap<string, string> }): Promise<Targets> {
  const { server, prefix, name, writers } = of
  const admin = server.url('postgres')
  const databaseOf = (service: string): string => `${prefix}_${name}_${service}`
  const env: Record<string, string> = {}
  for (const service of SERVICES) {
    const template = `${prefix}_${service}`
    await sql(admin, `create database ${databaseOf(service)} template ${template} strategy file_copy`)
    // What a database grants is not copied with it.
    await sql(admin, `grant connect, create on database ${databaseOf(service)} to ${template}_writer`)
    env[`SERVICE_${service.toUpperCase()}`] = addressOf(new URL(writers.get(service) ?? ''), databaseOf(service))
  }
  return {
    name,
    env,
    url: service => server.url(databaseOf(service)),
    sql: (service, text) => sql(server.url(databaseOf(service)), text),
    drop: async () => {
      for (const service of SERVICES) await sql(admin, `drop database ${databaseOf(service)} with (force)`)
    },
  }
}
