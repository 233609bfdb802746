import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { halve, type RowRun, rowsIn, rowTest, runsWhere } from '../../../src/run/row-runs.ts'

const flags = fc.array(fc.boolean(), { maxLength: 40 })
const rowsOf = (runs: readonly RowRun[]): number[] => runs.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))

test('ranges hold exactly the rows for which the condition holds, and a test tells them apart', () => {
  fc.assert(
    fc.property(flags, wanted => {
      const runs = runsWhere(wanted.length, row => wanted[row] ?? false)
      const expected = wanted.flatMap((isIn, row) => (isIn ? [row] : []))
      assert.deepEqual(rowsOf(runs), expected)
      assert.equal(rowsIn(runs), expected.length)
      const isIn = rowTest(runs)
      assert.deepEqual(
        wanted.map((_, row) => isIn(row)),
        wanted,
      )
      assert.ok(!isIn(wanted.length) && !isIn(-1))
    }),
  )
})

test('two halves hold every row once, in order, and differ by at most one row', () => {
  fc.assert(
    fc.property(flags, wanted => {
      const runs = runsWhere(wanted.length, row => wanted[row] ?? false)
      const [first, rest] = halve(runs)
      assert.deepEqual([...rowsOf(first), ...rowsOf(rest)], rowsOf(runs))
      assert.ok(rowsIn(rest) - rowsIn(first) <= 1 && rowsIn(rest) >= rowsIn(first))
    }),
  )
})
