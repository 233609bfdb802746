import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ColumnNames, DraftNames } from '../../../src/draft/draft-names.ts'
import { asciiWord, cutName, MOST_NAME_BYTES, NameSet, plainName, snakeCase } from '../../../src/draft/target-names.ts'

test('a legacy name becomes snake_case', () => {
  const names: Readonly<Record<string, string>> = {
    FirstName: 'first_name',
    customerID: 'customer_id',
    HTMLBody2: 'html_body2',
    'Order Details': 'order_details',
    __MigrationHistory: 'migration_history',
    Größe: 'grosse',
    'Straße-Nr.': 'strasse_nr',
    ALLCAPS: 'allcaps',
    a1B2: 'a1_b2',
    'таблица Имя': 'таблица_имя',
    '???': '',
  }
  for (const [name, snake] of Object.entries(names)) assert.equal(snakeCase(name), snake, name)
})

test('a name needs no quotes: reserved words and digits in front are changed', () => {
  assert.equal(plainName('Order', 'column'), 'order_')
  assert.equal(plainName('USER', 'table'), 'user_')
  assert.equal(plainName('2nd', 'column'), 'column_2nd')
  assert.equal(plainName('!!', 'column'), 'unnamed_column')
  assert.equal(plainName('name', 'column'), 'name')
})

test('the name of an entity is always one the manifest takes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), name => {
      assert.match(asciiWord(name, 'table'), /^[a-z][a-z0-9_]{0,62}$/)
    }),
  )
})

test('names of one place are each given once and never longer than 63 bytes, whatever they hold', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { maxLength: 20 }), names => {
      const set = new NameSet()
      const given = names.map(name => set.give(plainName(name, 'column')))
      assert.equal(new Set(given).size, given.length)
      for (const name of given) assert.ok(Buffer.byteLength(name) <= MOST_NAME_BYTES)
      for (const name of given) assert.ok(name.isWellFormed())
    }),
  )
})

test('a long name is cut between characters, with its suffix whole', () => {
  const cut = cutName('я'.repeat(40), '_idx')
  assert.equal(cut, `${'я'.repeat(29)}_idx`)
})

test('columns make way for those the draft makes, and references for columns', () => {
  const names = new ColumnNames()
  assert.deepEqual(
    ['id', 'ID', 'tenant_id', 'legacy_id', 'xmin', 'customer_id'].map(name => names.column(name)),
    ['source_id', 'source_id_2', 'source_tenant_id', 'source_legacy_id', 'xmin_2', 'customer_id'],
  )
  assert.equal(names.reference('CustomerID', 'Customer'), 'customer_id_2')
  assert.equal(names.reference('reports_to', 'Employee'), 'reports_to_id')
  assert.equal(names.reference('country_code', 'Country'), 'country_id')
  assert.equal(names.reference('Id', 'Person'), 'person_id')
})

test('dbo and public are public; schemas of the system and of Rehouse are never taken', () => {
  const names = new DraftNames()
  assert.deepEqual(
    ['dbo', 'public', 'SalesLT', 'saleslt', 'rehouse', 'pg_old', 'information_schema'].map(name => names.schema(name)),
    ['public', 'public', 'sales_lt', 'sales_lt', 'rehouse_2', 'legacy_pg_old', 'information_schema_2'],
  )
})
