import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf, manifest, read } from './support.ts'

const from = (text: string, entity = '    key: [list, id]'): string => manifest({ entity }).replace('public.person', text)
const types = (text: string): string => manifest({ columns: `{ a: { rest: true, types: ${text} } }` })

/** What is wrong → the manifest, what is said, and what to do. */
const WRONG: Readonly<Record<string, { readonly text: string; readonly says: RegExp; readonly next: RegExp }>> = {
  'tables without the column that names them': {
    text: from('{ tables: public.list }'),
    says: /^expected `name` at `entities\.person\.from`, got tables named in a column without it$/,
    next: /^Add `name`: its column that names a table/,
  },
  'a list and a table': {
    text: from('{ tables: public.list, name: a, table: public.person }'),
    says: /got the unknown key `table`; did you mean `tables`\?$/,
    next: /^Write `tables`, or take it out\.$/,
  },
  'elements of a list in many tables': {
    text: from('{ tables: public.list, name: a, each: b, as: m }'),
    says: /^expected a key of tables named in a column at .*, got the unknown key `each`$/,
    next: /^Known here: tables, name, carry, missing, unlisted, may_lack\.$/,
  },
  'a missing table that is to be quarantined': {
    text: from('{ tables: public.list, name: a, missing: { quarantine: gone } }'),
    says: /^expected exactly one of note, exclude at `entities\.person\.from\.missing`, got none$/,
    next: /./,
  },
  'a missing table with two words for it': {
    text: from('{ tables: public.list, name: a, missing: { note: a, exclude: b } }'),
    says: /^expected exactly one of note, exclude at .*, got note and exclude$/,
    next: /^Keep one of them\.$/,
  },
  'the content of a row as the key of many tables': {
    text: from('{ tables: public.list, name: a }', '    key: { content: true }'),
    says: /^expected a key of columns for many tables, got `\{ content: true \}`$/,
    next: /^Name a column that tells the tables apart/,
  },
  'a view as the list of tables': {
    text: from('{ tables: view/lists, name: a }'),
    says: /^expected a table that lists tables, got a view of the mapping$/,
    next: /^Name the relation the view reads\.$/,
  },
  'a column carried twice': {
    text: from('{ tables: public.list, name: a, carry: [b, b] }'),
    says: /^expected each column once under `carry`, got `b` again$/,
    next: /^Take one of the two out\.$/,
  },
  'unlisted tables of another source': {
    text: from('{ tables: public.list, name: a, unlisted: "other/public.*" }'),
    says: /^expected `unlisted` to mean tables of source `legacy`, where the list is, got source `other`$/,
    next: /^Take the source out of the pattern\.$/,
  },
  'types without the name of the column': {
    text: types('{ from: public.field, match: { a: { value: b } }, as: kind }'),
    says: /^expected `rest\.name` once under `match`, got it nowhere$/,
    next: /^Write the column that names the column a row is about/,
  },
  'types with the name of the column twice': {
    text: types('{ from: public.field, match: { a: rest.name, b: rest.name }, as: kind }'),
    says: /^expected `rest\.name` once under `match`, got it 2 times$/,
    next: /^Write the column/,
  },
  'types matched by a column of the row': {
    text: types('{ from: public.field, match: { a: rest.name, b: kind }, as: kind }'),
    says: /^expected `rest\.name`, a constant or a column that is the same for all rows of a table under `match`, got `kind`$/,
    next: /^Write \{ value: … \} for a constant\.$/,
  },
  'types of many tables matched by what is not carried': {
    text: from('{ tables: public.list, name: a, carry: { c: b } }').replace(
      'name: name',
      'name: { rest: true, types: { from: public.field, match: { f: rest.name, l: b }, as: kind } }',
    ),
    says: /got `b`$/,
    next: /^Use one of: rest\.name, a, c; write \{ value: … \} for a constant\.$/,
  },
  'types of another source': {
    text: types('{ from: other/public.field, match: { a: rest.name }, as: kind }').replace(
      'sources: { legacy: env:LEGACY_DB }',
      'sources: { legacy: env:LEGACY_DB, other: env:OTHER }',
    ),
    says: /^expected types from source `legacy`, which the rows are read from, got source `other`$/,
    next: /^Name a relation of that source/,
  },
  'types out of a view': {
    text: types('{ from: view/kinds, match: { a: rest.name }, as: kind }'),
    says: /^expected a table that says types, got a view of the mapping$/,
    next: /^Name the relation the view reads\.$/,
  },
  'types without a column for them': {
    text: types('{ from: public.field, match: { a: rest.name } }'),
    says: /^expected `as` at .*, got types said by rows without it$/,
    next: /^Add `as`/,
  },
  'types by a word without a map': {
    text: types('{ from: public.field, match: { a: rest.name }, as: { from: kind } }'),
    says: /^expected `map` at .*, got a type by its word without it$/,
    next: /^Add `map`/,
  },
}

for (const [what, { text, says, next }] of Object.entries(WRONG))
  test(`refuses ${what}, with its place and the way out`, () => {
    const [first] = findingsOf(text)
    assert.ok(first, 'no finding')
    assert.match(first.message, says)
    assert.match(first.next, next)
    assert.ok(Number(first.where.line) > 1)
  })

test('what makes rows other rows is in the hash: the list, the column, what is carried, the types; what is said of tables that are not there is not', () => {
  const base = '{ tables: public.list, name: a, carry: { c: b } }'
  const hash = (text: string): string => read(from(text)).hash
  assert.equal(hash(base), hash('{ tables: public.list, name: a, carry: { c: b }, missing: { note: gone }, unlisted: public.list_* }'))
  for (const other of [
    'public.lists, name: a, carry: { c: b }',
    'public.list, name: b, carry: { c: b }',
    'public.list, name: a, carry: [b]',
  ])
    assert.notEqual(hash(base), hash(`{ tables: ${other} }`))
  const said = (as: string): string => read(types(`{ from: public.field, match: { a: rest.name }, as: ${as} }`)).hash
  assert.notEqual(said('kind'), said('other'))
  assert.notEqual(said('{ from: kind, map: { a: text } }'), said('{ from: kind, map: { a: integer } }'))
})
