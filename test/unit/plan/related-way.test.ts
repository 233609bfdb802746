import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseWay, FITTING_BYTES, type WayFacts } from '../../../src/plan/related-way.ts'

const FACTS: WayFacts = {
  rows: 5_000_000,
  columns: 5,
  whyNotMerged: null,
  whyNotPushed: 'they are in another source',
  costOfPushing: null,
  forced: null,
}

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

const NO_WAY: WayFacts = { ...FACTS, whyNotMerged: 'positions go by them', whyNotPushed: 'positions go by them' }

test('rows that can neither be merged nor pushed are kept in memory, whatever is asked for, and the reasons are told, each once', () => {
  for (const forced of [null, 'merge', 'pushed', 'memory'] as const) {
    const chosen = chooseWay({ ...NO_WAY, forced })
    assert.deepEqual([chosen.way, chosen.reason], ['memory', forced === 'memory' ? 'it was asked for' : 'positions go by them'])
  }
  const other = { ...NO_WAY, whyNotPushed: 'they are in another source' }
  assert.equal(chooseWay(other).reason, 'positions go by them; they are in another source')
  assert.equal(chooseWay({ ...other, rows: 1000 }).reason, 'positions go by them')
})

const PUSHABLE: WayFacts = { ...FACTS, whyNotMerged: 'they are not matched by the key', whyNotPushed: null }

test('rows that cannot be merged are pushed where there may be too many to be kept, and their source finds them', () => {
  assert.deepEqual(chooseWay(PUSHABLE), { way: 'pushed', reason: 'too many to be kept' })
  assert.deepEqual(chooseWay({ ...PUSHABLE, rows: null }), { way: 'pushed', reason: 'nobody knows how many there are' })
  assert.equal(chooseWay({ ...PUSHABLE, rows: 1_000_000 }).way, 'memory', 'what memory can bear is not looked up row by row')
  const costly = chooseWay({ ...PUSHABLE, costOfPushing: 'nothing says that the source finds them by an index' })
  assert.deepEqual(costly, {
    way: 'memory',
    reason: 'they are not matched by the key; nothing says that the source finds them by an index',
  })
  assert.equal(chooseWay({ ...FACTS, whyNotPushed: null }).way, 'merge', 'two streams cost less than look-ups')
})

test('a way that is asked for is taken where it is possible', () => {
  assert.equal(chooseWay({ ...FACTS, forced: 'memory' }).way, 'memory')
  assert.equal(chooseWay({ ...FACTS, rows: 1, forced: 'merge' }).way, 'merge')
  assert.equal(chooseWay({ ...PUSHABLE, rows: 1, costOfPushing: 'no index', forced: 'pushed' }).way, 'pushed')
})
