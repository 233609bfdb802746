import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TupleCursor } from '../../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'

type Row = readonly (Uint8Array | null)[]

function written(rows: readonly Row[]): Buffer {
  const out = new TupleWriter(8)
  for (const row of rows) {
    out.fieldCount(row.length)
    for (const field of row)
      if (field === null) out.null()
      else out.field(field, 0, field.length)
  }
  return Buffer.from(out.bytes())
}

function rowAt(cursor: TupleCursor): Row {
  return Array.from(cursor.start, (start, i) => {
    const length = cursor.length[i] as number
    return length < 0 ? null : Uint8Array.from(cursor.data.subarray(start, start + length))
  })
}

function readIn(bytes: Buffer, fields: number, cuts: readonly number[]): Row[] {
  const cursor = new TupleCursor(fields)
  const rows: Row[] = []
  let from = 0
  for (const to of [...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    cursor.push(bytes.subarray(from, to))
    from = to
    while (cursor.next()) rows.push(rowAt(cursor))
  }
  assert.equal(cursor.pending, 0)
  return rows
}

const field = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null })

test('rows written are rows read, wherever the stream is cut', () => {
  const tables = fc
    .integer({ min: 1, max: 5 })
    .chain(fields => fc.array(fc.array(field, { minLength: fields, maxLength: fields }), { minLength: 1, maxLength: 30 }))
  fc.assert(
    fc.property(tables, fc.array(fc.nat(), { maxLength: 40 }), (rows, cuts) => {
      assert.deepEqual(readIn(written(rows), (rows[0] as Row).length, cuts), rows)
    }),
  )
})

test('a row of many chunks is not copied again for each of them', () => {
  const big = Buffer.alloc(64 << 20, 7)
  const bytes = written([[big], [Buffer.from('x')]])
  const cursor = new TupleCursor(1)
  const began = performance.now()
  let rows = 0
  for (let at = 0; at < bytes.length; at += 1 << 16) {
    cursor.push(bytes.subarray(at, at + (1 << 16)))
    while (cursor.next()) rows++
  }
  assert.equal(rows, 2)
  // Copying the rest for each of 1000 chunks would move 32 GB.
  assert.ok(performance.now() - began < 5000)
})

test('the end marker ends the rows, and nothing may follow it', () => {
  const cursor = new TupleCursor(1)
  cursor.push(Buffer.concat([written([[Buffer.from('a')]]), Buffer.from([0xff, 0xff])]))
  assert.equal(cursor.next(), true)
  assert.equal(cursor.next(), false)
  assert.equal(cursor.pending, 0)
  const wrong = new TupleCursor(1)
  wrong.push(Buffer.from([0xff, 0xff, 0]))
  assert.throws(() => wrong.next(), RangeError)
})

test('a field count or length that cannot be throws RangeError', () => {
  const counts = new TupleCursor(2)
  counts.push(written([[null]]))
  assert.throws(() => counts.next(), /expected 2 fields/)
  const lengths = new TupleCursor(1)
  lengths.push(Buffer.from([0, 1, 0xff, 0xff, 0xff, 0xfe]))
  assert.throws(() => lengths.next(), /expected a field length/)
})

test('a cursor is put on any whole row of buffers that stay as they are, in any order', () => {
  const [a, b, c] = ['a', 'bb', ''].map(text => written([[Buffer.from(text), null]])) as [Buffer, Buffer, Buffer]
  const [first, second] = [Buffer.concat([a, b, Buffer.from('rest')]), Buffer.concat([Buffer.from('x'), c])]
  const cursor = new TupleCursor(2)
  const place = (data: Buffer, at: number): Row => {
    cursor.placeAt(data, at)
    return rowAt(cursor)
  }
  const bytes = (text: string): Row => [Uint8Array.from(Buffer.from(text)), null]
  assert.deepEqual([place(first, a.length), place(second, 1), place(first, 0)], [bytes('bb'), bytes(''), bytes('a')])
  assert.deepEqual([cursor.rowStart, cursor.rowEnd], [0, a.length])
})
