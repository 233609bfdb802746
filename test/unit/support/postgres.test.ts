import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Session } from '../../../src/postgres/session.ts'
import {
  newDatabase,
  openConnections,
  privateServer,
  script,
  sql,
  type TestLike,
  terminateBackends,
  testServer,
} from '../../support/postgres.ts'

for (const version of ['18', '15'] as const) {
  test(`gives a test a database of its own on PostgreSQL ${version}`, async t => {
    const database = await newDatabase(t, { version })
    assert.deepEqual(await database.sql(`select current_setting('server_version_num')::int / 10000, current_database()`), [
      [version, database.name],
    ])
    await database.script('create table a (b int); insert into a values (1), (2)')
    assert.deepEqual(await database.sql('select b from a where b > $1', 1), [['2']])
  })
}

test('gives a reader that can read and not write, and a writer that is no superuser', async t => {
  const database = await newDatabase(t)
  await database.script('create table a (b int); insert into a values (1); create schema other; create table other.c (d serial)')
  const reader = await database.readerUrl()
  assert.deepEqual(await sql(reader, 'select b from a'), [['1']])
  await assert.rejects(script(reader, 'begin read write; insert into a values (2)'), { code: 'TARGET_POLICY_DENIED' })
  const writer = await database.writerUrl()
  await script(writer, 'insert into a values (2); update a set b = 3; insert into other.c default values; create schema rehouse')
  await assert.rejects(sql(writer, 'drop table a'), { code: 'TARGET_POLICY_DENIED' })
  assert.deepEqual(
    await sql(writer, 'select rolsuper, rolbypassrls, rolcreaterole from pg_catalog.pg_roles where rolname = current_user'),
    [['f', 'f', 'f']],
  )
  const owner = await database.writerUrl({ ownsTables: true, bypassRowSecurity: true })
  await script(owner, 'create index on a (b); alter table a disable trigger user')
})

test('fails a test that leaves a connection open', async t => {
  const hooks: (() => Promise<void>)[] = []
  const inner: TestLike = { name: 'leaves one open', passed: true, after: work => void hooks.push(work) }
  const database = await newDatabase(inner)
  const session = await Session.open({ url: database.url, applicationName: 'left open', side: 'target' })
  t.after(() => session.destroy())
  await assert.rejects(async () => {
    for (const hook of hooks) await hook()
  }, /expected no connection to be left open/)
})

test('ends the connections of a database from the server’s side', async t => {
  const database = await newDatabase(t)
  const session = await Session.open({ url: database.url, applicationName: 'to be ended', side: 'target' })
  const url = (await testServer('18')).url('postgres')
  assert.equal(await terminateBackends(url, database.name), 1)
  await session.ended
  assert.deepEqual(await openConnections(url, database.name), [])
  session.destroy()
})

test('gives a test a server of its own that keeps its rows and its address over a kill', async t => {
  const server = await privateServer(t)
  const database = await server.newDatabase()
  await database.script('create table a (b int); insert into a values (1)')
  await server.kill()
  await assert.rejects(database.sql('select 1'), { code: 'TARGET_UNREACHABLE' })
  await server.restart()
  assert.deepEqual(await database.sql('select b from a'), [['1']])
})
