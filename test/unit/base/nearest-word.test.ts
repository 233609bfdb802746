import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestWord } from '../../../src/base/nearest-word.ts'

const KEYS = ['service', 'tenant', 'from', 'key', 'rules', 'into', 'batch', 'workers']

test('names the candidate with the fewest insertions, deletions, replacements and swaps', () => {
  assert.equal(nearestWord('wrokers', KEYS), 'workers')
  assert.equal(nearestWord('servic', KEYS), 'service')
  assert.equal(nearestWord('tennant', KEYS), 'tenant')
  assert.equal(nearestWord('frm', KEYS), 'from')
  assert.equal(nearestWord('rulez', KEYS), 'rules')
})

test('counts upper and lower case alike', () => {
  assert.equal(nearestWord('SERVICE', KEYS), 'service')
})

test('names nothing where more than a third of the letters differ', () => {
  for (const word of ['elephant', 'x', '', 'serviceable']) assert.equal(nearestWord(word, KEYS), null)
})

test('of equals names the first', () => {
  assert.equal(nearestWord('cat', ['bat', 'hat']), 'bat')
})

test('a very long word costs nothing and names nothing', () => {
  assert.equal(nearestWord('a'.repeat(1_000_000), [...KEYS, 'a'.repeat(1_000_001)]), null)
})
