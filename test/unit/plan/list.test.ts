import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorsOf, Program, type ProgramWish, valuesOf } from '../../support/row-program.ts'

const SOURCE = ['id int4!', 'title text', 'items jsonb']

function wish(from = '', more: Partial<ProgramWish> = {}): ProgramWish {
  return {
    from: `{ table: public.row, each: items, as: m${from} }`,
    key: '[id, m.id]',
    columns: { parent: 'id', item: 'm.id', place: 'ordinal(m)', kind: 'm.type' },
    source: SOURCE,
    target: ['parent int4', 'item text', 'place int4', 'kind text'],
    ...more,
  }
}

const rowsOf = (program: Program, rows: Parameters<Program['run']>[0]): readonly unknown[] =>
  (program.run(rows).tables['core.rows'] ?? []).map(row => row.slice(1))

const ITEMS = '[{"id": "a", "type": "file"}, {"id": "b"}, {"id": 7, "type": null}]'

test('each element is a row: read counts elements, members are text, the number begins at 1 in each list', () => {
  const program = new Program(wish())
  const rows = [
    [1, 'x', ITEMS],
    [2, 'y', '[{"id": "a"}]'],
  ]
  assert.deepEqual(rowsOf(program, rows), [
    [1, 'a', 1, 'file'],
    [1, 'b', 2, null],
    [1, '7', 3, null],
    [2, 'a', 1, null],
  ])
  assert.deepEqual(program.run(rows).counts, { read: 4, loaded: 4, excluded: 0, quarantined: 0, parts: 0 })
})

test('a row whose list is NULL, null or empty is no row, or has the fate `empty` gives it, under the key of its row', () => {
  const rows = [
    [1, 'x', null],
    [2, 'x', 'null'],
    [3, 'x', '[]'],
    [4, 'x', '[{"id": "a"}]'],
  ]
  assert.deepEqual(new Program(wish()).run(rows).counts, { read: 1, loaded: 1, excluded: 0, quarantined: 0, parts: 0 })
  const { counts, exclusions } = new Program(wish(', empty: { exclude: nothing }')).run(rows)
  assert.deepEqual(counts, { read: 4, loaded: 1, excluded: 3, quarantined: 0, parts: 0 })
  assert.deepEqual(exclusions, ['1,\\N nothing items', '2,\\N nothing items', '3,\\N nothing items'])
})

test('a value that is no list is quarantined, as not_a_list or as said', () => {
  const rows = [
    [1, 'x', '{"id": 1}'],
    [2, 'x', '"[]"'],
    [3, 'x', '[{"id": "a"}]'],
  ]
  assert.deepEqual(new Program(wish()).run(rows).quarantine, ['1,\\N not_a_list items -', '2,\\N not_a_list items -'])
  assert.deepEqual(new Program(wish(', not_a_list: { exclude: odd }')).run(rows).exclusions, ['1,\\N odd items', '2,\\N odd items'])
})

test('an element without its key, or with that of one before it in the same list, is quarantined by itself', () => {
  const { counts, quarantine } = new Program(wish()).run([
    [1, 'x', '[{"id": "a"}, {}, {"id": "b"}, {"id": "a"}, 5, {"id": "a"}]'],
    [2, 'x', '[{"id": "a"}, {"id": null}]'],
  ])
  assert.deepEqual(counts, { read: 8, loaded: 3, excluded: 0, quarantined: 5, parts: 0 })
  assert.deepEqual(quarantine, [
    '1,\\N,#1 null_key - -',
    '1,a,#2 duplicate_key - -',
    '1,\\N,#2 null_key - -',
    '1,a,#3 duplicate_key - -',
    '2,\\N,#1 null_key - -',
  ])
})

test('the number in the list can be the key where elements have nothing of their own', () => {
  const program = new Program(
    wish('', {
      key: '[id, ordinal(m)]',
      source: ['id int4!', 'title text', 'items text[]'],
      columns: { item: 'm', place: 'ordinal(m)' },
      target: ['item text', 'place int4'],
    }),
  )
  assert.deepEqual(program.compiled.key?.isUnique, true)
  assert.deepEqual(program.compiled.strategy, 'hashed')
})

test('rules, named values, documents and conditions know the element and the columns of its row', () => {
  const program = new Program(
    wish('', {
      entity: `    let: { name: "coalesce(m.name, title, 'none')" }\n    rules: [{ when: m.type = 'bad', exclude: bad }, { when: ordinal(m) > 2, note: late }]`,
      columns: { name: 'name', extra: '{ json: { all: m, deep: m.a.b, n: ordinal(m) } }' },
      target: ['name text', 'extra jsonb'],
    }),
  )
  const { tables, exclusions, notes } = program.run([
    [1, 'Title', '[{"id": "a", "name": "A", "a": {"b": 1.50}}, {"id": "b", "type": "bad"}, {"id": "c"}]'],
  ])
  assert.deepEqual(
    tables['core.rows']?.map(row => row.slice(1)),
    [
      ['A', '{"n": 1, "all": {"a": {"b": 1.50}, "id": "a", "name": "A"}, "deep": "1.50"}'],
      ['Title', '{"n": 3, "all": {"id": "c"}, "deep": null}'],
    ],
  )
  assert.deepEqual(exclusions, ['1,b bad '])
  assert.deepEqual(notes, ['1,c late -'])
})

