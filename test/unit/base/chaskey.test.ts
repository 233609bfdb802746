import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chaskeyKey, chaskeyTag } from '../../../src/base/chaskey.ts'

const PUBLISHED_KEY = Int32Array.of(0x833d3433, 0x009f389f, 0x2398e64f, 0x417acf39)

test('chaskey-12 gives the tag its author published for the message 00 01 … 0f', () => {
  const tag = chaskeyTag(chaskeyKey(Buffer.from(PUBLISHED_KEY.buffer)))
  assert.equal(tag(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c) >>> 0, 0x5dd0e2a9)
})

test('a chaskey key of another length than 16 bytes is refused', () => {
  assert.throws(() => chaskeyKey(Buffer.alloc(15)), RangeError)
})
