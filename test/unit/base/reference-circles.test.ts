import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ReferenceCircles } from '../../../src/base/reference-circles.ts'

function circlesOf(references: readonly (readonly [string, string])[]): ReferenceCircles {
  const circles = new ReferenceCircles()
  for (const [key, to] of references) circles.add(key, to)
  return circles
}

test('the rows that lead back to themselves are those one comes to again by following the references', () => {
  const references = fc.uniqueArray(fc.tuple(fc.nat(30).map(String), fc.nat(35).map(String)), { selector: ([key]) => key, maxLength: 30 })
  fc.assert(
    fc.property(references, pairs => {
      const next = new Map(pairs)
      const returns = pairs.filter(([start]) => {
        let at = next.get(start)
        for (let steps = 0; at !== undefined && steps < 40; steps++) {
          if (at === start) return true
          at = next.get(at)
        }
        return false
      })
      const { count, keys } = circlesOf(pairs).find(100)
      assert.equal(count, returns.length)
      assert.deepEqual(keys.toSorted(), returns.map(([key]) => key).toSorted())
    }),
  )
})

test('a circle is told in the order of its references, a few keys of many', () => {
  const ring = Array.from({ length: 10_000 }, (_, i): [string, string] => [`k${i}`, `k${(i + 1) % 10_000}`])
  assert.deepEqual(circlesOf(ring).find(3), { count: 10_000, keys: ['k0', 'k1', 'k2'] })
  assert.deepEqual(
    circlesOf([
      ['a', 'a'],
      ['b', 'a'],
    ]).find(5),
    { count: 1, keys: ['a'] },
  )
})
