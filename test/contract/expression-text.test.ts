import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareCodePoints } from '../../src/base/code-point-order.ts'
import { dateText, readDate, readTimestamp, timestampText } from '../../src/expression/date-text.ts'
import { newDatabase } from '../support/postgres.ts'

/** Letters a newer Unicode gave a second case, which one side does not know yet. */
const MOST_NEW_LETTERS = 100

test('upper and lower are PostgreSQL 18’s full Unicode mapping (pg_unicode_fast), but for letters one side is too old for', async t => {
  const database = await newDatabase(t)
  const rows = await database.sql(`select i::text, lower(chr(i) collate pg_unicode_fast), upper(chr(i) collate pg_unicode_fast)
    from generate_series(1, 131071) i where i not between 55296 and 57343`)
  const differ = rows.filter(([i, lower, upper]) => {
    const letter = String.fromCodePoint(Number(i))
    return letter.toLowerCase() !== lower || letter.toUpperCase() !== upper
  })
  assert.ok(differ.length < MOST_NEW_LETTERS, `${differ.length} letters differ`)
  assert.deepEqual(
    differ.filter(([i]) => Number(i) < 0xa7c0),
    [],
    'letters of long-settled scripts differ',
  )
  const words = ['ΟΔΟΣ ΣΑΣ', 'straße ŉ', 'İıIi', 'ÀÉÎÕÜ', 'ǅ ǆ', 'ﬁ', 'Ⴀა']
  for (const [word, lower, upper] of await database.sql(
    'select w, lower(w collate pg_unicode_fast), upper(w collate pg_unicode_fast) from unnest($1::text[]) w',
    words,
  )) {
    assert.equal(word?.toLowerCase(), lower)
    assert.equal(word?.toUpperCase(), upper)
  }
})

test('upper and lower are ICU’s root collation on words of PostgreSQL 15, and more than its libc C collation, which knows ASCII alone', async t => {
  const database = await newDatabase(t, { version: '15' })
  const [row] = await database.sql(`select lower('ΟΔΟΣ' collate "und-x-icu"), upper('straße' collate "und-x-icu"), lower('É' collate "C")`)
  assert.deepEqual(row, ['ΟΔΟΣ'.toLowerCase(), 'straße'.toUpperCase(), 'É'])
})

test('texts have the order and equality of COLLATE "C"', async t => {
  const database = await newDatabase(t)
  const text = fc.string({ unit: fc.constantFrom('a', 'B', ' ', 'é', 'e\u0301', '\uffee', '😀', '\u{10ffff}', '\t'), maxLength: 4 })
  const texts = [...new Set(fc.sample(text, 2000))]
  const sorted = await database.sql('select x from unnest($1::text[]) x order by x collate "C"', texts)
  assert.deepEqual(
    [...texts].sort(compareCodePoints),
    sorted.map(([x]) => x),
  )
})

test('every date and timestamp has PostgreSQL’s ISO text and is read back from it', async t => {
  const database = await newDatabase(t)
  const days = [
    -2_451_545,
    -730_485,
    -730_119,
    -1,
    0,
    59,
    60,
    366,
    2_145_031_948,
    ...fc.sample(fc.integer({ min: -2_451_545, max: 4_000_000 }), 3000),
  ]
  const rows = await database.sql(
    `select d::text, (date '2000-01-01' + d::int)::text, case when d::int < 100000000 then (date '2000-01-01' + d::int + time '23:59:59.000123')::text end
     from unnest($1::text[]) d`,
    days.map(String),
  )
  for (const [written, date, timestamp] of rows) {
    const day = Number(written)
    assert.equal(dateText(day), date)
    assert.equal(readDate(date ?? ''), day)
    if (timestamp === null || timestamp === undefined) continue
    const micros = (BigInt(day) * 86_400n + 86_399n) * 1_000_000n + 123n
    assert.equal(timestampText(micros), timestamp)
    assert.equal(readTimestamp(timestamp, 'local'), micros)
    assert.equal(readTimestamp(timestamp.replace(/( BC)?$/, '+05:30$1'), 'zoned'), micros - 19_800_000_000n)
  }
})

test('a date that does not exist, is out of range or has another form is not read', () => {
  for (const text of ['2021-02-29', '2020-13-01', '2020-00-10', '2020-04-31', '0000-01-01', '5874898-01-01', '4714-11-23 BC'])
    assert.equal(readDate(text), 'out of range', text)
  for (const text of ['', '2020-1-1', '20200101', '2020-01-01 ', '+2020-01-01', '2020-01-01T00:00'])
    assert.equal(readDate(text), 'other form', text)
  assert.equal(readTimestamp('2020-01-01 10:00', 'zoned'), 'other form')
  assert.equal(readTimestamp('2020-01-01 10:00Z', 'local'), 'other form')
  assert.equal(readTimestamp('2020-01-01 24:00:01', 'local'), 'out of range')
  assert.equal(readTimestamp('2020-01-01 10:00:00.1234567', 'local'), 'other form')
})
