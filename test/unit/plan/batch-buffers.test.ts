import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuffers } from '../../../src/plan/batch-buffers.ts'
import { digestOf } from '../../../src/run/batch-outcome.ts'

/** Rows of any number of tuples per table, each of one byte that tells row, table and tuple apart. */
function filled(rows: readonly (readonly number[])[]): BatchBuffers {
  const batch = new BatchBuffers(2)
  for (const [r, counts] of rows.entries()) {
    for (const [t, table] of batch.tables.entries()) {
      for (let i = 0; i < (counts[t] ?? 0); i++) {
        table.writer.fieldCount(1)
        table.writer.field(Buffer.from([r, t, i]), 0, 3)
        table.tuples++
      }
      table.endRow()
    }
    batch.addInteger(new Int32Array([-r, r * 7]))
    batch.addHash(new Int32Array([r, -r]))
    if (r % 3 === 0) batch.addTaken(r % 2)
    batch.loaded++
  }
  return batch
}

const rows = fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { maxLength: 100 })

test('any range of loaded rows can be sent again or left out: its tuples are where they were put', () => {
  fc.assert(
    fc.property(rows, fc.nat(100), fc.nat(100), (counts, a, b) => {
      const batch = filled(counts)
      const [from, to] = [Math.min(a, b, counts.length), Math.min(Math.max(a, b), counts.length)]
      for (const [t, table] of batch.tables.entries()) {
        const own = counts
          .slice(from, to)
          .flatMap((count, r) => Array.from({ length: count[t] ?? 0 }, (_, i) => [0, 1, 0, 0, 0, 3, r + from, t, i]))
        assert.equal(table.count(from, to), own.length)
        assert.deepEqual([...table.slice(from, to)], own.flat())
      }
    }),
  )
})

test('keys, hashes and outcomes stay with their rows however many there are, and a reset forgets all', () => {
  const batch = filled(Array.from({ length: 3000 }, () => [1, 0]))
  assert.equal(batch.integerAt(2999), (BigInt(-2999) << 32n) | BigInt(2999 * 7))
  assert.equal(batch.hashAt(2999), String((2999n << 32n) | BigInt(-2999 >>> 0)))
  assert.deepEqual([...batch.countTaken(() => true)].toSorted(), [
    [0, 500],
    [1, 500],
  ])
  assert.deepEqual([...batch.countTaken(row => row < 4)].toSorted(), [
    [0, 1],
    [1, 1],
  ])
  assert.equal(batch.bytes, 3000 * 9)
  batch.reset()
  assert.deepEqual([batch.read, batch.loaded, batch.bytes, batch.countTaken(() => true).size], [0, 0, 0, 0])
  assert.equal(batch.tables[0]?.count(0, 0), 0)
})

test('the digest is that of the tuples table by table, whatever ranges they were sent in', () => {
  fc.assert(
    fc.property(rows, fc.nat(100), (counts, cut) => {
      const batch = filled(counts)
      const at = Math.min(cut, counts.length)
      const all = createHash('sha256')
      for (const table of batch.tables) all.update(table.slice(0, counts.length))
      assert.deepEqual(
        digestOf(batch, [
          { from: 0, to: at },
          { from: at, to: counts.length },
        ]),
        all.digest(),
      )
    }),
  )
})
