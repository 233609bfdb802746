import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TupleCursor } from '../../../src/base/tuple-cursor.ts'
import { TupleWriter } from '../../../src/base/tuple-writer.ts'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { areInOneOrder, positionAfter, positionBefore } from '../../../src/plan/merge-order.ts'
import { MergedRows } from '../../../src/plan/merged-rows.ts'
import { SEVERAL } from '../../../src/plan/related-rows.ts'

const INT4 = builtinType('int4')
const INT8 = builtinType('int8')
const UUID = builtinType('uuid')

function tuples(keys: readonly (number | null)[]): Buffer {
  const out = new TupleWriter()
  for (const [i, key] of keys.entries()) {
    out.fieldCount(2)
    if (key === null) out.null()
    else out.int32(key)
    out.int32(i)
  }
  return Buffer.from(out.bytes())
}

function cursorAt(key: number): TupleCursor {
  const cursor = new TupleCursor(2)
  cursor.push(tuples([key]))
  assert.ok(cursor.next())
  return cursor
}

function mergedOf(wish: { readonly mostBytes?: number; readonly orphan?: () => void } = {}): MergedRows {
  return new MergedRows({
    label: 'dbo.mark (`marks`)',
    mostBytes: wish.mostBytes ?? 1 << 20,
    fields: 2,
    types: [INT4],
    slots: [0],
    drivingTypes: [INT4],
    belongs: () => true,
    orphan: wish.orphan ?? null,
  })
}

/** Rows under each driving key, the related ones given in pieces of so many bytes. */
function found(driving: readonly number[], related: readonly (number | null)[], piece: number): readonly number[] {
  const rows = mergedOf()
  rows.begin()
  const bytes = tuples(related)
  let at = 0
  return driving.map(key => {
    while (!rows.moveTo(cursorAt(key))) {
      if (at >= bytes.length) rows.end()
      else {
        rows.push(bytes.subarray(at, at + piece))
        at += piece
      }
    }
    return rows.count()
  })
}

const ascending = (keys: readonly number[]): readonly number[] => keys.toSorted((a, b) => a - b)

test('under each driving key stand the related rows of that key, however the bytes come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -3, max: 9 })),
      fc.array(fc.integer({ min: -3, max: 9 })),
      fc.integer({ min: 1, max: 40 }),
      (a, b, piece) => {
        const [driving, related] = [ascending(a), ascending(b)]
        assert.deepEqual(
          found(driving, [...related, null, null], piece),
          driving.map(key => related.filter(other => other === key).length),
        )
      },
    ),
    { numRuns: 300 },
  )
})

test('one row is found, several are said to be several', () => {
  const rows = mergedOf()
  rows.begin()
  rows.push(tuples([1, 2, 2]))
  assert.ok(rows.moveTo(cursorAt(1)))
  assert.equal(rows.find(), 0)
  assert.equal(rows.moveTo(cursorAt(2)), false)
  rows.end()
  assert.ok(rows.moveTo(cursorAt(2)))
  assert.equal(rows.find(), SEVERAL)
})

test('rows nobody asks for are told, each once, those behind the last driving row at the end', () => {
  let orphans = 0
  const rows = mergedOf({ orphan: () => orphans++ })
  rows.begin()
  rows.push(tuples([1, 2, 3, 3, 5, 6, null]))
  assert.ok(rows.moveTo(cursorAt(2)))
  assert.equal(orphans, 1)
  assert.ok(rows.moveTo(cursorAt(5)))
  assert.equal(orphans, 3)
  assert.equal(rows.finish(), false)
  rows.end()
  assert.ok(rows.finish())
  assert.equal(orphans, 5)
})

test('related rows that are not in order are SOURCE_INVALID', () => {
  const rows = mergedOf()
  rows.begin()
  rows.push(tuples([4, 3, 9]))
  assert.throws(() => rows.moveTo(cursorAt(7)), { code: 'SOURCE_INVALID' })
})

test('driving rows that are not in order are SOURCE_INVALID', () => {
  const rows = mergedOf()
  rows.begin()
  rows.push(tuples([9]))
  assert.ok(rows.moveTo(cursorAt(7)))
  assert.throws(() => rows.moveTo(cursorAt(6)), { code: 'SOURCE_INVALID' })
})

test('a row that does not end is SOURCE_INVALID', () => {
  const rows = mergedOf()
  rows.begin()
  rows.push(tuples([1]).subarray(0, 5))
  assert.equal(rows.moveTo(cursorAt(1)), false)
  assert.throws(() => rows.end(), { code: 'SOURCE_INVALID' })
})

test('more rows under one key than memory is given are RELATED_TOO_LARGE', () => {
  const rows = mergedOf({ mostBytes: 40 })
  rows.begin()
  rows.push(tuples([1, 1, 1, 2]))
  assert.throws(() => rows.moveTo(cursorAt(1)), { code: 'RELATED_TOO_LARGE' })
})

test('a new reading begins with nothing of the one before, wherever that was left', () => {
  const rows = mergedOf()
  rows.begin()
  rows.push(tuples([1, 2]).subarray(0, 21))
  assert.ok(rows.moveTo(cursorAt(1)) || true)
  rows.begin()
  rows.push(tuples([0, 1, 1, 2]))
  assert.ok(rows.moveTo(cursorAt(1)))
  assert.equal(rows.count(), 2)
})

test('integers of all lengths are in one order, uuids in theirs, and nothing else', () => {
  assert.ok(areInOneOrder(INT4, INT8))
  assert.ok(areInOneOrder(UUID, UUID))
  assert.ok(!areInOneOrder(INT4, UUID))
  for (const name of ['text', 'numeric', 'timestamp'] as const) assert.ok(!areInOneOrder(builtinType(name), builtinType(name)), name)
})

test('a position right before a key is one less, within what the column can hold', () => {
  assert.deepEqual(positionBefore(['7'], [INT4]), ['6'])
  assert.deepEqual(positionBefore(['9', '7'], [INT8, INT4]), ['9', '6'])
  assert.deepEqual(positionBefore(['5000000000'], [INT4]), ['2147483647'])
  assert.equal(positionBefore(['-2147483648'], [INT4]), null)
  assert.equal(positionBefore(['-5000000000'], [INT4]), null)
  assert.deepEqual(positionBefore(['10000000-0000-0000-0000-000000000000'], [UUID]), ['0fffffff-ffff-ffff-ffff-ffffffffffff'])
  assert.equal(positionBefore(['00000000-0000-0000-0000-000000000000'], [UUID]), null)
  assert.equal(positionBefore([''], [INT4]), null)
})

test('a position after a key the column cannot hold is behind all that is less', () => {
  assert.deepEqual(positionAfter(['7'], [INT4]), ['7'])
  assert.deepEqual(positionAfter(['5000000000'], [INT4]), ['2147483647'])
  assert.deepEqual(positionAfter(['3', '5000000000'], [INT8, INT4]), ['3', '2147483647'])
  assert.deepEqual(positionAfter(['5000000000', '3'], [INT4, INT4]), ['2147483647', '2147483647'])
  assert.deepEqual(positionAfter(['3', '-5000000000'], [INT8, INT4]), ['2', '2147483647'])
  assert.equal(positionAfter(['-5000000000'], [INT4]), null)
})
