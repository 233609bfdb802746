import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuffers } from '../../../src/plan/batch-buffers.ts'

const word = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const halves = (value: bigint): Int32Array => Int32Array.of(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)))

test('the sums of a batch are those of its hashes as signed numbers, its bounds those of its keys', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 50 }), rows => {
      const batch = new BatchBuffers(1)
      for (const [key, hash] of rows) {
        batch.addInteger(halves(key))
        batch.addHash(halves(hash))
        batch.loaded++
      }
      const keys = rows.map(([key]) => key).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      assert.deepEqual(batch.sumUp(), {
        sum: rows.reduce((sum, [, hash]) => sum + hash, 0n),
        xor: BigInt.asIntN(
          64,
          rows.reduce((xor, [, hash]) => xor ^ hash, 0n),
        ),
        least: keys[0],
        most: keys.at(-1),
      })
    }),
  )
})
