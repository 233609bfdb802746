import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKey, parsePairs } from '../../../src/cli/key-values.ts'

test('a composite key is one CSV record', () => {
  const keys: readonly (readonly [string, readonly string[]])[] = [
    ['1', ['1']],
    ['', ['']],
    ['a,b', ['a', 'b']],
    ['a,', ['a', '']],
    [',', ['', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi"""', ['say "hi"']],
    ['""', ['']],
    [' a , b ', [' a ', ' b ']],
    ['"line\nbreak",x', ['line\nbreak', 'x']],
  ]
  for (const [text, key] of keys) assert.deepEqual(parseKey(text), key, text)
})

test('a key that is not CSV is refused without being repeated', () => {
  for (const bad of ['"secret', 'se"cret', '"secret"x', '"a","secret']) {
    assert.throws(
      () => parseKey(bad),
      (error: Error) => 'code' in error && error.code === 'USAGE' && !error.message.includes('secret'),
    )
  }
})

test('a pair is cut at its first equals sign', () => {
  assert.deepEqual(parsePairs(['a=1', 'b=x=y', 'c=', 'a=2']), { a: '2', b: 'x=y', c: '' })
  assert.deepEqual(Object.keys(parsePairs(['__proto__=1'])), ['__proto__'])
})
