import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { uuidBytes, uuidText } from '../../../src/base/uuid-text.ts'

test('a UUID written as text and read back is the same 16 bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
      assert.deepEqual(uuidBytes(uuidText(bytes, 0)), Buffer.from(bytes))
      assert.deepEqual(uuidBytes(uuidText(bytes, 0).toUpperCase()), Buffer.from(bytes))
    }),
  )
})

test('a text that is no UUID with hyphens gives null', () => {
  for (const text of [
    '',
    'x',
    '2d8f3a642c7f4f6e8a513d6a9c0b1e77',
    '{2d8f3a64-2c7f-4f6e-8a51-3d6a9c0b1e77}',
    '2d8f3a64-2c7f-4f6e-8a51-3d6a9c0b1e7g',
  ])
    assert.equal(uuidBytes(text), null)
})
