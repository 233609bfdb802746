import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Lz4Error, Lz4Frames } from '../../../../src/source/pgdump/lz4-frame.ts'
import { fixturePath } from '../../../support/dump-file.ts'
import { lz4Frame } from '../../../support/lz4-writer.ts'

function unpack(packed: Buffer, chunkBytes = packed.length): Buffer {
  const frames = new Lz4Frames()
  const parts: Buffer[] = []
  for (let at = 0; at < packed.length; at += chunkBytes) parts.push(...frames.push(Buffer.from(packed.subarray(at, at + chunkBytes))))
  frames.finish()
  return Buffer.concat(parts)
}

test('unpacks what the lz4 program packed, in chunks cut anywhere', () => {
  const packed = readFileSync(fixturePath('18.sql.lz4'))
  const expected = readFileSync(fixturePath('18.sql'))
  for (const chunkBytes of [packed.length, 1000, 7, 1]) assert.deepEqual(unpack(packed, chunkBytes), expected)
})

test('unpacks linked blocks and several frames, one after the other', () => {
  const text = fc
    .array(fc.constantFrom('abcdefgh', 'x', 'a longer part that comes again', 'ü'.repeat(40)), { maxLength: 400 })
    .map(parts => Buffer.from(parts.join('')))
  fc.assert(
    fc.property(text, text, (one, other) =>
      assert.deepEqual(unpack(Buffer.concat([lz4Frame(one), lz4Frame(other)])), Buffer.concat([one, other])),
    ),
  )
  const long = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `${i % 977};`).join(''))
  assert.deepEqual(unpack(lz4Frame(long), 4096), long)
})

test('damaged frames of the lz4 program end in an error, never in other bytes', () => {
  const packed = readFileSync(fixturePath('18.sql.lz4'))
  const expected = readFileSync(fixturePath('18.sql'))
  for (let at = 0; at < packed.length; at += 13) {
    const damaged = Buffer.from(packed)
    damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
    const outcome = outcomeOf(() => unpack(damaged))
    assert.ok(outcome instanceof Lz4Error || (Buffer.isBuffer(outcome) && outcome.equals(expected)), `byte ${at}`)
    assert.ok(outcomeOf(() => unpack(packed.subarray(0, at))) instanceof Lz4Error, `cut at byte ${at}`)
  }
})

function outcomeOf(work: () => Buffer): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
