import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { databaseUrl } from '../../src/embedded/databases.ts'
import { embeddedStatus, embeddedUrl, openEmbeddedDatabase, startEmbedded, stopEmbedded } from '../../src/embedded/embedded.ts'
import { logFile, passwordFile } from '../../src/embedded/server-state.ts'
import { sql } from '../support/postgres.ts'
import { QUICK, startElsewhere, workFolder } from './work-folder.ts'

test('starts a server on demand, gives the same one to everybody, and keeps it until it is stopped', async t => {
  const folder = workFolder(t)
  assert.deepEqual(embeddedStatus(folder), { running: false, port: null, pid: null })
  assert.throws(() => embeddedUrl(folder), { code: 'EMBEDDED_FAILED' })
  assert.equal(await stopEmbedded(folder), false)

  const startedElsewhere = await startElsewhere({ folder, settings: QUICK })
  const server = await startEmbedded({ folder })
  assert.equal(server.pid, startedElsewhere, 'the server outlives the process that started it')
  assert.equal(server.isStartedHere, false)
  assert.deepEqual(embeddedStatus(folder), { running: true, port: server.port, pid: server.pid })

  const url = await openEmbeddedDatabase({ folder }, 'first-é')
  assert.deepEqual(await sql(url, 'select current_database()'), [['first-é']])
  assert.equal(embeddedUrl(folder, 'first-é'), url)
  assert.equal(await openEmbeddedDatabase({ folder }, 'first-é'), url, 'a database that is there stays')

  assert.equal(await stopEmbedded(folder), true)
  assert.equal(embeddedStatus(folder).running, false)
  await assert.rejects(sql(url, 'select 1'), { code: 'TARGET_UNREACHABLE' })
  const again = await startEmbedded({ folder, settings: QUICK })
  assert.equal(again.port, server.port, 'addresses stay valid over a stop')
  assert.deepEqual(await sql(url, 'select 1'), [['1']])
})

test('serves 127.0.0.1 only, asks for a password that only its owner can read, and keeps rows out of its log', async t => {
  const folder = workFolder(t)
  const server = await startEmbedded({ folder, settings: QUICK })
  assert.equal(statSync(passwordFile(folder)).mode & 0o777, 0o600)
  assert.equal(statSync(logFile(folder)).mode & 0o777, 0o600)
  const wrong = new URL(server.url('postgres'))
  wrong.password = 'guessed'
  await assert.rejects(sql(wrong.href, 'select 1'), { code: 'TARGET_POLICY_DENIED' })
  const outside = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  for (const { address, internal, family } of outside)
    if (!internal && family === 'IPv4') assert.equal(await answers(address, server.port), false)
  const url = server.url('postgres')
  await sql(url, 'create table person (name text primary key, age int check (age > 0))')
  await assert.rejects(sql(url, `insert into person values ('Ada Sample', -1)`))
  await assert.rejects(sql(url, `select 'Ada Sample'::int`))
  const log = readFileSync(logFile(folder), 'utf8')
  assert.match(log, /violates check constraint/)
  assert.doesNotMatch(log, /insert into person|Failing row/)
})

test('keeps fsync, full page writes and synchronous commit on unless a test says otherwise', async t => {
  const server = await startEmbedded({ folder: workFolder(t) })
  const settings = await sql(
    server.url('postgres'),
    `select current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')`,
  )
  assert.deepEqual(settings, [['on', 'on', 'on']])
})

test('two processes that start it at once get the same server', async t => {
  const folder = workFolder(t)
  const pids = await Promise.all([startElsewhere({ folder, settings: QUICK }), startElsewhere({ folder, settings: QUICK })])
  const here = await Promise.all([startEmbedded({ folder }), startEmbedded({ folder })])
  assert.ok(Number(pids[0]) > 0)
  assert.deepEqual(new Set([...pids, ...here.map(server => server.pid)]), new Set([pids[0]]))
  const urls = await Promise.all([openEmbeddedDatabase({ folder }), openEmbeddedDatabase({ folder }), openEmbeddedDatabase({ folder })])
  assert.equal(new Set(urls).size, 1)
})

test('refuses a database name that would need an escape in an address, or that PostgreSQL would cut', async t => {
  const folder = workFolder(t)
  for (const name of ['', 'a/b', 'a b', 'a?b', `'; drop`, 'x'.repeat(64), 'é'.repeat(32)]) {
    assert.throws(() => databaseUrl(folder, 5432, name), { code: 'USAGE' }, name)
  }
})

function answers(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: 500 })
    const finish = (isOpen: boolean) => () => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', finish(true)).once('error', finish(false)).once('timeout', finish(false))
  })
}
