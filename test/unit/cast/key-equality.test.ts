import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { keyText } from '../../../src/cast/key-text.ts'
import type { KeyEquality } from '../../../src/model/catalogue.ts'

function key(text: string, equality: KeyEquality, name = 'varchar'): string {
  const field = Buffer.from(text)
  return keyText(builtinType(name), equality)(field, 0, field.length)
}

test('texts that a collation holds equal have one key text: case is folded, blanks at the end are left out, as it says', () => {
  assert.equal(key('Ab  ', 'bytes'), 'Ab  ')
  assert.equal(key('Ab  ', 'trim'), 'Ab')
  assert.equal(key('Ab  ', 'fold'), 'ab  ')
  assert.equal(key(' Ab  ', 'fold_trim'), ' ab')
  assert.equal(key('Ab\u00a0\t', 'fold_trim'), 'ab\u00a0\t')
  assert.equal(key('   ', 'trim'), '')
  assert.equal(key('ÄÖÜÉ ΣΑΣ ЖЯ Ա Ａ', 'fold'), 'äöüé σασ жя ա ａ')
})

test('folding is one to one: letters that are not each other’s only capital stay as they are', () => {
  for (const letter of ['ß', 'ẞ', 'ς', 'İ', 'ı', '\u212a', '\u2126', 'ǅ', '😀', '\u{10400}', 'ꭰ', 'Ა'])
    assert.equal(key(letter, 'fold'), letter, letter)
  for (let unit = 0; unit < 0x1_0000; unit++) {
    const text = String.fromCharCode(unit)
    if (!text.isWellFormed()) continue
    const folded = key(text, 'fold')
    assert.equal(folded.length, 1)
    assert.equal(key(folded, 'fold'), folded)
  }
})

test('only texts are folded: other types have an equality of their own', () => {
  const numeric = builtinType('bytea')
  assert.equal(keyText(numeric, 'fold_trim')(Buffer.from('A '), 0, 2), '\\x4120')
})
