import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyAliases, MOST_ALIASES, TooManyAliases } from '../../../src/base/key-aliases.ts'

function id(n: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(n, 12)
  return bytes
}

test('keeps the identifier of each ordinal, the last one set, through many pieces', () => {
  const aliases = new KeyAliases()
  const out = Buffer.alloc(20)
  for (let i = 0; i < 10_000; i++) aliases.set(i * 3, id(i))
  for (let i = 0; i < 10_000; i += 7) aliases.set(i * 3, id(i + 1_000_000))
  for (let i = 0; i < 10_000; i++) {
    assert.ok(aliases.copy(i * 3, out, 4))
    assert.equal(out.readUInt32BE(16), i % 7 === 0 ? i + 1_000_000 : i)
  }
  assert.equal(aliases.size, 10_000)
  aliases.delete(3)
  assert.ok(!aliases.has(3) && !aliases.copy(3, out, 0) && !aliases.copy(1, out, 0))
})

test('takes 8 million identifiers in less than 100 bytes each, and says when there are more', { timeout: 120_000 }, t => {
  if (process.env.REHOUSE_NIGHTLY === undefined) return t.skip('REHOUSE_NIGHTLY: 8 million identifiers')
  const aliases = new KeyAliases()
  const one = id(1)
  for (let i = 0; i < MOST_ALIASES; i++) aliases.set(i, one)
  assert.throws(() => aliases.set(MOST_ALIASES, one), TooManyAliases)
  assert.ok(process.memoryUsage().rss < MOST_ALIASES * 100 + 200_000_000)
})
