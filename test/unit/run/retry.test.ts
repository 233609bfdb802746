import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../../../src/errors.ts'
import { withDeadline } from '../../../src/run/deadline.ts'
import { PhaseDoors } from '../../../src/run/phase-doors.ts'
import { backoff, type RetryOptions, withRetries } from '../../../src/run/retry.ts'

const passing = new RehouseError('TARGET_TRANSIENT', 'expected no deadlock, got one', { next: 'Try again.' })
const lasting = new RehouseError('TARGET_REFUSED', 'expected a table, got none', { next: 'Make it.' })

function options(change: Partial<RetryOptions> = {}): RetryOptions & { readonly waits: number[] } {
  const waits: number[] = []
  const signal = new AbortController().signal
  return { retries: () => 3, signal, random: () => 0, onRetry: (_attempt, waitMs) => waits.push(waitMs), waits, ...change }
}

test('an error that passes is tried again, waiting longer each time', async () => {
  let tries = 0
  const opts = options()
  const result = await withRetries(opts, async () => {
    if (++tries < 3) throw passing
    return 'done'
  })
  assert.equal(result, 'done')
  assert.deepEqual(opts.waits, [100, 200])
})

test('an error that does not pass, or is none of ours, is thrown at once', async () => {
  for (const error of [lasting, new TypeError('a bug')]) {
    const opts = options()
    await assert.rejects(
      withRetries(opts, () => Promise.reject(error)),
      error,
    )
    assert.deepEqual(opts.waits, [])
  }
})

test('after so many tries the error is thrown', async () => {
  const opts = options({ retries: () => 1 })
  await assert.rejects(
    withRetries(opts, () => Promise.reject(passing)),
    passing,
  )
  assert.equal(opts.waits.length, 1)
})

test('progress sets the count of tries back', async () => {
  let tries = 0
  const opts = options({ retries: () => 1 })
  await withRetries(opts, async progressed => {
    if (++tries === 2) progressed()
    if (tries < 3) throw passing
  })
  assert.equal(tries, 3)
  assert.deepEqual(opts.waits, [100, 100])
})

test('a request to stop ends the wait and the tries', async () => {
  const stop = new AbortController()
  const opts = options({ signal: stop.signal, onRetry: () => stop.abort() })
  let tries = 0
  const work = (): Promise<never> => {
    tries++
    return Promise.reject(passing)
  }
  await assert.rejects(withRetries(opts, work), passing)
  assert.equal(tries, 2)
})

test('the wait doubles up to a limit, between half and all of it', () => {
  assert.deepEqual(
    [1, 2, 3, 8, 60].map(attempt => [backoff(attempt, 0), backoff(attempt, 1)]),
    [
      [100, 200],
      [200, 400],
      [400, 800],
      [7_500, 15_000],
      [7_500, 15_000],
    ],
  )
})

test('work that is not done in time is given up, and said to be late as an error that passes', async () => {
  const stop = new AbortController()
  const late = withDeadline({ timeoutMs: 5, what: 'batch 7', giveUp: () => stop.abort() }, () =>
    sleep(10_000, undefined, { signal: stop.signal }),
  )
  await assert.rejects(late, {
    code: 'TARGET_TRANSIENT',
    message: 'expected batch 7 to be committed within 0.005 s, got no answer by then',
  })
})

test('work that fails in time fails with its own error, and work done in time is not given up', async () => {
  const giveUp = (): void => assert.fail('given up')
  await assert.rejects(
    withDeadline({ timeoutMs: 1_000, what: 'batch 7', giveUp }, () => Promise.reject(lasting)),
    lasting,
  )
  assert.equal(await withDeadline({ timeoutMs: 20, what: 'batch 7', giveUp }, () => Promise.resolve('done')), 'done')
  await sleep(30)
})

test('a door opens for those who wait and those who come later; closed ones tell why, open ones stay open', async () => {
  const doors = new PhaseDoors(['first', 'second'])
  const waiting = doors.wait('first')
  doors.open('first')
  await waiting
  const told = assert.rejects(doors.wait('second'), lasting)
  doors.close(lasting)
  await told
  await doors.wait('first')
  assert.ok(doors.isClosedBy(new RehouseError(lasting.code, lasting.message, { next: 'Somewhere else.' })))
  assert.ok(!doors.isClosedBy(passing))
})
