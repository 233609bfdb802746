import assert from 'node:assert/strict'
import { test } from 'node:test'
import { untilMs, untilSignal } from '../../../src/api/until.ts'

const MINUTE = 60_000

test('a time of day is the next one: today, or tomorrow where it has passed', () => {
  const noon = new Date(2026, 5, 1, 12, 0, 0)
  assert.equal(untilMs('12:30', noon), 30 * MINUTE)
  assert.equal(untilMs('6:05', noon), (18 * 60 + 5) * MINUTE)
  assert.equal(untilMs('12:00', noon), 24 * 60 * MINUTE)
})

test('anything else than a time of day is refused', () => {
  for (const text of ['', '24:00', '12:60', '12', 'noon', '12:00:00', '-1:00'])
    assert.throws(() => untilMs(text, new Date()), { code: 'USAGE' }, text)
})

test('without a time the caller’s own signal decides', () => {
  const own = new AbortController()
  assert.equal(untilSignal(null, own.signal), own.signal)
  assert.equal(untilSignal(null, undefined).aborted, false)
})
