import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CatalogueExtras } from '../../../../src/model/catalogue-extras.ts'
import { newCsvFolder, type TestFolder } from '../../../support/csv-folder.ts'

async function remarks(folder: TestFolder, options = {}): Promise<readonly string[]> {
  const extras: CatalogueExtras | undefined = await folder.open(options).extras?.()
  return (extras?.remarks ?? []).map(
    ({ table, column, severity, message }) => `${severity} ${table}${column === null ? '' : `.${column}`}: ${message}`,
  )
}

test('what was found out of a file is shown: its form, types, key, what was passed over and what stays text', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write('a.csv', '\ufeffid;day;amount;word\r\n1;03/04/2020;1.234,50;NULL\r\n2;05/04/2020;;x\n\n')
  assert.deepEqual(await remarks(folder), [
    'info a: expected a catalogue, got a file: read as utf-8 with `;` between fields, quotes `"`, a header, NULL where nothing stands; id integer, day text, amount text, word text',
    'info a: expected a declared key, got none: (id) is taken for it, as no two rows have the same',
    'warning a: expected records only, got 1 blank lines, which are passed over',
    'warning a: expected one kind of line ends, got 2 of CRLF and 2 of one character',
    'warning a.day: expected numbers and times as ISO 8601 and SQL write them, got what looks like dates of a country (like 03/04/2020): it stays text',
    'warning a.amount: expected numbers and times as ISO 8601 and SQL write them, got what looks like numbers in the form of a country (like 1.234,50) or with an exponent: it stays text',
    'warning a.word: expected values, got the word NULL without quotes 1 times: it stays text',
  ])
  assert.deepEqual((await remarks(folder, { types: 'text', null: 'NULL' })).slice(0, 1), [
    'info a: expected a catalogue, got a file: read as utf-8 with `;` between fields, quotes `"`, a header, NULL where `NULL` stands; id text, day text, amount text, word text',
  ])
})

test('files that are not read are named, and columns without a value', async t => {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write('a.csv', 'id,none\n1,\n')
  folder.write('b.pdf', '')
  const extras = await folder.open().extras?.()
  assert.deepEqual(extras?.objects, [{ kind: 'file of another kind', schema: 'csv', name: 'b.pdf' }])
  assert.deepEqual(extras?.emptyColumns, [{ schema: 'csv', table: 'a', column: 'none' }])
})
