import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Program, type ProgramWish } from '../../support/row-program.ts'
import { relation, table } from '../../support/survey.ts'

/** What the plan says of the column `v`. */
function said(value: string, { type = 'text', to = 'text', ...more }: Partial<ProgramWish> & { type?: string; to?: string } = {}) {
  const { compiled } = new Program({ columns: { v: value }, source: ['id int4!', `v ${type}`, 'w text'], target: [`v ${to}`], ...more })
  const column = compiled.described.find(one => one.column === 'v')
  assert.ok(column, JSON.stringify(compiled.findings))
  return [column.from, column.how, column.loss === 'never' ? 'never' : 'loses', column.inverse]
}

test('a column whose bytes pass can be written back, one that loses only be read', () => {
  assert.deepEqual(said('v'), ['v', 'bytes', 'never', 'updatable'])
  assert.deepEqual(said('V'), ['V', 'bytes', 'never', 'updatable'])
  assert.deepEqual(said('v', { type: 'int4', to: 'int8' }), ['v', 'cast', 'never', 'updatable'])
  assert.deepEqual(said('v', { type: 'numeric', to: 'numeric(4,1)' }), ['v', 'cast', 'loses', 'read_only'])
})

test('an expression can only be read', () => {
  assert.deepEqual(said('upper(v)'), ['upper(v)', 'expression', 'never', 'read_only'])
  assert.deepEqual(said('"v || w"'), ['v || w', 'expression', 'never', 'read_only'])
})

test('a constant, an identifier and the tenant can be written back', () => {
  assert.deepEqual(said('{ value: x }'), ['constant "x"', 'constant', 'never', 'updatable'])
  const { described } = new Program({
    columns: { v: 'v' },
    source: ['id int4!', 'v text'],
    target: ['tenant_id uuid!', 'v text'],
    tenantColumn: 'tenant_id',
  }).compiled
  assert.deepEqual(
    described.map(({ column, from, how, inverse }) => [column, from, how, inverse]),
    [
      ['id', 'id of the row', 'identifier', 'updatable'],
      ['tenant_id', 'tenant', 'tenant', 'updatable'],
      ['v', 'v', 'bytes', 'updatable'],
    ],
  )
})

test('a replacement for NULL or a condition merges values, so it can only be read; ending the row does not', () => {
  assert.deepEqual(said('{ from: v, if_null: { value: none } }'), ['v; if null: value "none"', 'bytes', 'never', 'read_only'])
  assert.equal(said('{ from: v, if_null: { quarantine: none } }')[3], 'updatable')
  assert.equal(said('{ from: v, when: w = v }')[3], 'read_only')
})

test('a map of different constants can be turned round, one that merges values not', () => {
  assert.deepEqual(said('{ from: v, map: { a: A, b: B } }'), ['v; map of 2', 'expression', 'never', 'updatable'])
  assert.equal(said('{ from: v, map: { a: A, b: A } }')[3], 'read_only')
})

test('a reference can be turned round by the identifier, a document by its names', () => {
  const parent: Partial<ProgramWish> = {
    others: { parent: '    key: id\n    into: { core.parents: { columns: { name: name } } }' },
    relations: [relation('public.parent', ['id int4!', 'name text'])],
    tables: [table('core.parents', ['id uuid!', 'name text'])],
  }
  assert.deepEqual(said('{ ref: parent, from: v }', { ...parent, type: 'int4', to: 'uuid' }), [
    'id of parent by v',
    'reference',
    'never',
    'updatable',
  ])
  assert.deepEqual(said('{ json: { a: v, b: w } }', { to: 'jsonb' }).slice(0, 2), ['json { a, b }', 'expression'])
})
