import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EXCLUDED, KeyIndex, type KeyState, LOADED, QUARANTINED, UNSEEN } from '../../../src/base/key-index.ts'
import { EdgeList, NOWHERE } from '../../../src/run/read-edges.ts'
import { findGone, type Gone } from '../../../src/run/settle-fixpoint.ts'

const NONE_KEPT = new Map<string, ReadonlySet<number>>()

function indexOf(states: readonly KeyState[]): KeyIndex {
  const index = new KeyIndex()
  for (const [i, state] of states.entries()) index.setState(index.add(0, i), state)
  return index
}

/** References among rows of one entity, as pairs child → parent. */
function edges(pairs: readonly (readonly [number, number])[], reference: Partial<EdgeList['reference']> = {}): EdgeList {
  const list = new EdgeList({ child: 'staff', parent: 'staff' }, { column: 'boss', missingCode: null, isLate: false, ...reference })
  for (const [child, parent] of pairs) list.add(child, parent)
  return list
}

function gone(lists: readonly EdgeList[], states: readonly KeyState[], kept = NONE_KEPT): readonly Gone[] {
  const index = indexOf(states)
  return findGone(lists, { indexOf: () => index, kept })
}

const told = (rows: readonly Gone[]): readonly string[] => rows.map(row => `${row.ordinal} ${row.code}`)
const loaded = (rows: number): KeyState[] => Array.from({ length: rows }, () => LOADED)

test('a row that refers to nothing goes, and what refers to it, and so on', () => {
  const chain = edges([
    [0, NOWHERE],
    [1, 0],
    [2, 1],
    [4, 3],
  ])
  assert.deepEqual(told(gone([chain], loaded(5))), ['2 parent_quarantined', '1 parent_quarantined', '0 orphan'])
})

test('the code says what became of the row referred to, unless the mapping gives one', () => {
  const states: KeyState[] = [LOADED, LOADED, LOADED, UNSEEN, QUARANTINED, EXCLUDED]
  const pairs = [
    [0, 3],
    [1, 4],
    [2, 5],
  ] as const
  assert.deepEqual(told(gone([edges(pairs)], states)).toSorted(), ['0 orphan', '1 parent_quarantined', '2 parent_excluded'])
  assert.deepEqual(told(gone([edges(pairs, { missingCode: 'no_boss' })], states)).toSorted(), ['0 no_boss', '1 no_boss', '2 no_boss'])
})

test('rows that refer to one another in a circle stay, and go when one of them must', () => {
  const circle = [
    [0, 1],
    [1, 2],
    [2, 0],
  ] as const
  assert.deepEqual(gone([edges(circle)], loaded(3)), [])
  assert.deepEqual(
    gone([edges(circle), edges([[1, NOWHERE]], { column: 'friend' })], loaded(3))
      .map(row => row.ordinal)
      .toSorted(),
    [0, 1, 2],
  )
})

test('a row that refers to itself stays', () => {
  assert.deepEqual(gone([edges([[0, 0]])], loaded(1)), [])
})

test('a late reference counts only when its row goes now, not when it was missing before', () => {
  const late = edges(
    [
      [1, 0],
      [2, 3],
    ],
    { isLate: true, column: 'late' },
  )
  const states: KeyState[] = [LOADED, LOADED, LOADED, QUARANTINED]
  assert.deepEqual(gone([late], states), [])
  assert.deepEqual(told(gone([edges([[0, NOWHERE]]), late], states)), ['1 parent_quarantined', '0 orphan'])
})

test('a row that is kept stays, and so does what refers to it', () => {
  const chain = edges([
    [0, NOWHERE],
    [1, 0],
  ])
  assert.deepEqual(gone([chain], loaded(2), new Map([['staff', new Set([0])]])), [])
})

test('a chain of 10 000 rows and a row with 300 000 children are taken in one go', () => {
  const chain = edges(Array.from({ length: 10_000 }, (_, i) => [i, i === 0 ? NOWHERE : i - 1] as const))
  const rows = gone([chain], loaded(10_000))
  assert.equal(rows.length, 10_000)
  assert.deepEqual([rows[0]?.ordinal, rows.at(-1)?.ordinal], [9_999, 0])
  const star = edges(Array.from({ length: 300_000 }, (_, i) => [i, i === 0 ? NOWHERE : 0] as const))
  assert.equal(gone([star], loaded(300_000)).length, 300_000)
})

const graph = fc.integer({ min: 1, max: 12 }).chain(rows =>
  fc.record({
    states: fc.array(fc.constantFrom<KeyState[]>(LOADED, LOADED, LOADED, UNSEEN, QUARANTINED, EXCLUDED), {
      minLength: rows,
      maxLength: rows,
    }),
    boss: fc.array(fc.tuple(fc.nat(rows - 1), fc.integer({ min: -1, max: rows - 1 })), { maxLength: 20 }),
    friend: fc.array(fc.tuple(fc.nat(rows - 1), fc.integer({ min: -1, max: rows - 1 })), { maxLength: 20 }),
  }),
)
function hasCircle(pairs: readonly (readonly [number, number])[]): boolean {
  const left = new Set(pairs.flat())
  for (let before = -1; before !== left.size; ) {
    before = left.size
    for (const row of left) if (!pairs.some(([child, parent]) => child === row && left.has(parent))) left.delete(row)
  }
  return left.size > 0
}

/** Only loaded rows have references, one of each kind. */
const oneEach = (pairs: readonly (readonly [number, number])[], states: readonly KeyState[]) =>
  pairs.filter(([child], i) => states[child] === LOADED && pairs.findIndex(other => other[0] === child) === i)

test('what goes is the least set that leaves no reference to a missing row, and no row goes before one that refers to it', () => {
  fc.assert(
    fc.property(graph, ({ states, boss, friend }) => {
      const all = [oneEach(boss, states), oneEach(friend, states)] as const
      const rows = gone([edges(all[0]), edges(all[1], { column: 'friend' })], states)
      const expected = new Set<number>()
      for (let before = -1; before !== expected.size; ) {
        before = expected.size
        for (const [child, parent] of all.flat())
          if (parent === NOWHERE || states[parent] !== LOADED || expected.has(parent)) expected.add(child)
      }
      assert.deepEqual(new Set(rows.map(row => row.ordinal)), expected)
      assert.equal(rows.length, expected.size)
      const place = new Map(rows.map((row, i) => [row.ordinal, i]))
      const pairs = all.flat().filter(([child, parent]) => child !== parent && parent !== NOWHERE)
      if (hasCircle(pairs)) return
      for (const [child, parent] of pairs) {
        const [c, p] = [place.get(child), place.get(parent)]
        if (c !== undefined && p !== undefined) assert.ok(c < p, `${child} before ${parent}`)
      }
    }),
  )
})

test('the reason of a row does not depend on the order in which rows are found', () => {
  fc.assert(
    fc.property(graph, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), ({ states, boss, friend }, random) => {
      const shuffled = <T>(items: readonly T[]): T[] =>
        items
          .map(item => ({ item, at: random.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item)
      const all = [oneEach(boss, states), oneEach(friend, states)] as const
      const reasons = (pairs: readonly [readonly (readonly [number, number])[], readonly (readonly [number, number])[]]) =>
        told(gone([edges(pairs[0]), edges(pairs[1], { column: 'friend' })], states)).toSorted()
      assert.deepEqual(reasons([shuffled(all[0]), shuffled(all[1])]), reasons(all))
    }),
  )
})
