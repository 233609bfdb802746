import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SHARED_PLACE } from '../../src/embedded/binaries.ts'
import { embeddedStatus, removeEmbedded, startEmbedded, stopEmbedded } from '../../src/embedded/embedded.ts'
import { serverAccount } from '../../src/embedded/server-account.ts'
import { dataFolder, homeOf, passwordFile } from '../../src/embedded/server-state.ts'
import { script, sql } from '../support/postgres.ts'
import { QUICK, workFolder } from './work-folder.ts'

test('a server that was killed is started again with everything that was committed', async t => {
  const folder = workFolder(t)
  const server = await startEmbedded({ folder, settings: QUICK })
  const url = server.url('postgres')
  await script(url, 'create table a (b int); insert into a select generate_series(1, 1000)')
  await server.kill()
  assert.equal(embeddedStatus(folder).running, false)
  const again = await startEmbedded({ folder, settings: QUICK })
  assert.equal(again.isStartedHere, true)
  assert.deepEqual(await sql(url, 'select count(*) from a'), [['1000']])
})

test('a crashed server’s process number that another process has got since does not keep it from starting', async t => {
  const folder = workFolder(t)
  const server = await startEmbedded({ folder, settings: QUICK })
  await server.kill()
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore', cwd: '/', ...serverAccount() })
  t.after(async () => void stranger.kill('SIGKILL'))
  const file = join(dataFolder(folder), 'postmaster.pid')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(stranger.pid)))
  assert.equal(embeddedStatus(folder).running, false, 'a process that only has the number is not the server')
  const again = await startEmbedded({ folder, settings: QUICK })
  assert.deepEqual(await sql(again.url('postgres'), 'select 1'), [['1']])
  assert.equal(stranger.exitCode, null, 'the stranger is left alone')
})

test('files half made never count: they are made anew, and what is not ours to delete is moved aside', async t => {
  const folder = workFolder(t)
  mkdirSync(join(folder, 'data.new-1', 'base'), { recursive: true })
  mkdirSync(dataFolder(folder))
  writeFileSync(join(dataFolder(folder), 'precious'), 'x')
  const server = await startEmbedded({ folder, settings: QUICK })
  assert.deepEqual(await sql(server.url('postgres'), 'select 1'), [['1']])
  const names = readdirSync(folder)
  assert.ok(!names.includes('data.new-1'))
  const aside = names.find(name => name.startsWith('data.broken-'))
  assert.equal(readFileSync(join(folder, String(aside), 'precious'), 'utf8'), 'x')
})

test('a state file that cannot be read does not keep the server from being found', async t => {
  const folder = workFolder(t)
  const server = await startEmbedded({ folder, settings: QUICK })
  writeFileSync(join(folder, 'server.json'), '{"home": ')
  const again = await startEmbedded({ folder, settings: QUICK })
  assert.equal(again.pid, server.pid)
  assert.equal(again.isStartedHere, false)
  writeFileSync(join(folder, 'server.json'), '{"shared": "../../../precious"}')
  assert.equal(homeOf(folder), folder, 'a state file cannot lead anywhere else')
  assert.equal(await stopEmbedded(folder), true)
})

test('a server that cannot start ends with EMBEDDED_FAILED and the end of its log', async t => {
  const folder = workFolder(t)
  await assert.rejects(startEmbedded({ folder, settings: { ...QUICK, shared_buffers: 'nonsense' } }), {
    code: 'EMBEDDED_FAILED',
    exit: 5,
    message: /shared_buffers/,
  })
  assert.equal(embeddedStatus(folder).running, false)
  await startEmbedded({ folder, settings: QUICK })
})

test('database files of another PostgreSQL version are refused and left as they are', async t => {
  const folder = workFolder(t)
  const server = await startEmbedded({ folder, version: '15', settings: QUICK })
  await server.stop()
  await assert.rejects(startEmbedded({ folder, settings: QUICK }), { code: 'EMBEDDED_FAILED', message: /PostgreSQL 18.*of 15/ })
  assert.equal(readFileSync(join(dataFolder(folder), 'PG_VERSION'), 'utf8').trim(), '15')
})

test('a folder that cannot be made is EMBEDDED_FAILED', async t => {
  const file = join(workFolder(t), 'file')
  writeFileSync(file, '')
  await assert.rejects(startEmbedded({ folder: join(file, 'below') }), { code: 'EMBEDDED_FAILED' })
})

test('a password that cannot be read is EMBEDDED_FAILED, and so is a folder one may not write to', async t => {
  const folder = workFolder(t)
  const server = await startEmbedded({ folder, settings: QUICK })
  rmSync(passwordFile(folder))
  assert.throws(() => server.url('postgres'), { code: 'EMBEDDED_FAILED' })
  const other = workFolder(t)
  // A file where a folder must go: refused for every user, root too.
  mkdirSync(join(other, 'password'))
  await assert.rejects(startEmbedded({ folder: other, settings: QUICK }), { code: 'EMBEDDED_FAILED' })
})

const isRoot = serverAccount() !== null
test('as root, a folder that others may not enter works too, and nothing of it stays after it is removed', {
  skip: isRoot ? false : 'only root needs this',
}, async t => {
  const folder = workFolder(t)
  chmodSync(folder, 0o700)
  const below = join(folder, 'project', '.rehouse', 'embedded')
  const server = await startEmbedded({ folder: below, settings: QUICK })
  t.after(() => removeEmbedded(below))
  const home = String(homeOf(below))
  assert.ok(home.startsWith(SHARED_PLACE))
  assert.deepEqual(await sql(server.url('postgres'), 'select 1'), [['1']])
  await server.stop()
  const again = await startEmbedded({ folder: below, settings: QUICK })
  assert.equal(homeOf(below), home)
  await again.stop()
  await removeEmbedded(below)
  assert.ok(!existsSync(home))
})
