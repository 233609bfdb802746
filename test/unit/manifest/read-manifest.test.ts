import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { readManifest } from '../../../src/manifest/read-manifest.ts'
import type { Entity, MappingValue } from '../../../src/model/mapping.ts'
import { EXAMPLES, example, findingsOf, manifest, read } from './support.ts'

function entity(name: string): Entity {
  const found = read(example('districts')).entities.find(candidate => candidate.name === name)
  assert.ok(found)
  return found
}

function column(of: Entity, name: string, table = 0): MappingValue {
  const found = of.into[table]?.columns.find(candidate => candidate.name === name)
  assert.ok(found, `no column ${name}`)
  return found.value
}

for (const name of EXAMPLES)
  test(`reads the example ${name} without a finding`, () => {
    assert.deepEqual(findingsOf(example(name)), [])
  })

test('reads sources, services, tenants, time and options of a manifest', () => {
  const mapping = read(example('districts'), { empty_contact: 'keep' })
  assert.equal(mapping.migration, 'district-consolidation')
  assert.deepEqual(
    mapping.sources.map(source => [source.name, source.url]),
    [
      ['district', 'postgres://reader:env:READER_PASSWORD@legacy.example/{tenant.DatabaseName}?sslmode=require'],
      ['login', 'env:LOGIN_DB'],
    ],
  )
  assert.deepEqual(mapping.tenants, {
    kind: 'relation',
    relation: { source: 'login', schema: 'dbo', name: 'District' },
    columns: { key: 'Code', id: null, name: null, zone: 'TimeZone' },
    at: { file: 'rehouse.yaml', line: 10, column: 9 },
  })
  assert.deepEqual(mapping.time, { gap: 'shift_forward', overlap: 'earlier' })
  assert.deepEqual(mapping.options, { empty_contact: 'keep', cutoff: '2019' })
  const [identity, , student] = mapping.services
  assert.deepEqual(
    [identity?.url, identity?.tenantColumn, identity?.triggers, identity?.session],
    ['env:IDENTITY_DB', 'tenant_id', 'fire', { 'app.current_sub': 'migration', 'app.level': '3' }],
  )
  assert.equal(student?.triggers, 'disable')
  assert.deepEqual(mapping.stop, { quarantined: 0.025, errors: 0.1, minRows: 500 })
  assert.deepEqual(mapping.defaults.batch, { rows: 50_000, bytes: 16 * 1024 * 1024, retries: 3, timeoutMs: 120_000 })
  assert.deepEqual(mapping.phases, [
    { name: 'foundation', entities: ['shared_lookup', 'user', 'grade', 'school'] },
    { name: 'people', entities: ['student', 'enrolment'] },
  ])
  assert.deepEqual(
    mapping.exclude.tables.map(({ pattern, rows }) => [pattern, rows]),
    [
      ['dbo.RolloverFtp', null],
      ['dbo.WebSessionLog', 'count'],
      ['login/dbo.*', 'count'],
    ],
  )
})

test('reads an entity: source, key, named values, rules, tables and batch', () => {
  const user = entity('user')
  assert.deepEqual(
    [user.service, user.isShared, user.from, user.key, user.id],
    ['identity', false, { source: 'district', schema: 'dbo', name: 'Staff' }, ['Id'], 'hashed'],
  )
  assert.deepEqual(
    user.rules.map(rule => [rule.when.text, rule.fate, rule.fate === 'same_as' ? rule.row : rule.code]),
    [
      ["nullif(trim(Email), '') is null", 'exclude', 'no_login'],
      ['length(Email) > 200', 'quarantine', 'email_too_long'],
      ['IsActive is null', 'note', 'activity_unknown'],
    ],
  )
  assert.deepEqual(
    user.let.map(({ name }) => name),
    ['email', 'role'],
  )
  assert.deepEqual(user.batch, { rows: 1000, bytes: 16 * 1024 * 1024, retries: 3, timeoutMs: 120_000 })
  assert.equal(entity('shared_lookup').isShared, true)
  assert.deepEqual(entity('student').mayLack, ['ELL', 'Gifted', 'Guardian2Email'])
  assert.equal(read(example('smallest')).entities[0]?.key, null)
  assert.equal(read(example('learning')).entities[1]?.key, 'content')
})

