import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutToWidth, displayWidth, padToWidth, printable } from '../../../src/report/text-width.ts'

test('a text is as wide as the terminal draws it', () => {
  const widths: readonly (readonly [string, number])[] = [
    ['', 0],
    ['plain', 5],
    ['名前', 4],
    ['ｱ', 1],
    ['Ａ', 2],
    ['한국어', 6],
    ['e\u0301', 1],
    ['e\u0301\u0302', 1],
    ['👍', 2],
    ['👍🏽', 2],
    ['👨‍👩‍👧', 2],
    ['🇨🇭', 2],
    ['❤️', 2],
    ['1️⃣', 2],
    ['\u200b', 0],
    ['\u0301', 0],
    ['𠮷', 2],
    ['…', 1],
    ['→', 1],
    ['\u202f', 1],
  ]
  for (const [text, width] of widths) assert.equal(displayWidth(text), width, JSON.stringify(text))
})

test('a cut text is never wider than asked, ends in an ellipsis and splits no character', () => {
  assert.equal(cutToWidth('abcdef', 6), 'abcdef')
  assert.equal(cutToWidth('abcdef', 4), 'abc…')
  assert.equal(cutToWidth('名前名前', 4), '名…')
  assert.equal(cutToWidth('ae\u0301bc', 3), 'ae\u0301…')
  assert.equal(cutToWidth('👨‍👩‍👧👨‍👩‍👧', 3), '👨‍👩‍👧…')
  assert.equal(cutToWidth('abc', 1), '…')
  assert.equal(cutToWidth('abc', 0), '')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, width) => {
      const cut = cutToWidth(text, width)
      assert.ok(displayWidth(cut) <= width)
      if (cut !== text && width > 0) assert.ok(cut.endsWith('…') && text.startsWith(cut.slice(0, -1)))
    }),
  )
})

test('a padded text fills the columns by its width, not its length', () => {
  assert.equal(padToWidth('名', 4, 'left'), '名  ')
  assert.equal(padToWidth('名', 4, 'right'), '  名')
  assert.equal(padToWidth('long', 2, 'left'), 'long')
})

test('no value can steer the terminal: control characters and direction marks are spelt out', () => {
  assert.equal(printable('a\u001b[2Jb'), 'a\\x1b[2Jb')
  assert.equal(printable('line\nbreak\ttab\r'), 'line\\nbreak\\ttab\\x0d')
  assert.equal(printable('\u009b31m\u0000\u007f'), '\\x9b31m\\x00\\x7f')
  assert.equal(printable('abc\u202egnp.exe'), 'abc\\u202egnp.exe')
  assert.equal(printable('naïve 名前 👍'), 'naïve 名前 👍')
})
