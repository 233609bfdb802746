import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const FAKE = fileURLToPath(new URL('./fake-main.ts', import.meta.url))

const rehouse = (...words: readonly string[]) => spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' })

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'rehouse-main-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

/** A migration of the fake library in a process of its own. */
function migrate(t: TestContext, behaviour: string, ...words: readonly string[]) {
  const cwd = folder(t)
  const child = spawn(process.execPath, [FAKE, 'migrate', ...words], { cwd, env: { ...process.env, FAKE_MIGRATE: behaviour } })
  let out = ''
  let err = ''
  child.stdout.on('data', data => (out += data))
  child.stderr.on('data', data => (err += data))
  const begun = new Promise<void>(resolve => {
    child.stderr.on('data', () => resolve())
    child.stdout.on('data', () => resolve())
  })
  const ended = new Promise<{ exit: number | null; out: string; err: string }>(resolve =>
    child.on('close', exit => resolve({ exit, out, err })),
  )
  t.after(() => child.kill('SIGKILL'))
  return { child, cwd, begun, ended }
}

test('the real program answers what needs no engine: help, version, schemas, refusals', () => {
  const help = rehouse('--help')
  assert.deepEqual([help.status, help.stderr], [0, ''])
  assert.match(help.stdout, /^Usage: rehouse /)
  assert.match(rehouse('--version').stdout, /^\d+\.\d+\.\d+\n$/)
  assert.equal(JSON.parse(rehouse('schema', '--output', 'status').stdout).type, 'object')
  const unknown = rehouse('chek')
  assert.deepEqual([unknown.status, unknown.stdout], [2, ''])
  assert.match(unknown.stderr, /^USAGE: unknown command 'chek'\n {2}next: {2}Did you mean check\?/)
  const bare = rehouse()
  assert.deepEqual([bare.status, bare.stdout, bare.stderr.split('\n').length], [2, '', 3])
  const notBuilt = rehouse('backup', '--level', 'forensic', '--json')
  assert.deepEqual([notBuilt.status, JSON.parse(notBuilt.stdout).error.code, notBuilt.stderr], [2, 'USAGE', ''])
})

test('a first Ctrl-C or SIGTERM ends the run in order with 130 and says how to resume', async t => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { child, begun, ended } = migrate(t, 'obedient', '--json')
    await begun
    child.kill(signal)
    const { exit, out } = await ended
    assert.deepEqual([exit, JSON.parse(out).status], [130, 'interrupted'])
  }
})

test('as text, an interrupted run ends with the command that resumes it', async t => {
  const { child, ended } = migrate(t, 'obedient')
  // No line is written in the first seconds: the handler is there long before.
  const timer = setInterval(() => child.kill('SIGINT'), 700)
  child.stderr.once('data', () => clearInterval(timer))
  const { exit, out, err } = await ended
  assert.equal(exit, 130)
  assert.match(err, /^Interrupted: /)
  assert.match(out, /rehouse migrate --resume 7/)
})

test('a second Ctrl-C ends a run that does not listen at once, with 130', async t => {
  const { child, begun, ended } = migrate(t, 'deaf', '--json')
  await begun
  child.kill('SIGINT')
  await new Promise(resolve => setTimeout(resolve, 100))
  assert.equal(child.exitCode, null)
  child.kill('SIGINT')
  assert.equal((await ended).exit, 130)
})

test('an engine that breaks off with the signal’s reason is INTERRUPTED, not a bug', async t => {
  const { child, cwd, begun, ended } = migrate(t, 'abrupt', '--json')
  await begun
  child.kill('SIGINT')
  const { exit, out } = await ended
  assert.deepEqual([exit, JSON.parse(out).error.code, existsSync(join(cwd, '.rehouse'))], [130, 'INTERRUPTED', false])
})

test('a bug is one sentence and exit status 70, its stack is in a file', async t => {
  const { cwd, ended } = migrate(t, 'buggy')
  const { exit, out, err } = await ended
  assert.deepEqual([exit, out, err.split('\n').length], [70, '', 3])
  assert.equal(readdirSync(join(cwd, '.rehouse')).length, 1)
})

test('a failure nobody waited for is a bug like any other, and stdout stays one JSON object', async t => {
  for (const behaviour of ['stray', 'strayPromise']) {
    const { cwd, ended } = migrate(t, behaviour, '--json')
    const { exit, out } = await ended
    assert.deepEqual([exit, JSON.parse(out).error.code, readdirSync(join(cwd, '.rehouse')).length], [70, 'BUG', 1])
  }
  const { exit, out, err } = await migrate(t, 'late', '--json').ended
  assert.deepEqual([exit, JSON.parse(out).status], [70, 'findings'])
  assert.match(err, /BUG: /)
})

test('a full disk under stdout is one sentence', { skip: !existsSync('/dev/full') }, () => {
  const { status, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${MAIN}" --help > /dev/full`], { encoding: 'utf8' })
  assert.equal(status, 2)
  assert.match(stderr, /^USAGE: .*ENOSPC\n {2}next: .*\n$/)
})

test('a connection left open does not keep the program from ending', async t => {
  const { ended } = migrate(t, 'lingering', '--json')
  const { exit, out } = await ended
  assert.deepEqual([exit, JSON.parse(out).status], [1, 'findings'])
})

test('a reader that goes away neither stops the run nor leaves a stack trace', async t => {
  const { child, cwd, ended } = migrate(t, 'unread', '--json')
  child.stdout.destroy()
  child.stderr.destroy()
  const { exit } = await ended
  assert.equal(exit, 1)
  assert.ok(existsSync(join(cwd, 'ended')))
})
