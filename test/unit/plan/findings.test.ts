import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorsOf, Program, type ProgramWish } from '../../support/row-program.ts'
import { column, relation, table } from '../../support/survey.ts'

const errors = (columns: Readonly<Record<string, string>>, more: Partial<ProgramWish> = {}): readonly string[] =>
  errorsOf({
    columns,
    source: ['id int4!', 'name text', 'n int4', 'at timestamp'],
    target: ['name text', 'n int4', 'at timestamptz'],
    ...more,
  })

test('a mapping without a fault has no findings', () => {
  assert.deepEqual(new Program({ columns: { name: 'name' } }).findings, [])
})

test('an expression that cannot be read or typed is found in its place', () => {
  assert.match(errors({ name: 'nam' })[0] ?? '', /^MAPPING_UNKNOWN_COLUMN: expected a column or value there is, got nam/)
  assert.match(errors({ name: '"name ||"' })[0] ?? '', /^EXPRESSION_INVALID/)
  assert.match(errors({ name: 'name + 1' })[0] ?? '', /^EXPRESSION_TYPE/)
  assert.match(errors({ name: '{ from: name, when: name }' })[0] ?? '', /^EXPRESSION_TYPE: expected a condition \(boolean\), got text$/)
  assert.match(
    errors({ name: 'name' }, { entity: '    rules: [{ when: n, exclude: x }]' })[0] ?? '',
    /^EXPRESSION_TYPE: expected a condition/,
  )
})

test('the place of a fault is the line and column of the value', () => {
  const { findings } = new Program({
    columns: { name: 'name', n: '{ from: n, if_null: { from: missing } }' },
    source: ['id int4!', 'name text', 'n int4'],
    target: ['name text', 'n int4'],
  })
  assert.deepEqual(
    findings.map(({ where }) => [where.line, where.column, where.entity, where.tenant, where.service]),
    [[19, 42, 'row', 'ADAMS', 'app']],
  )
})

test('all faults of an entity are found at once', () => {
  assert.equal(errors({ name: 'a', n: 'b', at: 'c' }).length, 3)
})

test('a value whose type leads nowhere near the column’s is found', () => {
  assert.match(
    errors({ n: 'at' })[0] ?? '',
    /^MAPPING_TYPE: expected a cast from timestamp without time zone to integer for core\.rows\.n, got none$/,
  )
  assert.match(errors({ n: '{ value: ten }' })[0] ?? '', /core\.rows\.n|integer|ten/)
  assert.match(errors({ name: '{ from: name, as: nonsense }' })[0] ?? '', /nonsense/)
})

test('a local time without the tenant’s zone is found, with the line to add', () => {
  const [first] = new Program({ columns: { at: 'at' }, source: ['id int4!', 'at timestamp'], target: ['at timestamptz'], zone: null })
    .findings
  assert.equal(first?.code, 'TENANT_INVALID')
  assert.match(first?.next ?? '', /zone/)
})

test('a table or column the target does not have is found, with the nearest name', () => {
  assert.match(errors({ nane: 'name' })[0] ?? '', /^MAPPING_UNKNOWN_COLUMN: expected a column of core\.rows, got nane.*name/)
  assert.match(
    errorsOf({ into: '      core.rose: { columns: { name: name } }' })[0] ?? '',
    /^MAPPING_UNKNOWN_COLUMN: expected table core\.rose in service app, got none/,
  )
})

test('a column that must be filled and is not is found, and one the target computes is not to be filled', () => {
  assert.match(
    errors({ name: 'name' }, { target: ['name text', 'must text!', 'may text', 'filled text!='] })[0] ?? '',
    /^MAPPING_INCOMPLETE: expected a value for core\.rows\.must,/,
  )
  const generated = { ...column('sum int4'), generated: 'stored' as const }
  const rows = table('core.more', ['id uuid!', 'row_id uuid!'])
  const wish = {
    into: '      core.rows: { columns: { name: name } }\n      core.more: { columns: { row_id: { ref: row, from: id }, sum: n } }',
    tables: [{ ...rows, columns: [...rows.columns, generated] }],
    source: ['id int4!', 'name text', 'n int4'],
    target: ['name text'],
  }
  assert.match(errorsOf(wish)[0] ?? '', /^MANIFEST_INVALID: expected no value for core\.more\.sum, which the target computes itself$/)
})

test('a relation the source does not have is found', () => {
  assert.match(
    errorsOf({ from: 'public.rows', columns: { name: 'name' } })[0] ?? '',
    /^MAPPING_UNKNOWN_COLUMN: expected relation public\.rows in source legacy, got none/,
  )
})

test('an entity without a key is found, and a key that is no column', () => {
  assert.match(
    errorsOf({ key: null, columns: { name: 'name' }, sourceChange: { primaryKey: null } })[0] ?? '',
    /^MANIFEST_INVALID: expected a key for row, but public\.row has no primary key$/,
  )
  assert.match(
    errorsOf({ key: 'idd', columns: { name: 'name' } })[0] ?? '',
    /^MAPPING_UNKNOWN_COLUMN: expected a column of public\.row as key, got idd/,
  )
})

