import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalKey, keyParts } from '../../../src/base/key-text.ts'

const hostile = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '\\', '😀'), maxLength: 6 })

test('a key of one plain part is that part', () => {
  assert.equal(canonicalKey(['42']), '42')
  assert.equal(canonicalKey(['Zoë 😀']), 'Zoë 😀')
  assert.equal(canonicalKey(['a', 'b']), 'a,b')
  assert.equal(canonicalKey(['a,b']), '"a,b"')
  assert.equal(canonicalKey(['']), '""')
})

test('two different keys never have the same text, whatever their parts hold', () => {
  const keys = fc.array(hostile, { minLength: 0, maxLength: 4 })
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      assert.equal(canonicalKey(a) === canonicalKey(b), a.length === b.length && a.every((part, i) => part === b[i]))
    }),
    { numRuns: 2000 },
  )
})

test('the parts of a canonical key text are the parts it was made of', () => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 4 }), parts => {
      assert.deepEqual(keyParts(canonicalKey(parts)), parts)
    }),
    { numRuns: 2000 },
  )
})

test('a text that no key is written as gives null, and any other text reads back as itself', () => {
  for (const text of ['"', '"a', 'a,', ',a', '"a"', 'a"b', '"a"b', 'a,"b', '"",']) assert.equal(keyParts(text), null, text)
  fc.assert(
    fc.property(hostile, text => {
      const parts = keyParts(text)
      if (parts !== null) assert.equal(canonicalKey(parts), text)
    }),
    { numRuns: 2000 },
  )
})
