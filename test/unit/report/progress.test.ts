import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BatchCommitted, ProgressEvent } from '../../../src/events.ts'
import { NO_COUNTS } from '../../../src/model/counts.ts'
import { type CpuMeasured, NO_PROGRESS, type ProgressState, reduceProgress, WINDOW_MS } from '../../../src/report/progress.ts'
import { bottleneck, rowsPerSecond, secondsLeft } from '../../../src/report/progress-rates.ts'
import { renderEvent, renderProgress, renderProgressLine } from '../../../src/report/progress-text.ts'
import { displayWidth } from '../../../src/report/text-width.ts'
import { narrow, WIDE } from './sample-results.ts'

type Timed = readonly [atMs: number, event: ProgressEvent | CpuMeasured]

const after = (events: readonly Timed[]): ProgressState =>
  events.reduce((state, [atMs, event]) => reduceProgress(state, event, atMs), NO_PROGRESS)

const started = (estimatedRows: number | null = 100_000, dryRun = false): Timed => [
  0,
  { type: 'run:started', run: '7', dryRun, tasks: 4, estimatedRows },
]

const task = (tenant: string | null, atMs = 0): Timed => [atMs, { type: 'task:started', entity: 'student', tenant, estimatedRows: 50_000 }]

function batch(atMs: number, members: Partial<BatchCommitted> = {}): Timed {
  const count = members.count ?? 10_000
  return [
    atMs,
    {
      type: 'batch:committed',
      batch_id: '1',
      entity_type: 'student',
      tenant_id: null,
      tenant: 'springfield',
      counts: { ...NO_COUNTS, read: count, loaded: count },
      bytes: 1,
      duration: 1,
      checksum: '',
      ...members,
      count,
    },
  ]
}

const plain = (lines: readonly string[]): readonly string[] => lines.map(line => line.replaceAll('\u202f', '_'))

test('rows a profile reads count as rows of their table, and give a rate', () => {
  const rows = (atMs: number): Timed => [atMs, { type: 'rows:read', entity: 'student', tenant: 'springfield', rows: 5_000 }]
  const state = after([started(), task('springfield'), rows(1_000), rows(2_000), rows(3_000)])
  assert.equal(state.read, 15_000)
  assert.equal(state.tenants.get('tenant springfield')?.tasks.get('student')?.read, 15_000)
  assert.ok((rowsPerSecond(state.samples, state.startedMs, 3_000) ?? 0) > 4_000)
})

test('the state is what the events say, whichever batch they come in', () => {
  const quarantined = { ...NO_COUNTS, read: 10_000, loaded: 9_999, quarantined: 1 }
  const state = after([started(), task('springfield'), batch(1_000), batch(2_000, { counts: quarantined }), task('shelbyville')])
  assert.equal(state.read, 20_000)
  assert.equal(state.quarantined, 1)
  assert.deepEqual(
    [...state.tenants.values()].map(tenant => tenant.tenant),
    ['springfield', 'shelbyville'],
  )
  const done = after([
    started(),
    task('springfield'),
    [1, { type: 'task:finished', entity: 'student', tenant: 'springfield', counts: NO_COUNTS, seconds: 1 }],
  ])
  assert.equal(done.tasksDone, 1)
  assert.equal(done.tenants.size, 0)
})

test('the reducer changes nothing it was given', () => {
  const before = after([started(), task('springfield'), batch(1_000)])
  const copy = structuredClone(before)
  reduceProgress(before, batch(2_000)[1], 2_000)
  assert.deepEqual(before, copy)
})

test('events out of order are harmless', () => {
  const state = after([batch(10), [20, { type: 'task:finished', entity: 'x', tenant: 'nobody', counts: NO_COUNTS, seconds: 1 }]])
  assert.equal(state.read, 10_000)
  assert.deepEqual(renderProgress(state, WIDE, 99_000), [])
})

test('shared rows and a tenant called like them are two lines', () => {
  assert.equal(after([started(), task(null), task('shared'), task('null')]).tenants.size, 3)
})

test('the rate is that of a sliding window', () => {
  const state = after([started(), task('springfield'), batch(1_000), batch(5_000, { count: 30_000 })])
  assert.equal(rowsPerSecond(state.samples, state.startedMs, 8_000), 40_000 / 8)
  assert.equal(rowsPerSecond(state.samples, state.startedMs, 1_001 + WINDOW_MS), 30_000 / 10)
  assert.equal(rowsPerSecond(state.samples, state.startedMs, 5_001 + WINDOW_MS), null)
})

test('samples stay few however many batches there are', () => {
  const events = Array.from({ length: 5_000 }, (_, i) => batch(i, { count: 1 }))
  const state = after([started(), ...events])
  assert.ok(state.samples.length <= 51)
  assert.equal(
    state.samples.reduce((sum, sample) => sum + sample.rows, 0),
    5_000,
  )
})

