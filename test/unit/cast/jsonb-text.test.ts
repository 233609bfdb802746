import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { arrayOf, builtinType } from '../../../src/cast/builtin-types.ts'
import { fieldDecoder } from '../../../src/cast/field-codec.ts'
import { parseJson } from '../../../src/cast/json-parser.ts'
import { jsonbFormOf } from '../../../src/cast/jsonb-form.ts'
import { jsonbObject, jsonScalar } from '../../../src/cast/jsonb-text.ts'
import { castField } from '../../support/random-fields.ts'

test('keys are ordered by length in bytes, then by bytes; the last of equal keys wins', () => {
  assert.equal(
    jsonbObject([
      ['bb', '1'],
      ['z', '2'],
      ['a', '3'],
      ['ä', '4'],
      ['', '5'],
      ['z', '6'],
    ]),
    '{"": 5, "a": 3, "z": 6, "bb": 1, "ä": 4}',
  )
})

test('numbers keep their digits and their scale; exponents are written out', () => {
  assert.equal(jsonbFormOf('[1.50, 12345678901234567890.10, 1e3, -0, 1.5E-2]')?.text, '[1.50, 12345678901234567890.10, 1000, 0, 0.015]')
  assert.equal(jsonbFormOf('1e200000'), null)
})

test('every JSON document is read, and its form means the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), value => {
      const text = JSON.stringify(value)
      if (/\\u0000|\\ud[89a-f]/.test(text)) return
      assert.deepEqual(
        JSON.parse(jsonbFormOf(text)?.text ?? ''),
        JSON.parse(text, (_key, part: unknown) => (Object.is(part, -0) ? 0 : part)),
      )
    }),
    { examples: [[{ b: [1, 'x', null], a: {} }]] },
  )
})

test('what is not JSON, or not text PostgreSQL can hold, is not read', () => {
  for (const text of [
    '',
    '{',
    '[1,]',
    '{"a"}',
    '{a:1}',
    "'a'",
    '01',
    '1.',
    '.5',
    '+1',
    'NaN',
    'nul',
    '"\n"',
    '"\\x"',
    '"\\u0000"',
    '"\\ud800"',
    '[] []',
    `${'['.repeat(5000)}`,
  ]) {
    assert.equal(parseJson(text), null, text.slice(0, 20))
  }
})

test('scalars become the JSON PostgreSQL makes of them', () => {
  const scalar = (name: string, text: string): string => {
    const type = builtinType(name)
    const field = castField(builtinType('text'), type, Buffer.from(text)).field as Buffer
    return jsonScalar(type)(fieldDecoder(type)(field, 0, field.length))
  }
  assert.equal(scalar('numeric', '1.50'), '1.50')
  assert.equal(scalar('numeric', 'NaN'), '"NaN"')
  assert.equal(scalar('float8', '1e20'), '100000000000000000000')
  assert.equal(scalar('int8', '9007199254740993'), '9007199254740993')
  assert.equal(scalar('bool', 'true'), 'true')
  assert.equal(scalar('date', '2024-02-29'), '"2024-02-29"')
  assert.equal(scalar('timestamp', '2024-02-29 01:02:03.5'), '"2024-02-29T01:02:03.5"')
  assert.equal(scalar('timestamptz', '2024-02-29 01:02:03Z'), '"2024-02-29T01:02:03+00:00"')
  assert.equal(scalar('bytea', '\\x0102'), '"\\\\x0102"')
  assert.equal(scalar('time', '01:02'), '"01:02:00"')
  assert.equal(scalar('json', '{"b":1, "a":2}'), '{"a": 2, "b": 1}')
  assert.equal(jsonScalar(builtinType('int4'))(null), 'null')
  const field = Buffer.from(`0000000100000000${'00000017'}${'00000002'}${'00000001'}${'0000000400000007'}${'ffffffff'}`, 'hex')
  const type = arrayOf(builtinType('int4'))
  assert.equal(jsonScalar(type)(fieldDecoder(type)(field, 0, field.length)), '[7, null]')
})
