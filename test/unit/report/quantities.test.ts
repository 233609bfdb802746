import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAbout, formatCount, formatCounted, formatRate, formatSeconds } from '../../../src/report/quantities.ts'

const plain = (text: string): string => text.replaceAll('\u202f', '_')

test('digits are grouped by threes with narrow no-break spaces', () => {
  assert.deepEqual([0, 7, 999, 1_000, 12_345, 1_234_567, -1_234].map(formatCount).map(plain), [
    '0',
    '7',
    '999',
    '1_000',
    '12_345',
    '1_234_567',
    '-1_234',
  ])
})

test('one is singular, all else plural', () => {
  assert.deepEqual(
    [0, 1, 2].map(count => formatCounted(count, 'row')),
    ['0 rows', '1 row', '2 rows'],
  )
  assert.equal(formatCounted(2, 'entity', 'entities'), '2 entities')
})

test('a rate has no more digits than it deserves', () => {
  assert.deepEqual([0.04, 4.26, 42.4, 123_456].map(formatRate).map(plain), ['0.0', '4.3', '42', '123_000'])
})

test('a span of time is said in the two largest units', () => {
  const spans = [0.123, 4.24, 9.96, 42, 59.6, 200, 3_599.6, 7_500, 86_400, 273_600]
  assert.deepEqual(spans.map(formatSeconds), [
    '0.12 s',
    '4.2 s',
    '10 s',
    '42 s',
    '1 min',
    '3 min 20 s',
    '1 h',
    '2 h 5 min',
    '1 d',
    '3 d 4 h',
  ])
})

test('a guess is rounded as coarsely as guesses are', () => {
  assert.deepEqual([1, 33, 133, 1_000, 9_000].map(formatAbout), [
    'about 5.0 s',
    'about 35 s',
    'about 2 min 10 s',
    'about 17 min',
    'about 2 h 30 min',
  ])
})