test('reads every form of a column value', () => {
  const student = entity('student')
  assert.equal(column(student, 'legacy_id').kind, 'expression')
  const pipeline = column(student, 'first_name')
  assert.ok(pipeline.kind === 'pipeline')
  assert.deepEqual(
    pipeline.ifNull.map(({ take, note }) => [take && 'from' in take ? take.from.text : take, note]),
    [
      ['MiddleName', 'middle_name_taken'],
      [{ quarantine: 'name_missing' }, null],
    ],
  )
  const reference = column(entity('enrolment'), 'school_id')
  assert.ok(reference.kind === 'ref')
  assert.deepEqual(
    [reference.entities, reference.from.map(from => from.text), reference.when?.text],
    [['school'], ['SchoolID'], 'SchoolID > 0'],
  )
  assert.deepEqual(
    reference.missing.map(({ take, note }) => [take, note]),
    [[{ value: null }, 'school_gone']],
  )
  const id = column(entity('user'), 'id')
  assert.ok(id.kind === 'id')
  assert.deepEqual([id.strategy, id.from?.map(from => from.text)], ['hashed', ['Id', 'Email']])
  const json = column(student, 'document', 2)
  assert.ok(json.kind === 'json')
  assert.deepEqual(
    [json.nulls, json.fields.map(({ name, value }) => [name, value.kind])],
    [
      'drop',
      [
        ['at', 'expression'],
        ['by', 'pipeline'],
        ['inner', 'json'],
      ],
    ],
  )
  const grade = column(entity('grade'), 'state_grade')
  assert.ok(grade.kind === 'pipeline')
  assert.deepEqual([grade.as, grade.onLoss.map(({ take, note }) => [take, note])], ['text', [[{ allow: true }, 'grade_rounded']]])
})

test('reads parts: groups, conditions, notes and what is optional', () => {
  const [head, contacts, audit] = entity('student').into
  assert.deepEqual([head?.each, head?.isOptional, audit?.isOptional], [null, false, true])
  assert.deepEqual(
    [contacts?.schema, contacts?.table, contacts?.note, contacts?.when?.text],
    ['student', 'contacts', 'has_contact', 'coalesce(g.name, g.phone) is not null'],
  )
  assert.deepEqual([contacts?.each?.as, contacts?.each?.key.text], ['g', 'g.slot'])
  assert.deepEqual(
    contacts?.each?.groups.map(group => group.map(({ name, value }) => [name, value.text])),
    [
      [
        ['slot', "'guardian1'"],
        ['name', 'Guardian1Name'],
        ['phone', 'Guardian1Phone'],
      ],
      [
        ['slot', "'guardian2'"],
        ['name', 'Guardian2Name'],
        ['phone', 'null'],
      ],
    ],
  )
})

test('constants keep their digits', () => {
  const student = entity('student')
  const constant = (name: string): unknown => {
    const value = column(student, name)
    return value.kind === 'constant' ? value.value : value.kind
  }
  assert.deepEqual(constant('factor'), { digits: '1.10' })
  assert.deepEqual(constant('big'), { digits: '12345678901234567890' })
  assert.deepEqual(constant('tags'), [])
  assert.deepEqual(constant('extra'), {
    object: [
      ['a', { digits: '1' }],
      ['b', [true, null, 'x']],
    ],
  })
})

test('keys of a map are canonical text, whether written as text, number or boolean', () => {
  const archived = column(entity('school'), 'archived')
  assert.ok(archived.kind === 'pipeline')
  assert.deepEqual(archived.map, [
    { from: 'true', to: false },
    { from: 'false', to: true },
  ])
  const [role] = entity('user').let.filter(({ name }) => name === 'role')
  assert.ok(role?.value.kind === 'pipeline')
  assert.deepEqual(
    role.value.map?.map(({ from }) => from),
    ['1', '2', '3.0'],
  )
})

test('a tenant’s code keeps the digits it was written with', () => {
  const { tenants } = read(example('learning'))
  assert.ok(tenants.kind === 'list')
  assert.deepEqual(tenants.rows[1], { code: '007', id: '6f1c0f2e-3d5b-4f0a-9a53-0d7c3c0a1e11' })
})

