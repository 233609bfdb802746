import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashBytes, hashTuples, TupleSetHash } from '../../../src/base/row-hash.ts'

function hashOf(bytes: Uint8Array, seed: readonly [number, number] = [0, 0]): readonly [number, number] {
  const lanes = Int32Array.from(seed)
  hashBytes(bytes, 0, bytes.length, lanes)
  return [lanes[0] ?? 0, lanes[1] ?? 0]
}

function bitsBetween(a: readonly [number, number], b: readonly [number, number]): number {
  let bits = 0
  for (let lane = 0; lane < 2; lane++) for (let x = ((a[lane] ?? 0) ^ (b[lane] ?? 0)) >>> 0; x !== 0; x &= x - 1) bits++
  return bits
}

test('2 million rows that differ in little have no hash in common', () => {
  const row = Buffer.alloc(61, 'x')
  const seen = new BigInt64Array(2_000_000)
  const lanes = new Int32Array(2)
  const as64 = new BigInt64Array(lanes.buffer)
  for (let i = 0; i < seen.length; i++) {
    row.writeInt32BE(i >> 3, 4)
    row.writeDoubleBE((i & 7) / 4, 40)
    lanes.fill(0)
    hashBytes(row, 0, row.length, lanes)
    seen[i] = as64[0] ?? 0n
  }
  seen.sort()
  let same = 0
  for (let i = 1; i < seen.length; i++) if (seen[i] === seen[i - 1]) same++
  assert.equal(same, 0)
})

test('one changed bit changes about half of the 64 bits of the hash, wherever it is', () => {
  for (const length of [1, 3, 8, 16, 29, 100]) {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 37 + 11) & 0xff))
    const before = hashOf(bytes)
    const changes: number[] = []
    for (let bit = 0; bit < length * 8; bit++) {
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      changes.push(bitsBetween(before, hashOf(bytes)))
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    }
    const mean = changes.reduce((a, b) => a + b, 0) / changes.length
    assert.ok(mean > 28 && mean < 36, `mean ${mean} of 64 bits for ${length} bytes`)
    assert.ok(Math.min(...changes) > 8, `at least ${Math.min(...changes)} bits for ${length} bytes`)
  }
})

test('each of the 64 bits of the hash is set in half of 100,000 rows', () => {
  const counts = new Int32Array(64)
  const row = Buffer.alloc(12)
  for (let i = 0; i < 100_000; i++) {
    row.writeInt32LE(i, 4)
    const [hi, lo] = hashOf(row)
    for (let bit = 0; bit < 32; bit++) {
      counts[bit] = (counts[bit] ?? 0) + ((lo >>> bit) & 1)
      counts[32 + bit] = (counts[32 + bit] ?? 0) + ((hi >>> bit) & 1)
    }
  }
  for (const count of counts) assert.ok(count > 49_000 && count < 51_000, `${count}`)
})

test('bytes that differ only in zeros at the end, or in length, hash differently', () => {
  const seen = new Set(Array.from({ length: 64 }, (_, length) => hashOf(Buffer.alloc(length)).join()))
  assert.equal(seen.size, 64)
})

test('only the bytes from start to end count, and the seed does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 9 }), fc.integer(), (bytes, around, seed) => {
      const wide = Buffer.concat([around, bytes, around])
      const lanes = Int32Array.of(seed, 7)
      hashBytes(wide, around.length, around.length + bytes.length, lanes)
      assert.deepEqual([...lanes], hashOf(bytes, [seed, 7]))
      assert.notDeepEqual([...lanes], hashOf(bytes, [seed, 8]))
    }),
  )
})

test('hashing two tuples one after the other depends on where the first one ends', () => {
  const lanes = new Int32Array(2)
  const bytes = Buffer.from('abcdef')
  hashBytes(bytes, 0, 3, lanes)
  hashBytes(bytes, 3, 6, lanes)
  assert.notDeepEqual([...lanes], hashOf(bytes))
})

test('tuples hashed one at a time have the hash of the whole set, in any order', () => {
  const tuple = fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.concat([Buffer.from([0, 1, 0, 0, 0, bytes.length]), bytes]))
  fc.assert(
    fc.property(fc.array(tuple, { maxLength: 5 }), fc.integer(), (tuples, seed) => {
      const whole = Buffer.concat(tuples)
      const expected = Int32Array.of(seed, 7)
      const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength)
      hashTuples(view, { start: 0, end: whole.length, tuples: tuples.length }, expected)
      const set = new TupleSetHash()
      const lanes = Int32Array.of(seed, 7)
      set.begin(lanes)
      for (const one of tuples.toReversed()) set.add(new DataView(one.buffer, one.byteOffset, one.byteLength), 0, one.length)
      set.end(lanes)
      assert.deepEqual([...lanes], [...expected])
    }),
  )
})
