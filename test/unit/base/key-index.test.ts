import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EXCLUDED, KeyIndex, LOADED, NOT_FOUND, QUARANTINED, UNSEEN } from '../../../src/base/key-index.ts'

const states = [UNSEEN, LOADED, QUARANTINED, EXCLUDED] as const
const half = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer(), fc.constantFrom(2147483647, -2147483648))
const text = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom('', '0', '-1', 'Zoë', '😀', 'a'.repeat(300)),
  fc.string({ unit: 'binary', maxLength: 4 }),
)

test('a key index answers as a map from key to ordinal and state does', () => {
  const step = fc.oneof(fc.record({ hi: half, lo: half }), fc.record({ text }))
  fc.assert(
    fc.property(fc.array(fc.record({ key: step, state: fc.constantFrom(...states) }), { maxLength: 300 }), steps => {
      const index = new KeyIndex()
      const map = new Map<string, { ordinal: number; state: number }>()
      for (const { key, state } of steps) {
        const name = 'text' in key ? `t${key.text}` : `i${key.hi},${key.lo}`
        const find = () => ('text' in key ? index.findText(key.text) : index.find(key.hi, key.lo))
        assert.equal(find(), map.get(name)?.ordinal ?? NOT_FOUND)
        const ordinal = 'text' in key ? index.addText(key.text) : index.add(key.hi, key.lo)
        assert.equal(index.state(ordinal), map.get(name)?.state ?? UNSEEN)
        map.set(name, { ordinal: map.get(name)?.ordinal ?? map.size, state })
        index.setState(ordinal, state)
        assert.equal(find(), map.get(name)?.ordinal)
        assert.equal(index.keyAt(ordinal), 'text' in key ? key.text : String((BigInt(key.hi) << 32n) | BigInt(key.lo >>> 0)))
      }
      assert.equal(index.size, map.size)
      for (const { ordinal, state } of map.values()) assert.equal(index.state(ordinal), state)
    }),
  )
})

test('500,000 keys of each pattern are found again with their ordinals, and others are not', () => {
  const patterns: ((i: number) => readonly [number, number])[] = [
    i => [0, i],
    i => [i, 0],
    i => [-1, -i - 1],
    i => [i, i << 16],
    i => [Math.imul(i, 0x9e3779b1), i * 64],
  ]
  for (const pattern of patterns) {
    const index = new KeyIndex()
    for (let i = 0; i < 500_000; i++) assert.equal(index.add(...asInts(pattern(i))), i)
    for (let i = 0; i < 500_000; i += 997) assert.equal(index.find(...asInts(pattern(i))), i)
    for (let i = 500_000; i < 500_500; i++) assert.equal(index.find(...asInts(pattern(i))), NOT_FOUND)
    assert.equal(index.size, 500_000)
  }
})

test('an integer key takes at most 24 bytes once there are 100,000 of them', () => {
  const index = new KeyIndex()
  for (let i = 0; i < 3_000_000; i++) {
    index.add(0, i)
    if (i > 100_000 && i % 10_000 === 0) assert.ok(index.bytes / index.size <= 24, `${index.bytes / index.size} bytes per key at ${i}`)
  }
})

test('300,000 text keys are found again, with texts longer than a piece of memory among them', () => {
  const index = new KeyIndex()
  const keyOf = (i: number) => (i === 1000 ? 'é'.repeat(2_000_000) : `key ${i} é`)
  for (let i = 0; i < 300_000; i++) assert.equal(index.addText(keyOf(i)), i)
  for (let i = 0; i < 300_000; i += 500) {
    assert.equal(index.findText(keyOf(i)), i)
    assert.equal(index.keyAt(i), keyOf(i))
  }
  assert.equal(index.findText('key 300000 é'), NOT_FOUND)
})

test('a state is refused for an ordinal that no key has', () => {
  const index = new KeyIndex()
  index.add(0, 1)
  assert.throws(() => index.setState(1, LOADED), RangeError)
  assert.throws(() => index.keyAt(1), RangeError)
})

function asInts(key: readonly [number, number]): readonly [number, number] {
  return [key[0] | 0, key[1] | 0]
}
