import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Session } from '../../src/postgres/session.ts'
import { createRole, type RoleOptions } from './roles.ts'
import { addressVariable, removeTestServer, restartTestServer, startTestServer, type Version } from './test-servers.ts'

/**
 * Real PostgreSQL for tests.
 * `newDatabase(t)`: a database of the test's own on a server shared by the whole run; dropped when the test passed, kept when it failed.
 * `privateServer(t)`: a server of the test's own that it may stop and kill.
 */
export type { Version } from './test-servers.ts'

/** What is needed of a test's context, so that a suite's works too. */
export interface TestLike {
  readonly name: string
  readonly passed?: boolean
  after(work: () => Promise<void>): void
  diagnostic?(message: string): void
}

export type SqlValue = string | number | null | Uint8Array | readonly (string | null)[]
export type Rows = readonly (readonly (string | null)[])[]

export interface TestDatabase {
  readonly name: string
  readonly version: Version
  /** The superuser's address. */
  readonly url: string
  /** One statement as superuser, search_path public. */
  sql(text: string, ...values: SqlValue[]): Promise<Rows>
  /** Several statements without parameters as superuser, search_path public. */
  script(text: string): Promise<void>
  /** The address of a role that may only read what is there now. Call it again after making tables. */
  readerUrl(options?: RoleOptions): Promise<string>
  /** The address of a role with what loading needs and no more. Call it again after making tables. */
  writerUrl(options?: RoleOptions): Promise<string>
}

export interface PrivateServer {
  readonly folder: string
  /** The superuser's address of a database. The port stays the same over `restart`. */
  url(database: string): string
  newDatabase(name?: string): Promise<TestDatabase>
  /** SIGKILL to the server. */
  kill(): Promise<void>
  stop(): Promise<void>
  /** Starts it again after `kill` or `stop`. */
  restart(): Promise<void>
}

const CLOSED_WITHIN_MS = 2000
const POLL_MS = 20
const NAME_LENGTH = 40
const shared = new Map<Version, Promise<string>>()
let count = 0

/** The superuser's address of a database on the shared server. Whoever runs a test file alone gets a server for this process. */
export async function testServer(version: Version = '18'): Promise<{ url(database: string): string }> {
  const given = process.env[addressVariable(version)]
  const address = given === undefined ? startOnce(version) : Promise.resolve(given)
  const base = await address
  return { url: database => withDatabase(base, database) }
}

function startOnce(version: Version): Promise<string> {
  const known = shared.get(version)
  if (known) return known
  const starting = startTestServer(version).then(server => server.url('postgres'))
  shared.set(version, starting)
  return starting
}

/** An empty database named after the test. After the test no connection to it may be open. */
export async function newDatabase(t: TestLike, options: { version?: Version } = {}): Promise<TestDatabase> {
  const { version = '18' } = options
  const server = await testServer(version)
  return createDatabase(t, { server, version, name: databaseName(t.name) })
}

async function createDatabase(
  t: TestLike,
  options: { server: { url(database: string): string }; version: Version; name: string },
): Promise<TestDatabase> {
  const { server, version, name } = options
  const admin = server.url('postgres')
  await sql(admin, `create database "${name}"`)
  t.after(async () => {
    if (t.passed === false) return t.diagnostic?.(`kept for a look: ${server.url(name)} (its server stays only with REHOUSE_TEST_KEEP=1)`)
    const open = await openConnections(admin, name)
    await dropDatabase(admin, name)
    assert.deepEqual(open, [], 'expected no connection to be left open after the test')
  })
  const url = server.url(name)
  return {
    name,
    version,
    url,
    sql: (text, ...values) => sql(url, text, values),
    script: text => script(url, text),
    readerUrl: roleOptions => createRole(url, 'reader', roleOptions),
    writerUrl: roleOptions => createRole(url, 'writer', roleOptions),
  }
}

/** What is still connected to a database a moment after: the server needs that moment to notice the end of a connection. */
export async function openConnections(url: string, database: string): Promise<Rows> {
  for (const end = Date.now() + CLOSED_WITHIN_MS; ; await sleep(POLL_MS)) {
    const open = await sql(
      url,
      `select application_name, usename, state, left(query, 80) from pg_catalog.pg_stat_activity
       where datname = $1 and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      [database],
    )
    if (open.length === 0 || Date.now() > end) return open
  }
}

async function dropDatabase(admin: string, name: string): Promise<void> {
  await sql(admin, `drop database "${name}" with (force)`)
  for (const [role] of await sql(admin, 'select rolname from pg_catalog.pg_roles where rolname in ($1, $2)', [
    `${name}_reader`,
    `${name}_writer`,
  ])) {
    await sql(admin, `drop role "${role}"`)
  }
}

/** A server of the test's own, gone after the test. */
export async function privateServer(
  t: TestLike,
  options: { version?: Version; settings?: Readonly<Record<string, string>> } = {},
): Promise<PrivateServer> {
  const { version = '18', settings = {} } = options
  let server = await startTestServer(version, settings)
  const { folder } = server
  t.after(() => removeTestServer(folder))
  // Databases go with the server: nothing to drop.
  const noDrop: TestLike = { name: t.name, after: () => undefined }
  const url = (database: string): string => server.url(database)
  return {
    folder,
    url,
    newDatabase: (name = databaseName(t.name)) => createDatabase(noDrop, { server: { url }, version, name }),
    kill: () => server.kill(),
    stop: () => server.stop(),
    restart: async () => {
      server = { ...(await restartTestServer(folder, version, settings)), folder }
    },
  }
}

/** One statement. The rows as the text the server sent. */
export async function sql(url: string, text: string, values: readonly SqlValue[] = []): Promise<Rows> {
  return withSession(url, async session => (await session.query(text, values)).rows)
}

/** Several statements without parameters. */
export async function script(url: string, text: string): Promise<void> {
  await withSession(url, session => session.script(text))
}

async function withSession<T>(url: string, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open({ url, applicationName: 'rehouse test', side: 'target', settings: { search_path: 'public' } })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/** Ends every connection to a database from the server's side, as an administrator would. Returns how many. */
export async function terminateBackends(url: string, database: string): Promise<number> {
  const ended = await sql(
    url,
    'select pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [database],
  )
  return ended.length
}

function databaseName(testName: string): string {
  const words = testName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, NAME_LENGTH)
    .replace(/^_+|_+$/g, '')
  return `${words || 'test'}_${process.pid}_${count++}`
}

function withDatabase(base: string, database: string): string {
  const url = new URL(base)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}
