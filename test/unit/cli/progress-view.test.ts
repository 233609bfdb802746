import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { type Host, liveTerminal, pageOf } from '../../../src/cli/host.ts'
import { openProgressView } from '../../../src/cli/progress-view.ts'
import { colourPaint, plainPaint } from '../../../src/report/paint.ts'
import { BATCH, fakeApi } from './fake-api.ts'

/** A host whose stderr is a terminal of 60 columns or a file, and whose clock the test moves. */
function hostWith(kind: 'terminal' | 'file', env: NodeJS.ProcessEnv = {}) {
  const written: string[] = []
  const terminal = kind === 'terminal' ? Object.assign(new PassThrough(), { columns: 60, rows: 24, isTTY: true }) : null
  terminal?.on('data', (data: Buffer) => written.push(data.toString()))
  const clock = { nowMs: 0 }
  const output = { terminal, write: (text: string) => written.push(text) }
  const host: Host = {
    out: output,
    err: output,
    env,
    cwd: '/nowhere',
    version: '0.1.0',
    operator: 'ada',
    signal: new AbortController().signal,
    nowMs: () => clock.nowMs,
    cpuSeconds: () => 0,
    loadApi: async () => fakeApi().api,
  }
  return { host, clock, text: () => written.join('') }
}

const STARTED = { type: 'run:started', run: '7', dryRun: false, tasks: 1, estimatedRows: 2_000 } as const
const RETRIED = {
  type: 'task:retried',
  entity: 'student',
  tenant: 'springfield',
  attempt: 1,
  waitMs: 10,
  code: 'TARGET_TRANSIENT',
  message: 'deadlock',
} as const

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

test('on a terminal the picture is drawn over, and gone when the run has ended', async () => {
  const { host, clock, text } = hostWith('terminal')
  const view = openProgressView(host, 'text')
  view.on(STARTED)
  view.on(BATCH)
  await pause(400)
  assert.equal(text(), '', 'nothing in the first two seconds')
  clock.nowMs = 3_000
  await pause(400)
  assert.match(text(), /1\u202f000 rows \(50 %\)/)
  const before = text().length
  await view.close()
  assert.match(text().slice(before), new RegExp(`${String.fromCharCode(27)}\\[2K|${String.fromCharCode(27)}\\[0?J`))
})

test('a run under two seconds draws nothing on a terminal', async () => {
  const { host, text } = hostWith('terminal')
  const view = openProgressView(host, 'text')
  view.on(STARTED)
  view.on(BATCH)
  await view.close()
  await pause(50)
  assert.equal(text(), '')
})

test('a retry is a line that stays, on a terminal and in a file', async () => {
  for (const kind of ['terminal', 'file'] as const) {
    const { host, text } = hostWith(kind)
    const view = openProgressView(host, 'text')
    view.on(RETRIED)
    await pause(50)
    await view.close()
    assert.match(text(), /tenant springfield, entity student: TARGET_TRANSIENT, attempt 1 in 0\.01 s: deadlock\n/, kind)
  }
})

test('where lines cannot be drawn over, a plain line is written every few seconds', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { host, clock, text } = hostWith('file')
  const view = openProgressView(host, 'text')
  view.on(STARTED)
  view.on(BATCH)
  clock.nowMs = 5_000
  t.mock.timers.tick(5_000)
  clock.nowMs = 10_000
  t.mock.timers.tick(5_000)
  await view.close()
  t.mock.timers.tick(60_000)
  assert.deepEqual(
    text()
      .split('\n')
      .map(line => line.slice(0, 5)),
    ['5.0 s', '10 s,', ''],
  )
  assert.ok(!text().includes('\u001b'))
})

test('colour is for terminals alone, and never where NO_COLOR is set or the terminal is dumb', () => {
  const paint = (kind: 'terminal' | 'file', env: NodeJS.ProcessEnv = {}) => {
    const { host } = hostWith(kind, env)
    return pageOf(host.out, env).paint
  }
  assert.equal(paint('terminal'), colourPaint)
  assert.equal(paint('terminal', { NO_COLOR: '' }), colourPaint)
  assert.equal(paint('terminal', { NO_COLOR: '1' }), plainPaint)
  assert.equal(paint('terminal', { TERM: 'dumb' }), plainPaint)
  assert.equal(paint('file'), plainPaint)
  assert.equal(pageOf(hostWith('file').host.out, {}).width, Infinity)
  assert.equal(pageOf(hostWith('terminal').host.out, {}).width, 60)
  assert.equal(liveTerminal(hostWith('terminal').host.err, { TERM: 'dumb' }), null)
})