test('elements keep their bytes: numbers their digits, texts their characters, in lists with blanks between', () => {
  const text = '[ {"id":"ä,]","n":9007199254740993} ,{"id":"b","n":1.500} ]'
  const program = new Program(
    wish('', { source: ['id int4!', 'title text', 'items json'], columns: { n: 'm.n', all: 'm' }, target: ['n text', 'all json'] }),
  )
  assert.deepEqual(rowsOf(program, [[1, 'x', text]]), [
    ['9007199254740993', '{"id":"ä,]","n":9007199254740993}'],
    ['1.500', '{"id":"b","n":1.500}'],
  ])
})

test('a list of 10,000 elements is copied once, not once for each element', () => {
  const items = Array.from({ length: 10_000 }, (_, i) => ({ id: `k${i}`, type: 'x'.repeat(40) }))
  const program = new Program(wish())
  const began = process.memoryUsage().arrayBuffers
  const { counts } = program.run([[1, 'x', JSON.stringify(items)]])
  assert.equal(counts.loaded, 10_000)
  // Quadratic would be gigabytes.
  assert.ok(process.memoryUsage().arrayBuffers - began < 64 * 2 ** 20)
})

test('the same element has the same identifier wherever it stands in its list', () => {
  const ids = (items: string): readonly unknown[] =>
    (new Program(wish()).run([[1, 'x', items]]).tables['core.rows'] ?? []).map(row => row[0])
  const [a, b] = ids('[{"id": "a"}, {"id": "b"}]')
  assert.deepEqual(ids('[{"id": "b"}, {"id": "a"}]'), [b, a])
})

test('a name the element does not have, and one inside a plain element, are told apart', () => {
  assert.deepEqual(valuesOf(new Program(wish()), 'kind', [[1, 'x', '[{"id": "a"}]']]), [null])
  const plain = { source: ['id int4!', 'title text', 'items text[]'], key: '[id, ordinal(m)]' }
  const [error, ...others] = errorsOf(wish('', { ...plain, columns: { kind: 'm.type' }, target: ['kind text'] }))
  assert.match(error ?? '', /^MAPPING_UNKNOWN_COLUMN: expected a column or value there is, got m\.type$/)
  assert.deepEqual(others, [])
})

test('says what is wrong with a driving list, with a way out', () => {
  const says = (more: Partial<ProgramWish>, expected: RegExp): void => {
    const [error, ...others] = errorsOf(wish('', more))
    assert.match(error ?? '', expected)
    assert.deepEqual(others, [])
  }
  says(
    { from: '{ table: public.row, each: itmes, as: m }' },
    /^MAPPING_UNKNOWN_COLUMN: expected a column of public\.row under `each`, got itmes; did you mean items\?$/,
  )
  says(
    { from: '{ table: public.row, each: title, as: m }' },
    /^MAPPING_TYPE: expected a column with a list \(json, jsonb or an array\) under `each`, got title of type text$/,
  )
  says(
    { from: '{ table: public.row, each: items, as: title }' },
    /^MANIFEST_INVALID: expected a name for the element that no column of public\.row has, got title$/,
  )
  says({ key: null }, /^MANIFEST_INVALID: expected a key of columns and of what tells the elements of items apart for row, got none$/)
  says({ key: 'id' }, /tells the elements of items apart for row, got id$/)
  says({ key: 'm.id' }, /tells the elements of items apart for row, got m\.id$/)
  says({ key: '{ content: true }' }, /apart for row, got \{ content: true \}$/)
  says({ key: '[items, m.id]' }, /apart for row, got items, the list itself$/)
  says({ key: '[id, n.id]' }, /^MAPPING_UNKNOWN_COLUMN: expected a column of public\.row, a member of m or ordinal\(m\) as key, got n\.id/)
  says(
    { source: ['id int4!', 'title text', 'items text[]'], columns: { place: 'ordinal(m)' }, target: ['place int4'] },
    /^MAPPING_TYPE: expected elements with members for the key, got elements of type text$/,
  )
  says(
    { columns: { place: 'ordinal(n)' }, target: ['place int4'] },
    /^MAPPING_UNKNOWN_COLUMN: expected the element of a list in ordinal\(…\), got n$/,
  )
  says(
    { columns: { place: "ordinal('m')" }, target: ['place int4'] },
    /^EXPRESSION_INVALID: expected the name of a list’s element in ordinal\(…\), got something else$/,
  )
})

test('rest leaves the list out that drives', () => {
  const program = new Program(wish('', { columns: { extra: '{ rest: true }' }, target: ['extra jsonb'] }))
  assert.deepEqual(valuesOf(program, 'extra', [[1, 'x', '[{"id": "a"}]']]), ['{"title": "x"}'])
  assert.deepEqual(program.compiled.used, ['title', 'items'])
})
