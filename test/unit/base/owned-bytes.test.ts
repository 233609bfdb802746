import assert from 'node:assert/strict'
import { test } from 'node:test'
import { own, release } from '../../../src/base/owned-bytes.ts'
import { TupleCursor } from '../../../src/base/tuple-cursor.ts'

const alone = (bytes: readonly number[]): Buffer => Buffer.from(Uint8Array.from(bytes).buffer)

test('memory is given back at once, but only what was said to be a chunk’s own, and only whole', () => {
  const [mine, others, part] = [alone([1, 2]), alone([3, 4]), alone([5, 6])]
  own(mine)
  own(part.subarray(1))
  for (const chunk of [mine.subarray(1), others, part]) release(chunk)
  assert.deepEqual([mine.length, others.length, part.length], [0, 2, 2])
  release(mine)
})

test('rows of chunks a cursor may keep for itself are what they are of chunks it may not, however they are cut', () => {
  const rows = Buffer.concat([7, 8, 9, 10].map(value => Buffer.from([0, 1, 0, 0, 0, 2, value, value])))
  for (let size = 1; size <= rows.length; size++) {
    const cursor = new TupleCursor(1)
    const found: number[] = []
    for (let at = 0; at < rows.length; at += size) {
      const chunk = alone([...rows.subarray(at, at + size)])
      own(chunk)
      cursor.take(chunk)
      while (cursor.next()) found.push(cursor.data[cursor.start[0] ?? 0] ?? 0)
    }
    assert.deepEqual([found, cursor.pending], [[7, 8, 9, 10], 0], `pieces of ${size}`)
  }
})
