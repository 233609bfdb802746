import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'
import { arrayOf, builtinType } from '../../../src/cast/builtin-types.ts'
import { literalEncoder } from '../../../src/cast/literal-encoder.ts'
import { parseTypeName } from '../../../src/cast/type-name.ts'
import { valueText } from '../../../src/cast/value-text.ts'
import { RehouseError } from '../../../src/errors.ts'
import type { JsonLiteral } from '../../../src/model/mapping.ts'
import type { SqlType } from '../../../src/model/sql-type.ts'

function written(literal: JsonLiteral, type: SqlType): string | null {
  const out = new TupleWriter(8)
  const encode = literalEncoder(literal, type)
  encode(out)
  const once = out.at
  encode(out)
  assert.equal(out.at, 2 * once, 'it writes the same field every time')
  const length = out.buf.readInt32BE(0)
  return length < 0 ? null : valueText(type)(out.buf, 4, length)
}

const digits = (text: string): JsonLiteral => ({ digits: text })

test('a constant is written as a value of the type, with the type’s modifier', () => {
  assert.equal(written(digits('5'), builtinType('int2')), '5')
  assert.equal(written(digits('1.5'), parseTypeName('numeric(10,2)')), '1.50')
  assert.equal(written(digits('12345678901234567890.10'), builtinType('numeric')), '12345678901234567890.10')
  assert.equal(written('ab', parseTypeName('char(4)')), 'ab  ')
  assert.equal(written(true, builtinType('bool')), 't')
  assert.equal(written('2024-05-01T12:00:00+02:00', builtinType('timestamptz')), '2024-05-01 10:00:00+00')
  assert.equal(written('2024-02-29', builtinType('date')), '2024-02-29')
  assert.equal(written(digits('7'), builtinType('text')), '7')
  assert.equal(written(null, builtinType('int4')), null)
  assert.equal(written(['a', null, 'b c'], arrayOf(builtinType('text'))), '{a,NULL,"b c"}')
  assert.equal(written([], arrayOf(builtinType('int4'))), '{}')
})

test('a constant for jsonb is the document itself, its digits kept', () => {
  const document: JsonLiteral = {
    object: [
      ['b', digits('1.50')],
      ['a', ['x', null, true]],
    ],
  }
  assert.equal(written(document, builtinType('jsonb')), '{"a": ["x", null, true], "b": 1.50}')
  assert.equal(written('x', builtinType('jsonb')), '"x"')
})

test('a constant that is not wholly a value of the type throws MAPPING_TYPE', () => {
  const labels: SqlType = { kind: 'enum', schema: 'public', name: 'e', modifier: -1, text: 'e', oid: 5, labels: ['a'] }
  const misfits: readonly (readonly [JsonLiteral, SqlType])[] = [
    [digits('1.5'), builtinType('int4')],
    [digits('40000'), builtinType('int2')],
    [digits('1.005'), parseTypeName('numeric(10,2)')],
    ['abcde', parseTypeName('varchar(4)')],
    ['c', labels],
    ['2024-02-30', builtinType('date')],
    ['2024-05-01 12:00', builtinType('timestamptz')],
    [true, builtinType('int4')],
    [digits('1'), builtinType('bool')],
    [['a'], builtinType('text')],
    [{ object: [] }, builtinType('text')],
    ['a\0b', builtinType('text')],
    ['\ud800', builtinType('text')],
    ['a\0b', builtinType('jsonb')],
  ]
  for (const [literal, type] of misfits) {
    assert.throws(
      () => literalEncoder(literal, type),
      (error: unknown) => error instanceof RehouseError && error.code === 'MAPPING_TYPE',
      `${JSON.stringify(literal)} as ${type.text}`,
    )
  }
})
