import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseWay, FITTING_BYTES, type WayFacts } from '../../../src/plan/related-way.ts'

const FACTS: WayFacts = { rows: 5_000_000, columns: 5, whyNotMerged: null, forced: null }

test('related rows are merged where there may be too many to be kept, and kept in memory where there are few', () => {
  assert.deepEqual(chooseWay(FACTS), { way: 'merge', reason: 'too many to be kept' })
  assert.deepEqual(chooseWay({ ...FACTS, rows: null }), { way: 'merge', reason: 'nobody knows how many there are' })
  assert.deepEqual(chooseWay({ ...FACTS, rows: 10_000 }), { way: 'memory', reason: 'few enough to be kept' })
})

test('the more columns are read of each, the fewer related rows are kept', () => {
  const most = (columns: number): number => {
    let rows = 0
    while (chooseWay({ ...FACTS, rows: rows + 1000, columns }).way === 'memory') rows += 1000
    return rows
  }
  assert.ok(most(2) > most(20))
  assert.ok(most(1) * 64 <= FITTING_BYTES)
})

test('rows that cannot be merged are kept in memory, whatever is asked for, and the reason is told', () => {
  for (const forced of [null, 'merge', 'memory'] as const)
    assert.deepEqual(chooseWay({ ...FACTS, whyNotMerged: 'positions go by them', forced }), {
      way: 'memory',
      reason: 'positions go by them',
    })
})

test('a way that is asked for is taken where it is possible', () => {
  assert.equal(chooseWay({ ...FACTS, forced: 'memory' }).way, 'memory')
  assert.equal(chooseWay({ ...FACTS, rows: 1, forced: 'merge' }).way, 'merge')
})
