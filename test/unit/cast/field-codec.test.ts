import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { fieldDecoder, fieldEncoder } from '../../../src/cast/field-codec.ts'
import { RehouseError } from '../../../src/errors.ts'
import { RANDOM_FIELDS } from '../../support/random-fields.ts'

for (const [name, fields] of Object.entries(RANDOM_FIELDS)) {
  test(`a ${name} read into its carrier and written again is the same bytes`, () => {
    const [decode, encode, out] = [fieldDecoder(builtinType(name)), fieldEncoder(builtinType(name)), new TupleWriter(16)]
    fc.assert(
      fc.property(fields, field => {
        const value = decode(Buffer.concat([Buffer.of(1), field]), 1, field.length)
        assert.notEqual(value, null)
        out.reset()
        if (value !== null) encode(value, out)
        assert.deepEqual(Buffer.from(out.bytes().subarray(4)), field)
        assert.equal(out.buf.readInt32BE(0), field.length)
      }),
    )
  })
}

test('an encoder given the carrier of another type throws BUG', () => {
  for (const name of ['int4', 'int8', 'text', 'uuid', 'numeric', 'bool', 'bytea']) {
    const wrong = name === 'text' || name === 'uuid' || name === 'numeric' ? 1n : 'x'
    assert.throws(
      () => fieldEncoder(builtinType(name))(wrong, new TupleWriter(16)),
      (error: unknown) => error instanceof RehouseError && error.code === 'BUG',
      name,
    )
  }
})
