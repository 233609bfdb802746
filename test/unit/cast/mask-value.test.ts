import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { maskValue } from '../../../src/cast/mask-value.ts'

const text = builtinType('text')

test('of an e-mail address the first character and the domain are shown', () => {
  assert.equal(maskValue(text, 'mary.jones@example.com'), 'm***@example.com')
  assert.equal(maskValue(text, ' ö@sub.example.org '), 'ö***@sub.example.org')
})

test('of text its length is shown, of numbers their size, of other values their type', () => {
  assert.equal(maskValue(text, 'Mary Jones 😀'), 'text of 12 characters')
  assert.equal(maskValue(text, 'x'), 'text of 1 character')
  assert.equal(maskValue(text, ''), 'empty text')
  assert.equal(maskValue(text, 'a\0b'), 'text of 3 characters with a NUL')
  assert.equal(maskValue(builtinType('int8'), '-1234'), 'bigint of 4 digits')
  assert.equal(maskValue(builtinType('numeric'), '-12.345'), 'numeric of 2.3 digits')
  assert.equal(maskValue(builtinType('numeric'), 'NaN'), 'numeric NaN')
  assert.equal(maskValue(builtinType('date'), '1990-01-01'), 'date')
  assert.equal(maskValue(builtinType('timestamp'), 'infinity'), 'timestamp without time zone infinity')
  assert.equal(maskValue(builtinType('bytea'), '\\x0102'), 'bytea of 2 bytes')
  assert.equal(maskValue(builtinType('jsonb'), '{"a": 1}'), 'jsonb of 8 characters')
})

test('truth values and enum labels are shown', () => {
  assert.equal(maskValue(builtinType('bool'), 't'), 't')
  assert.equal(maskValue({ kind: 'enum', schema: 'public', name: 'e', modifier: -1, text: 'e', oid: 5, labels: ['sad'] }, 'sad'), 'sad')
})

test('nothing of a text but an address’s first character and domain is ever shown', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 3, maxLength: 30 }), value => {
      const shown = maskValue(text, value)
      assert.ok(/^(empty text|text of \d+ characters?( with a NUL)?|\S\*\*\*@\S+)$/s.test(shown), shown)
    }),
  )
})