test('an identifier that cannot be made of the key is found', () => {
  const text = { source: ['id text!', 'name text'], columns: { name: 'name' } }
  assert.match(
    errorsOf({ ...text, entity: '    id: keep' })[0] ?? '',
    /^MAPPING_TYPE: expected one uuid as the key of row to keep, got text$/,
  )
  assert.match(
    errorsOf({ ...text, entity: '    id: ordered' })[0] ?? '',
    /^MAPPING_TYPE: expected one integer as the key of row for ordered identifiers, got text$/,
  )
  assert.match(errorsOf({ ...text, columns: { id: '{ id: ordered }', name: 'name' } })[0] ?? '', /^MAPPING_TYPE: expected one integer/)
  assert.deepEqual(errorsOf({ ...text, top: 'defaults: { id: ordered }' }), [])
})

test('an identifier made of other values than the key is found where something refers to the row', () => {
  const source = ['id int4!', 'name text', 'other uuid']
  const child = {
    others: { child: '    key: id\n    into: { core.children: { columns: { row_id: { ref: row, from: up } } } }' },
    relations: [relation('public.child', ['id int4!', 'up int4'])],
  }
  for (const value of ['{ id: hashed, from: name }', '{ id: v5, from: [id, name] }', '{ id: keep, from: other }'])
    assert.match(
      errorsOf({ columns: { id: value, name: 'name' }, source, target: ['name text'], ...child })[0] ?? '',
      /^MANIFEST_NOT_SUPPORTED: expected the identifier of row to be made of its key \(id\), by which child refers to it, got other values$/,
      value,
    )
  assert.deepEqual(errorsOf({ columns: { id: '{ id: hashed, from: id }', name: 'name' }, source, target: ['name text'], ...child }), [])
  assert.match(
    errorsOf({ columns: { id: '{ id: ordered, from: id }', name: 'name' }, source, target: ['name text'] })[0] ?? '',
    /^MANIFEST_INVALID: expected no `from` beside `id: ordered`/,
  )
  assert.match(
    errorsOf({ columns: { id: '{ id: keep, from: name }', name: 'name' }, source: ['id int4!', 'name int4'], target: ['name int4'] })[0] ??
      '',
    /^MAPPING_TYPE/,
  )
})

const PARENT = '    key: id\n    into: { core.parents: { columns: { name: name } } }'
const parent: Partial<ProgramWish> = {
  others: { parent: PARENT },
  relations: [relation('public.parent', ['id int4!', 'name text'])],
  tables: [table('core.parents', ['id uuid!', 'name text'])],
  target: ['p_id uuid'],
}

test('a reference by what can be no key of the parent is found', () => {
  assert.match(
    errors({ p_id: '{ ref: parent, from: at }' }, parent)[0] ?? '',
    /^MAPPING_TYPE: expected a value that can be compared with the key of parent \(integer\), got timestamp without time zone$/,
  )
  assert.match(
    errors({ p_id: '{ ref: parent, from: [n, n] }' }, { ...parent, others: { parent: PARENT.replace('    key: id\n', '') } })[0] ?? '',
    /^MAPPING_TYPE: expected 1 values for the key of parent, got 2$/,
  )
})

test('a reference that waits may only refuse what is missing, and stands in no optional part', () => {
  const self = (ref: string, more: Partial<ProgramWish> = {}) => errors({ p_id: ref }, { ...parent, ...more })
  assert.match(
    self('{ ref: row, from: n, missing: { value: null } }')[0] ?? '',
    /^MANIFEST_NOT_SUPPORTED: .*got this outcome for `missing`$/,
  )
  assert.match(self('{ ref: [row, parent], from: n }')[0] ?? '', /^MANIFEST_NOT_SUPPORTED: .*got several candidates$/)
  assert.deepEqual(self('{ ref: row, from: n, missing: { allow: true } }'), [])
  const optional = {
    into: '      core.rows: { columns: { name: name } }\n      core.more: { optional: true, columns: { row_id: { ref: row, from: id }, p_id: { ref: row, from: n } } }',
    source: ['id int4!', 'name text', 'n int4'],
    target: ['name text'],
    tables: [table('core.more', ['id uuid!', 'row_id uuid!', 'p_id uuid'])],
  }
  assert.match(
    errorsOf(optional)[0] ?? '',
    /^MANIFEST_NOT_SUPPORTED: expected no reference that is checked after the load in an optional part, got core\.more\.p_id$/,
  )
})

test('`allow` after `map` is found: there is nothing it could let be', () => {
  assert.match(
    errors({ name: '{ from: n, map: { 1: one }, else: { allow: true } }' })[0] ?? '',
    /^MANIFEST_INVALID: expected another outcome for `else` than `allow`/,
  )
})