test('a merge gives what the map does not say itself', () => {
  const columns = read(example('learning')).entities[1]?.into[0]?.columns ?? []
  assert.deepEqual(
    columns.map(({ name, value }) => [name, value.kind]),
    [
      ['id', 'id'],
      ['title', 'expression'],
      ['created_at', 'expression'],
      ['course_id', 'ref'],
      ['role', 'constant'],
    ],
  )
})

test('an expression has the place of the first character inside its scalar', () => {
  const columns = `
          plain: name
          double: "lower(name)"
          single: 'lower(name)'
          block: |
            lower(name)`
  const at = read(manifest({ columns })).entities[0]?.into[0]?.columns.map(({ value }) =>
    value.kind === 'expression' ? [value.expression.text.trim(), value.expression.at.line, value.expression.at.column] : null,
  )
  assert.deepEqual(at, [
    ['name', 13, 18],
    ['lower(name)', 14, 20],
    ['lower(name)', 15, 20],
    ['lower(name)', 17, 13],
  ])
})

test('what a manifest leaves out has the documented default', () => {
  const mapping = read(example('smallest'))
  assert.deepEqual([mapping.tenants, mapping.time], [{ kind: 'single' }, { gap: 'quarantine', overlap: 'quarantine' }])
  assert.deepEqual(
    [mapping.stop, mapping.phases],
    [{ quarantined: 0.01, errors: 0.05, minRows: 1000 }, [{ name: 'all', entities: ['person'] }]],
  )
  assert.deepEqual(
    [mapping.defaults.id, mapping.defaults.unmapped, mapping.defaults.onLoss[0]?.take],
    [null, 'error', { quarantine: 'lossy_cast' }],
  )
  assert.deepEqual(mapping.defaults.batch, { rows: 100_000, bytes: 33_554_432, retries: 5, timeoutMs: 600_000 })
})

test('tenants come from a CSV file or a relation', () => {
  const of = (tenants: string) => read(manifest({ top: `tenants: ${tenants}` })).tenants
  assert.deepEqual(of('{ from: lists/tenants.csv }'), {
    kind: 'csv',
    file: 'lists/tenants.csv',
    columns: { key: 'code', id: 'id', name: 'name', zone: 'zone' },
    at: { file: 'rehouse.yaml', line: 4, column: 18 },
  })
  const csv = of('{ from: tenants.csv, key: Code, id: { id: v5 }, zone: tz }')
  assert.deepEqual('columns' in csv && csv.columns, { key: 'Code', id: null, name: 'name', zone: 'tz' })
  const relation = of(`{ from: 'dbo."odd.name"' }`)
  assert.deepEqual(relation.kind === 'relation' && relation.relation, { source: 'legacy', schema: 'dbo', name: 'odd.name' })
})

test('names of relations are split at dots outside quotes', () => {
  const from = (text: string) => read(manifest().replace('from: public.person', `from: ${text}`)).entities[0]?.from
  assert.deepEqual(from('\'"odd.schema"."odd""name"\''), { source: 'legacy', schema: 'odd.schema', name: 'odd"name' })
  assert.deepEqual(from('\'legacy/dbo."a/b"\''), { source: 'legacy', schema: 'dbo', name: 'a/b' })
  assert.deepEqual(from('dbo.Order Details'), { source: 'legacy', schema: 'dbo', name: 'Order Details' })
})

test('throws the first error of the file and says how many more there are', () => {
  const text = example('smallest').replace('service: app', 'servise: app').replace('name: name', 'name: 5')
  assert.throws(
    () => readManifest({ file: 'f.yaml', text, options: { set: {} } }),
    (error: unknown) => {
      assert.ok(error instanceof RehouseError)
      assert.deepEqual(
        [error.code, error.where.file, error.where.line, error.where.column, error.where.entity],
        ['MANIFEST_UNKNOWN_KEY', 'f.yaml', 6, 5, 'person'],
      )
      assert.match(error.next, /1 more/)
      return true
    },
  )
})
