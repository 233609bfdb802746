import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import { Program, valuesOf } from '../../support/row-program.ts'

test('a constant keeps the digits and the text that were written', () => {
  const program = new Program({
    columns: {
      n: '{ value: 12345678901234567890.500 }',
      t: '{ value: "007" }',
      b: '{ value: true }',
      z: '{ value: null }',
      j: '{ value: { a: [1.10, x] } }',
    },
    source: ['id int4!'],
    target: ['n numeric', 't text', 'b boolean', 'z int4', 'j jsonb'],
  })
  const [row] = program.run([[1]]).tables['core.rows'] ?? []
  assert.deepEqual(row?.slice(1), ['12345678901234567890.500', '007', true, null, '{"a": [1.10, "x"]}'])
})

test('a document holds its values by name, NULL as null or left out', () => {
  const fields = 'json: { "number": n, "two words": t, inner: { json: { b: b } } }'
  const source = ['id int4!', 'n numeric', 't text', 'b boolean']
  const keep = new Program({ columns: { j: `{ ${fields} }` }, source, target: ['j jsonb'] })
  const drop = new Program({ columns: { j: `{ ${fields}, nulls: drop }` }, source, target: ['j jsonb'] })
  const rows = [
    [1, '1.50', 'a "quoted" word', true],
    [2, null, null, null],
  ]
  assert.deepEqual(valuesOf(keep, 'j', rows), [
    '{"inner": {"b": true}, "number": 1.50, "two words": "a \\"quoted\\" word"}',
    '{"inner": {"b": null}, "number": null, "two words": null}',
  ])
  assert.deepEqual(valuesOf(drop, 'j', rows)[1], '{"inner": {"b": null}}')
})

test('a named value is computed once per row, when it is first asked for, and counts what it takes once', () => {
  const program = new Program({
    entity: `    let:
      shown: { from: name, if_null: { value: nobody, note: no_name } }
      loud: upper(shown)
      unused: { from: name, if_null: { quarantine: never_asked_for } }`,
    columns: { a: 'shown', b: 'shown', c: "loud || '!'" },
    source: ['id int4!', 'name text'],
  })
  const { tables, outcomes, notes } = program.run([
    [1, 'Ann'],
    [2, null],
  ])
  assert.deepEqual(
    tables['core.rows']?.map(row => row.slice(1)),
    [
      ['Ann', 'Ann', 'ANN!'],
      ['nobody', 'nobody', 'NOBODY!'],
    ],
  )
  assert.deepEqual(notes, ['2 no_name shown'])
  assert.deepEqual(outcomes, ['value shown no_name 1', 'note shown no_name 1'])
})

test('a named value that ends the row does so wherever it is asked for: in a rule, an expression, a column', () => {
  const source = ['id int4!', 'name text']
  const lets = '    let:\n      must: { from: name, if_null: { exclude: no_name } }'
  for (const more of [
    { entity: `${lets}\n    rules: [{ when: "must = 'x'", note: x }]`, columns: { a: 'name' } },
    { entity: lets, columns: { a: "must || '!'" } },
    { entity: lets, columns: { a: 'must' } },
    { entity: lets, columns: { a: '{ from: must, if_null: { value: never } }' } },
    { entity: lets, columns: { a: '{ json: { m: must } }' } },
  ]) {
    const { exclusions, counts, tables } = new Program({
      ...more,
      source,
      target: [more.columns.a.includes('json') ? 'a jsonb' : 'a text'],
    }).run([
      [1, null],
      [2, 'Ann'],
    ])
    assert.deepEqual(exclusions, ['1 no_name must'])
    assert.equal(counts.loaded, 1)
    assert.equal(tables['core.rows']?.length, 1)
  }
})

test('a column that may be lacking is NULL where it lacks, counted by row, and itself where it does not', () => {
  const wish = {
    from: '{ table: public.row, may_lack: [extra] }',
    columns: { a: '{ from: extra, if_null: { value: 0 } }', b: 'extra' },
    target: ['a int4', 'b int4'],
  }
  const lacking = new Program({ ...wish, source: ['id int4!'], lacking: { 'row.extra': builtinType('int4') } })
  const { tables, outcomes } = lacking.run([[1], [2]])
  assert.deepEqual(
    tables['core.rows']?.map(row => row.slice(1)),
    [
      [0, null],
      [0, null],
    ],
  )
  assert.ok(outcomes.includes('lacking extra column_lacking 2'))
  const having = new Program({ ...wish, source: ['id int4!', 'extra int4'] })
  assert.deepEqual(having.run([[1, 5]]).tables['core.rows']?.[0]?.slice(1), [5, 5])
})

test('names of columns are found exactly, else by the only one that differs in case alone', () => {
  const program = new Program({
    columns: { a: 'FirstName', b: '"firstname"', c: 'LASTNAME' },
    source: ['id int4!', 'FirstName text', 'firstname text', 'LastName text'],
  })
  assert.deepEqual(program.run([[1, 'A', 'b', 'C']]).tables['core.rows']?.[0]?.slice(1), ['A', 'b', 'C'])
})

test('only columns that are used are asked for, key columns first', () => {
  const program = new Program({
    columns: { a: 'c', b: 'a' },
    source: ['a text', 'b text', 'c text', 'id int4!'],
    sourceChange: { primaryKey: ['id'] },
  })
  assert.deepEqual(program.compiled.columns, ['id', 'a', 'c'])
  assert.deepEqual(program.compiled.used, ['a', 'c'])
})