test('time left is said only when the estimate is known, two seconds have passed and rows are moving', () => {
  const events = [task('springfield'), batch(1_000)]
  const known = after([started(), ...events])
  assert.equal(secondsLeft(known, 1_999), null)
  assert.equal(secondsLeft(known, 2_000), 18)
  assert.equal(secondsLeft(after([started(null), ...events]), 2_000), null)
  assert.equal(secondsLeft(after([started(9_000), ...events]), 2_000), null)
  assert.equal(secondsLeft(known, 20_000), null)
  assert.match(renderProgressLine(known, 2_500) ?? '', /about \d+ s left/)
  assert.doesNotMatch(renderProgressLine(after([started(null), ...events]), 2_500) ?? '', /left/)
})

test('nothing is drawn in the first two seconds and after the end', () => {
  const state = after([started(), task('springfield'), batch(1_000)])
  assert.deepEqual(renderProgress(state, WIDE, 1_999), [])
  assert.equal(renderProgressLine(state, 1_999), null)
  const ended = reduceProgress(state, { type: 'run:finished', run: '7', status: 'clean', seconds: 3 }, 3_000)
  assert.deepEqual(renderProgress(ended, WIDE, 9_000), [])
})

test('the picture is one line for all and one for each running tenant', () => {
  const state = after([started(), task('springfield'), task('名前'), batch(1_000), batch(2_000, { tenant: '名前', count: 5_000 })])
  assert.deepEqual(plain(renderProgress(state, WIDE, 4_000)), [
    '4.0 s, 15_000 rows (15 %), 3_750 rows/s, about 25 s left, 0 of 4 tasks done',
    '  springfield  student 10_000 (20 %), 2_500 rows/s',
    '  名前         student 5_000 (10 %), 1_250 rows/s',
  ])
})

test('beyond ten tenants the others are summed', () => {
  const tenants = Array.from({ length: 25 }, (_, i) => `t${i}`)
  const state = after([started(), ...tenants.map(tenant => task(tenant)), ...tenants.map(tenant => batch(1_000, { tenant, count: 10 }))])
  const lines = renderProgress(state, WIDE, 3_000)
  assert.equal(lines.length, 12)
  assert.equal(lines.at(-1), '  and 15 others: 150 rows')
})

test('no line is wider than the terminal, and no tenant can steer it', () => {
  const state = after([started(), task('\u001b[31mevil\n'), batch(1_000, { tenant: '\u001b[31mevil\n' })])
  for (const line of renderProgress(state, narrow(40), 3_000)) {
    assert.ok(displayWidth(line) <= 40)
    assert.ok(!line.includes('\n') && !line.includes('\u001b'))
  }
})

test('the percentage is never 100 before the end, and gone when the estimate was too low', () => {
  assert.match(renderProgressLine(after([started(10_000), batch(1_000)]), 3_000) ?? '', /\(99 %\)/)
  assert.doesNotMatch(renderProgressLine(after([started(9_999), batch(1_000)]), 3_000) ?? '', /%/)
})

test('a bottleneck is named only where something stands out', () => {
  const running = after([started(), task('springfield'), batch(1_000)])
  const withCpu = (share: number): string | null => bottleneck(reduceProgress(running, { type: 'cpu:measured', share }, 2_000))
  assert.equal(bottleneck(running), null)
  assert.match(withCpu(0.95) ?? '', /this process/)
  assert.match(withCpu(0.1) ?? '', /databases/)
  assert.equal(withCpu(0.6), null)
  const slow = reduceProgress(running, { type: 'cpu:measured', share: 0.95 }, 2_000)
  assert.match(renderProgress(slow, WIDE, 3_000).at(-1) ?? '', /^ {2}held up by this process/)
  assert.match(renderProgressLine(slow, 3_000) ?? '', /; held up by this process/)
  const retry: ProgressEvent = {
    type: 'task:retried',
    entity: 'student',
    tenant: 'springfield',
    attempt: 1,
    waitMs: 500,
    code: 'TARGET_TRANSIENT',
    message: 'deadlock',
  }
  const waiting = reduceProgress(running, retry, 2_000)
  assert.match(bottleneck(waiting) ?? '', /TARGET_TRANSIENT/)
  assert.equal(bottleneck(reduceProgress(waiting, batch(2_500)[1], 2_500)), null)
})

test('retries and stopped tenants get a line of their own, everything else does not', () => {
  const retry: ProgressEvent = {
    type: 'task:retried',
    entity: 'student',
    tenant: null,
    attempt: 2,
    waitMs: 500,
    code: 'TARGET_TRANSIENT',
    message: 'a deadlock',
  }
  assert.equal(renderEvent(retry), 'tenant (shared), entity student: TARGET_TRANSIENT, attempt 2 in 0.50 s: a deadlock')
  assert.equal(
    renderEvent({ type: 'tenant:stopped', tenant: 'a\nb', code: 'STOPPED', message: 'too many' }),
    'tenant a\\nb stopped, STOPPED: too many',
  )
  assert.equal(renderEvent(batch(1)[1] as ProgressEvent), null)
})
