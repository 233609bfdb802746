import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorsOf, Program, type ProgramWish } from '../../support/row-program.ts'

const RULES = `cleanse:
  tidy: [trim, collapse, null_if_blank]
  digits: [{ regex: '[^0-9+]' }, { regex: '^\\+?1?([0-9]{3})([0-9]{4})$', with: '$1-$2' }]
  yes_no: [trim, lower, { map: { y: "yes", n: "no", "?": null } }]`

function wish(value: string, more: Partial<ProgramWish> = {}): ProgramWish {
  return { top: RULES, columns: { v: value }, source: ['id int4!', 'v text'], target: ['v text'], ...more }
}

function cleansed(value: string, texts: readonly (string | null)[]): { values: readonly unknown[]; outcomes: readonly string[] } {
  const { tables, outcomes } = new Program(wish(value)).run(texts.map((text, i) => [i + 1, text]))
  return { values: (tables['core.rows'] ?? []).map(row => row[1]), outcomes }
}

test('a text goes through the steps of a named rule in order; NULL goes through untouched', () => {
  const { values } = cleansed('{ from: v, cleanse: tidy }', ['  a \t b\u00a0', ' \u3000', null, 'c', ''])
  assert.deepEqual(values, ['a b', null, null, 'c', null])
  assert.deepEqual(cleansed('{ from: v, cleanse: digits }', ['(555) 12-34', '+1 555 1234', 'x']).values, ['555-1234', '555-1234', ''])
})

test('each rule that changes a value is counted by column and rule, once for each row', () => {
  const { outcomes } = cleansed('{ from: v, cleanse: [tidy, upper] }', [' a', 'a', 'A', ' A'])
  assert.deepEqual([...outcomes].sort(), ['value core.rows.v tidy 2', 'value core.rows.v upper 2'])
})

test('a whole text is looked up in a map; one that is not there stays, null makes it NULL', () => {
  assert.deepEqual(cleansed('{ from: v, cleanse: yes_no }', [' Y', 'n', '?', 'maybe', 'constructor']).values, [
    'yes',
    'no',
    null,
    'maybe',
    'constructor',
  ])
})

test('cleansing comes before `if_null`, `map` and `as`, and is counted once although NULL is asked for first', () => {
  const { values, outcomes } = cleansed('{ from: v, cleanse: tidy, if_null: { value: none }, map: { a: A }, else: { from: v } }', [
    ' a ',
    ' ',
    'a',
  ])
  assert.deepEqual(values, ['A', 'none', 'A'])
  assert.deepEqual([...outcomes].sort(), ['value core.rows.v default 1', 'value core.rows.v tidy 2'])
})

test('steps can be used by their names without a rule, and the plan says what cleanses a column', () => {
  assert.deepEqual(cleansed('{ from: v, cleanse: [trim, lower] }', [' Äß ']).values, ['äß'])
  const [column] = new Program(wish('{ from: v, cleanse: tidy }')).compiled.described.filter(({ column }) => column === 'v')
  assert.deepEqual([column?.from, column?.how, column?.inverse], ['v; cleansed by tidy', 'expression', 'read_only'])
})

test('says what is wrong with `cleanse`, with a way out', () => {
  assert.deepEqual(errorsOf(wish('{ from: id, cleanse: tidy }')), ['MAPPING_TYPE: expected a text to cleanse for core.rows.v, got integer'])
})
