import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { workFolder } from '../support/rehouse-process.ts'
import { manifestFor, migrateJson } from './two-sides.ts'

/** One thing that is wrong, and how the command must end. SQL runs as superuser in the database of that side; `$role` is the login. */
interface Case {
  readonly title: string
  readonly side: 'source' | 'target'
  readonly sql?: string
  readonly undo?: string
  readonly address?: (url: URL) => string | Promise<string>
  readonly status: number
  readonly code?: string
}

const CASES: readonly Case[] = [
  {
    title: 'no right to read the table',
    side: 'source',
    sql: 'revoke select on person from $role',
    undo: 'grant select on person to $role',
    status: 4,
    code: 'SOURCE_REFUSED',
  },
  {
    title: 'no right to one of the columns',
    side: 'source',
    sql: 'revoke select on person from $role; grant select (id) on person to $role',
    undo: 'revoke select (id) on person from $role; grant select on person to $role',
    status: 4,
    code: 'SOURCE_REFUSED',
  },
  {
    title: 'no right to the schema',
    side: 'source',
    sql: 'revoke usage on schema public from public, $role',
    undo: 'grant usage on schema public to public, $role',
    status: 4,
  },
  {
    title: 'row security that hides rows of the source',
    side: 'source',
    sql: 'alter table person enable row level security; create policy some_rows on person using (id < 2)',
    undo: 'drop policy some_rows on person; alter table person disable row level security',
    status: 4,
  },
  {
    title: 'a wrong password',
    side: 'source',
    address: url => changed(url, { password: 'wr0ng-secret' }),
    status: 4,
    code: 'SOURCE_REFUSED',
  },
  {
    title: 'a login that is not there',
    side: 'source',
    address: url => changed(url, { username: 'nobody_known' }),
    status: 4,
    code: 'SOURCE_REFUSED',
  },
  {
    title: 'a database that is not there',
    side: 'source',
    address: url => changed(url, { pathname: '/not_there' }),
    status: 4,
    code: 'SOURCE_REFUSED',
  },
  {
    title: 'a port nobody listens at',
    side: 'source',
    address: async url => changed(url, { port: await closedPort() }),
    status: 4,
    code: 'SOURCE_UNREACHABLE',
  },
  {
    title: 'a host that is not there',
    side: 'source',
    address: url => changed(url, { hostname: 'nowhere.invalid' }),
    status: 4,
    code: 'SOURCE_UNREACHABLE',
  },
  {
    title: 'TLS asked of a server that has none',
    side: 'source',
    address: url => changed(url, { search: '?sslmode=require' }),
    status: 4,
    code: 'SOURCE_REFUSED',
  },
  {
    title: 'no right to insert',
    side: 'target',
    sql: 'revoke insert on person from $role',
    undo: 'grant insert on person to $role',
    status: 5,
    code: 'TARGET_POLICY_DENIED',
  },
  {
    title: 'no right to the schema',
    side: 'target',
    sql: 'revoke usage on schema public from public, $role',
    undo: 'grant usage on schema public to public, $role',
    status: 5,
  },
  {
    title: 'no right to make the ledger',
    side: 'target',
    sql: 'revoke create on database $database from $role',
    undo: 'grant create on database $database to $role',
    status: 5,
  },
  {
    title: 'row security forced on a login it binds',
    side: 'target',
    sql: 'alter table person enable row level security; alter table person force row level security; create policy no_rows on person using (false)',
    undo: 'drop policy no_rows on person; alter table person no force row level security; alter table person disable row level security',
    status: 5,
  },
  {
    title: 'a login whose transactions are read-only',
    side: 'target',
    sql: 'alter role $role set default_transaction_read_only = on',
    undo: 'alter role $role reset default_transaction_read_only',
    status: 5,
  },
  {
    title: 'a table that is not there',
    side: 'target',
    sql: 'alter table person rename to people',
    undo: 'alter table people rename to person',
    status: 2,
  },
  { title: 'a wrong password', side: 'target', address: url => changed(url, { password: 'wr0ng-secret' }), status: 5 },
  { title: 'a database that is not there', side: 'target', address: url => changed(url, { pathname: '/not_there' }), status: 5 },
  {
    title: 'a port nobody listens at',
    side: 'target',
    address: async url => changed(url, { port: await closedPort() }),
    status: 5,
    code: 'TARGET_UNREACHABLE',
  },
  {
    title: 'TLS asked of a server that has none',
    side: 'target',
    address: url => changed(url, { search: '?sslmode=verify-full' }),
    status: 5,
  },
  // What must not matter.
  {
    title: 'a right to the columns of the mapping and no more',
    side: 'source',
    sql: 'revoke select on person from $role; grant select (id, name, born) on person to $role',
    undo: 'revoke select (id, name, born) on person from $role; grant select on person to $role',
    status: 0,
  },
  {
    title: 'a login whose statements time out soon',
    side: 'source',
    sql: `alter role $role set statement_timeout = '300ms'; alter role $role set lock_timeout = '300ms'; alter role $role set idle_in_transaction_session_timeout = '300ms'`,
    undo: 'alter role $role reset all',
    status: 0,
  },
  {
    title: 'a login whose search path leads elsewhere',
    side: 'source',
    sql: `create schema if not exists evil; create or replace function evil.md5(text) returns text language sql as 'select null::text';
      grant usage on schema evil to $role; alter role $role set search_path = evil, pg_catalog; alter role $role set datestyle = 'SQL, DMY'; alter role $role set timezone = 'Asia/Kathmandu';
      alter role $role set bytea_output = 'escape'; alter role $role set extra_float_digits = '-15'; alter role $role set intervalstyle = 'iso_8601'`,
    undo: 'alter role $role reset all',
    status: 0,
  },
  {
    title: 'a login whose statements time out soon',
    side: 'target',
    sql: `alter role $role set statement_timeout = '300ms'; alter role $role set lock_timeout = '300ms'; alter role $role set default_transaction_isolation = 'serializable'; alter role $role set default_transaction_deferrable = on;
      create function slow(integer) returns boolean language plpgsql as 'begin perform pg_sleep(0.4); return true; end'; alter table person add constraint slow check (slow(legacy_id))`,
    undo: 'alter role $role reset all; alter table person drop constraint slow',
    status: 0,
  },
]

