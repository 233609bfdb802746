import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonbObject, jsonbObjectOf } from '../../../src/cast/jsonb-text.ts'

test('an object of keys known beforehand is the same text as one of pairs, what is null left out', () => {
  const text = fc.constantFrom(null, '1', 'null', '"é"', '{"a": 1}')
  const members = fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), text), { selector: ([key]) => key, maxLength: 8 })
  fc.assert(
    fc.property(members, pairs => {
      const known = jsonbObjectOf(pairs.map(([key]) => key))
      const there = pairs.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]))
      assert.equal(known(pairs.map(([, value]) => value)), jsonbObject(there))
    }),
  )
})
