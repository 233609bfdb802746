import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dateReading, isCredential, isMojibake, isUuid, personalKind } from '../../../src/profile/text-signs.ts'

test('UTF-8 read as Windows-1252 is told from texts of many languages', () => {
  const letters = 'äöüßéèñçøåÄÖÜ€–’“…ąłőřšžÉ'
  for (const letter of letters) {
    const misread = new TextDecoder('windows-1252').decode(Buffer.from(letter))
    if (/^[\u00c2\u00c3\u00e2]/.test(misread)) assert.ok(isMojibake(`x${misread}y`), letter)
    assert.ok(!isMojibake(`x${letter}y`), letter)
  }
  for (const text of ['São Paulo', 'NÃO', 'ÂNGELO', 'château', 'Ãngelo', 'Україна', '東京', 'Zoë', 'âme'])
    assert.ok(!isMojibake(text), text)
  assert.ok(isMojibake('lost \ufffd letter'))
})

test('dates as text are told from what only looks like one, and those no calendar has from those it has', () => {
  const readings = {
    '2023-02-28': 'possible',
    '2023-02-29': 'impossible',
    '2024-02-29 12:30': 'possible',
    '0000-00-00': 'impossible',
    '31.12.1999': 'possible',
    '31.11.1999': 'impossible',
    '12/31/1999': 'possible',
    '31/12/1999': 'possible',
    '13/13/1999': 'impossible',
    '20230228': 'no',
    '1.2.3.4': 'no',
    'May 5': 'no',
  }
  for (const [text, reading] of Object.entries(readings)) assert.equal(dateReading(text), reading, text)
})

test('mail, telephone, IBAN and national identifiers are known by their form, numbers and codes are not taken for them', () => {
  const kinds = {
    'ada@example.org': 'mail',
    'a@b.de': 'mail',
    'no mail @ all': null,
    '+49 30 1234567': 'phone',
    '(555) 123-4567': 'phone',
    '030/1234567': 'phone',
    '555-123-4567': 'phone',
    '1234567': null,
    '12345.678': null,
    '2020-01-31': null,
    '31/12/1999': null,
    '10.0.0.1': null,
    DE89370400440532013000: 'iban',
    'DE89 3704 0044 0532 0130 00': 'iban',
    DE89370400440532013001: null,
    '078-05-1120': 'national id',
    '000-05-1120': null,
    'AB-12-XYZ-99': null,
    '4006381333931': null,
  }
  for (const [text, kind] of Object.entries(kinds)) assert.equal(personalKind(text), kind, text)
})

test('hashes of passwords, keys and tokens are known by how they begin; digests and words are not taken for them', () => {
  for (const text of [
    '$2b$10$N9qo8uLOickgx2ZMRZoMye',
    '$argon2id$v=19$m=65536',
    '{SSHA}abcdefghijklmnop',
    'AKIAIOSFODNN7EXAMPLE',
    '-----BEGIN RSA PRIVATE KEY-----',
  ])
    assert.ok(isCredential(text), text)
  for (const text of ['d41d8cd98f00b204e9800998ecf8427e', 'an ordinary sentence of words', '$2 is what it costs us'])
    assert.ok(!isCredential(text), text)
  assert.ok(isUuid('{6F9619FF-8B86-D011-B42D-00C04FC964FF}'))
})