const TARGET = 'create table person (id uuid primary key, tenant_id uuid not null, legacy_id integer, name text, born date)'

test('what a login may not do, or an address does not lead to, is said in one sentence, and nothing is written', {
  timeout: 300_000,
}, async t => {
  const { source, target, folder, env } = await makeSides(t)
  for (const one of CASES) {
    await t.test(`${one.title} (${one.side})`, async () => {
      const name = one.side === 'source' ? 'LEGACY' : 'MAIN'
      const database = one.side === 'source' ? source : target
      const url = new URL(env[name] ?? '')
      const named = (text: string): string =>
        text.replaceAll('$role', `"${decodeURIComponent(url.username)}"`).replaceAll('$database', `"${database.name}"`)
      if (one.sql) await database.script(named(one.sql))
      const address = one.address ? await one.address(new URL(url)) : url.href
      const ended = await migrateJson({ folder, env: { ...env, [name]: address } })
      if (one.undo) await database.script(named(one.undo))
      const said = JSON.stringify(ended.json)
      assert.equal(ended.status, one.status, said)
      for (const secret of ['wr0ng-secret', url.password]) assert.ok(!`${said}${ended.stderr}`.includes(secret), 'expected no password')
      if (one.status === 0) return assertArrived({ source, target })
      const told = ended.json.error ?? ended.json.failures[0]
      assertOneSentence(told)
      if (one.code) assert.equal(told?.code, one.code, said)
      assert.deepEqual(await target.sql(`select count(*), to_regnamespace('rehouse') from person`), [['0', null]], said)
    })
  }
})

async function assertArrived({ source, target }: { readonly source: TestDatabase; readonly target: TestDatabase }): Promise<void> {
  assert.deepEqual(
    await target.sql('select legacy_id, name, born from person order by 1'),
    await source.sql('select * from person order by 1'),
  )
  await target.script('drop schema rehouse cascade; truncate person')
}

/** Expected … got …, and what to do. */
function assertOneSentence(error: { readonly message: string; readonly next: string } | undefined): void {
  assert.ok(error, 'expected an error')
  assert.match(error.message, /^[^\n]{10,400}$/)
  assert.match(error.next, /^[A-Z][^\n]{5,}[.:?;]$/)
}

async function makeSides(
  t: TestContext,
): Promise<{ source: TestDatabase; target: TestDatabase; folder: string; env: Readonly<Record<string, string>> }> {
  const source = await newDatabase(t)
  await source.script(
    `create table person (id integer primary key, name text, born date); insert into person values (1, 'Ada', '1815-12-10'), (2, 'Alan', '1912-06-23')`,
  )
  const target = await newDatabase(t)
  await target.script(TARGET)
  const entity = {
    service: 'main',
    from: 'public.person',
    into: { 'public.person': { columns: { legacy_id: 'id', name: 'name', born: 'born' } } },
  }
  const folder = workFolder(t, { 'rehouse.yaml': JSON.stringify(manifestFor({ person: entity })) })
  return { source, target, folder, env: { LEGACY: await source.readerUrl(), MAIN: await target.writerUrl() } }
}

function changed(url: URL, parts: Partial<Record<'password' | 'username' | 'pathname' | 'port' | 'hostname' | 'search', string>>): string {
  Object.assign(url, parts)
  return url.href
}

/** A port that was free a moment ago. */
function closedPort(): Promise<string> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(String(typeof address === 'object' && address !== null ? address.port : 1)))
    })
  })
}
