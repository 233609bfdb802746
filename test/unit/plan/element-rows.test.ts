import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorsOf, Program, type ProgramWish } from '../../support/row-program.ts'
import { table } from '../../support/survey.ts'

const TAGS = table('core.tags', ['id uuid!', 'row_id uuid!', 'place int4', 'name text', 'more jsonb'])

/** A head, and a row of `core.tags` for each element of a list. */
function wish(each: string, more: Partial<ProgramWish> = {}): ProgramWish {
  return {
    into: `      core.rows: { columns: { name: name } }
      core.tags: { ${each}, columns: { row_id: { ref: row, from: id }, place: ordinal(t), name: t.name, more: t } }`,
    source: ['id int4!', 'name text', 'tags jsonb'],
    target: ['name text'],
    tables: [TAGS],
    ...more,
  }
}

const EACH = 'each: tags, as: t, key: t.name'
const rows = (program: Program, source: Parameters<Program['run']>[0]): readonly unknown[] =>
  (program.run(source).tables['core.tags'] ?? []).map(row => row.slice(2))

test('a shape with `each` over a list writes a row for each element; NULL and an empty list write none', () => {
  const program = new Program(wish(EACH))
  const source = [
    [1, 'a', '[{"n": 1.50, "name": "x"}, {"name": "y"}]'],
    [2, 'b', null],
    [3, 'c', '[]'],
    [4, 'd', 'null'],
    [5, 'e', '[{"name": "x"}]'],
  ]
  assert.deepEqual(rows(program, source), [
    [1, 'x', '{"n": 1.50, "name": "x"}'],
    [2, 'y', '{"name": "y"}'],
    [1, 'x', '{"name": "x"}'],
  ])
  assert.equal(program.run(source).counts.loaded, 5)
})

test('`when` speaks of the element, and `note` remarks the row where one is written', () => {
  const program = new Program(wish(`${EACH}, when: t.name <> 'x', note: tagged`))
  const { tables, notes } = program.run([
    [1, 'a', '[{"name": "x"}, {"name": "y"}, {"name": "z"}]'],
    [2, 'b', '[{"name": "x"}]'],
  ])
  assert.deepEqual(
    tables['core.tags']?.map(row => row[3]),
    ['y', 'z'],
  )
  assert.deepEqual(notes, ['1 tagged -'])
})

test('an element without its key, or with that of another of the row, refuses the row', () => {
  const { quarantine, tables } = new Program(wish(EACH)).run([
    [1, 'a', '[{"name": "x"}, {"name": "x"}]'],
    [2, 'b', '[{}]'],
    [3, 'c', '{"name": "x"}'],
    [4, 'd', '[{"name": "x"}]'],
  ])
  assert.deepEqual(quarantine, ['1 duplicate_key core.tags -', '2 null_key core.tags -', '3 not_a_list core.tags -'])
  assert.equal(tables['core.tags']?.length, 1)
})

test('rows of elements have identifiers made of their key, wherever they stand', () => {
  const ids = (list: string): readonly unknown[] =>
    (new Program(wish(EACH)).run([[1, 'a', list]]).tables['core.tags'] ?? []).map(row => row[0])
  const [x, y] = ids('[{"name": "x"}, {"name": "y"}]')
  assert.notEqual(x, y)
  assert.deepEqual(ids('[{"name": "y"}, {"name": "x"}]'), [y, x])
})

test('a list may be a part of a document, or an array of plain values', () => {
  const part = new Program(wish(`each: "tags -> 'list'", as: t, key: ordinal(t)`))
  assert.deepEqual(rows(part, [[1, 'a', '{"list": [{"name": "x"}]}']]), [[1, 'x', '{"name": "x"}']])
  const words = new Program({
    into: `      core.rows: { columns: { name: name } }
      core.tags: { each: words, as: w, key: w, columns: { row_id: { ref: row, from: id }, place: ordinal(w), name: "upper(w)" } }`,
    source: ['id int4!', 'name text', 'words text[]'],
    target: ['name text'],
    tables: [TAGS],
  })
  const array = Buffer.from('0000000100000000000000190000000200000001000000016100000002c3a4', 'hex')
  assert.deepEqual(
    words.run([[1, 'a', array]]).tables['core.tags']?.map(row => row.slice(2, 4)),
    [
      [1, 'A'],
      [2, 'Ä'],
    ],
  )
})

test('says what is wrong with `each` over a list, with a way out', () => {
  const says = (of: ProgramWish, ...expected: readonly RegExp[]): void => {
    const errors = errorsOf(of)
    for (const [i, pattern] of expected.entries()) assert.match(errors[i] ?? '', pattern)
    assert.equal(errors.length, expected.length, errors.join('\n'))
  }
  says(wish('each: name, as: t, key: t.name'), /^MAPPING_TYPE: expected a list \(json, jsonb or an array\) under `each`, got text$/)
  says(wish('each: tgas, as: t, key: t.name'), /^MAPPING_UNKNOWN_COLUMN: expected a column or value there is, got tgas$/)
  says(wish('each: tags, as: name, key: name.x'), /^MANIFEST_INVALID: expected a name for the element that nothing else has, got name$/)
  const waiting = '{ row_id: { ref: row, from: id }, place: ordinal(t), name: { ref: row, from: "t.name::int4" } }'
  says(
    {
      ...wish(EACH, { tables: [table('core.tags', ['id uuid!', 'row_id uuid!', 'place int4', 'name uuid'])] }),
      into: `      core.rows: { columns: { name: name } }\n      core.tags: { ${EACH}, columns: ${waiting} }`,
    },
    /^MANIFEST_NOT_SUPPORTED: expected no reference that is checked after the load among the elements of a list, got core\.tags\.name$/,
  )
})
