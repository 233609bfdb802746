import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { recordListField, recordTuples } from '../../../src/base/record-list.ts'
import { TupleCursor } from '../../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'

type Rows = readonly (readonly (Buffer | null)[])[]

function rowsIn(field: Buffer, fields: number): Rows {
  const out = new TupleWriter(16)
  const ends = recordTuples({ data: field, start: 0, length: field.length }, fields, out)
  return ends.map((end, i) => {
    const cursor = new TupleCursor(fields)
    cursor.push(Buffer.from(out.bytes().subarray(ends[i - 1] ?? 0, end)))
    assert.ok(cursor.next())
    return Array.from(cursor.start, (start, at) => {
      const length = cursor.length[at] ?? -1
      return length < 0 ? null : Buffer.from(cursor.data.subarray(start, start + length))
    })
  })
}

const aField = fc.option(fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes)))

test('rows come out of a list of records as they went in, each a tuple', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 4 })
        .chain(fields => fc.array(fc.array(aField, { minLength: fields, maxLength: fields }), { maxLength: 6 })),
      rows => {
        assert.deepEqual(rowsIn(recordListField(rows), rows[0]?.length ?? 3), rows)
      },
    ),
  )
})

test('a field that is no list of rows, or of rows of another width, is a RangeError whatever was broken', () => {
  const whole = recordListField([
    [Buffer.from('abc'), null],
    [Buffer.from(''), Buffer.from('d')],
  ])
  assert.throws(() => rowsIn(whole, 3), /expected rows of 3 fields, got 2/)
  for (let length = 0; length < whole.length; length++) assert.throws(() => rowsIn(Buffer.from(whole.subarray(0, length)), 2), RangeError)
  const integers = Buffer.from(whole)
  integers.writeInt32BE(23, 8)
  assert.throws(() => rowsIn(integers, 2), /expected a list of rows, got one of type 23/)
})
