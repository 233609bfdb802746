import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate, plan, quarantine, verify } from '../../src/index.ts'
import type { TableDescription } from '../support/bacpac/database-description.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'
import { newDatabase, testServer } from '../support/postgres.ts'
import { TEST_SALT, workFolder } from '../support/rehouse-process.ts'

const MANIFEST = `
migration: forms
sources: { legacy: "csv:{tenant.code}" }
staging: env:STAGING
tenants: [{ code: north }, { code: south }, { code: west }]
services: { app: { url: env:APP, tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
exclude: { tables: { csv.form: { reason: only lists tables } } }
entities:
  answer:
    service: app
    from: { tables: csv.form, name: storage, carry: { form: id }, unlisted: csv.answers_*, missing: { note: no_table } }
    key: [form, id]
    into: { app.answers: { columns: { form: form, nr: id, person: person, fields: { rest: true } } } }
`
const TARGET = `create schema app;
create table app.answers (id uuid primary key, tenant_id uuid not null, form int not null, nr int not null, person text, fields jsonb not null)`

/** Tables read as they lie, tables with a doubled key, and none at all. */
const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  north: {
    'form.csv': 'id,storage\n1,answers_1\n2,answers_2\n3,answers_3\n',
    'answers_1.csv': 'id,person,colour\n1,Ann,red\n2,Bob,green\n',
    'answers_2.csv': 'id,person,size\n1,Cem,1.50\n2,Dan,2.25\n',
    'answers_4.csv': 'id,person\n1,Nobody\n',
  },
  south: {
    'form.csv': 'id,storage\n1,answers_1\n2,answers_2\n',
    'answers_1.csv': 'id,person\n1,Eve\n1,Fay\n2,Gus\n,Ida\n',
    'answers_2.csv': 'id,person\n7,Hal\n',
  },
  west: { 'form.csv': 'id,storage\n1,\n2,\n' },
}

test('tables of files are read as one, through staging where nothing makes their keys unique; what the list does not name is told', async t => {
  const target = await newDatabase(t)
  await target.script(TARGET)
  const folder = workFolder(t, { 'rehouse.yaml': MANIFEST })
  for (const [tenant, files] of Object.entries(FILES)) {
    mkdirSync(join(folder, tenant))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, tenant, name), text)
  }
  const staging = (await testServer()).url('postgres')
  const options = {
    manifest: join(folder, 'rehouse.yaml'),
    env: { APP: target.url, STAGING: staging, REHOUSE_SALT: TEST_SALT, HOME: folder },
  }
  const planned = await plan(options)
  assert.equal(
    planned.phases[0]?.entities[0]?.strategy,
    'streamed from the file (2 tenants); through staging: the key may be NULL (id) (1 tenant)',
  )
  assert.deepEqual(
    planned.findings.filter(({ code }) => code.startsWith('SOURCE_TABLE_')).map(({ where, message }) => `${where.tenant}: ${message}`),
    [
      'north: expected the tables csv.form names, got none for 1 of them (no_table): "answers_3"',
      'north: expected csv.answers_4 in the list of tables, got no row that names it: its 1 rows are not migrated',
      'west: expected tables named in csv.form.storage of source legacy, got none: no rows are read',
    ],
  )
  const first = await migrate(options)
  assert.deepEqual(first.failures, [])
  const rows = await target.sql('select form, nr, person, fields from app.answers order by person')
  assert.deepEqual(
    rows.map(row => row.join(' ')),
    [
      '1 1 Ann {"colour": "red"}',
      '1 2 Bob {"colour": "green"}',
      '2 1 Cem {"size": 1.50}',
      '2 2 Dan {"size": 2.25}',
      '1 1 Eve {}',
      '1 2 Gus {}',
      '2 7 Hal {}',
    ],
  )
  const refused = (await quarantine(options)).rows.map(({ tenant, key, code }) => `${tenant} ${key.join(',')} ${code}`)
  assert.deepEqual(refused.toSorted(), ['south 1,1,#2 duplicate_key', 'south 1,\\N,#1 null_key'])
  const { read, unchanged, quarantined } = (await migrate(options)).totals
  assert.deepEqual([read, unchanged, quarantined], [9, 7, 2])
  for (const level of ['standard', 'rigorous'] as const) {
    const { outcome, differences } = await verify({ manifest: options.manifest, env: options.env, level })
    assert.deepEqual([level, outcome, differences], [level, 'equal', []])
  }
})

/** The results of assessments as a school district has them: one physical table for each, its columns declared by rows. */
const DISTRICT = `
migration: district
sources: { district: bacpac:north.bacpac }
staging: env:STAGING
tenants: [{ code: north, zone: America/Chicago }]
services: { assessment: { url: env:APP, tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
exclude: { columns: { dbo.AssessmentField.Id: { reason: only a number } } }
entities:
  assessment:
    service: assessment
    from: dbo.Assessment
    into: { app.assessments: { columns: { name: Name } } }
  assessment_result:
    service: assessment
    from:
      tables: dbo.Assessment
      name: StorageTable
      carry: { assessment_id: Id }
      missing: { note: storage_table_missing }
      unlisted: dbo.Results_%
    key: [assessment_id, Id]
    into:
      app.results:
        columns:
          assessment_id: { ref: assessment, from: assessment_id }
          legacy_id: Id
          student: StudentID
          due_on: { from: TestDueDate, as: date }
          field_scores:
            rest: true
            types:
              from: dbo.AssessmentField
              match: { AssessmentId: assessment_id, DatabaseColumn: rest.name }
              as: { from: FieldType, map: { dropdown: integer, checkbox: boolean, textarea: text, decimal: numeric }, else: { quarantine: unknown_field_type } }
            undeclared: { note: column_without_field }
`

const resultTable = (name: string, more: readonly { readonly name: string; readonly type: string }[]): TableDescription => ({
  name,
  columns: [
    { name: 'Id', type: 'int', nullable: false },
    { name: 'StudentID', type: 'int', nullable: false },
    { name: 'TestDueDate', type: 'datetime' },
    ...more,
  ],
  primaryKey: { name: `PK_${name}`, columns: ['Id'] },
})

test('results of a district’s BACPAC, a table for each assessment, arrive as one entity with the types their fields declare', async t => {
  const target = await newDatabase(t)
  await target.script(`create schema app; create table app.assessments (id uuid primary key, tenant_id uuid not null, name text);
    create table app.results (id uuid primary key, tenant_id uuid not null, assessment_id uuid references app.assessments, legacy_id int, student int, due_on date, field_scores jsonb)`)
  const folder = workFolder(t, { 'rehouse.yaml': DISTRICT })
  const list: TableDescription = {
    name: 'Assessment',
    columns: [
      { name: 'Id', type: 'int', nullable: false },
      { name: 'Name', type: 'nvarchar(50)' },
      { name: 'StorageTable', type: 'varchar(128)' },
    ],
    primaryKey: { name: 'PK_Assessment', columns: ['Id'] },
  }
  const fields: TableDescription = {
    name: 'AssessmentField',
    columns: [
      { name: 'Id', type: 'int', nullable: false },
      { name: 'AssessmentId', type: 'int' },
      { name: 'DatabaseColumn', type: 'varchar(128)' },
      { name: 'FieldType', type: 'varchar(20)' },
    ],
    primaryKey: { name: 'PK_AssessmentField', columns: ['Id'] },
  }
  const tables = [
    list,
    fields,
    resultTable('Results_Reading', [
      { name: 'Level', type: 'varchar(10)' },
      { name: 'Passed', type: 'bit' },
    ]),
    resultTable('Results_Maths', [
      { name: 'Level', type: 'int' },
      { name: 'Remark', type: 'nvarchar(100)' },
    ]),
    resultTable('Results_Copy', []),
  ]
  const rows: Readonly<Record<string, readonly (readonly (string | number | null)[])[]>> = {
    Assessment: [
      [1, 'Reading', 'results_reading'],
      [2, 'Maths', '[dbo].[Results_Maths]'],
      [3, 'Art', 'Results_Art'],
    ],
    AssessmentField: [
      [1, 1, 'level', 'dropdown'],
      [2, 1, 'Passed', 'checkbox'],
      [3, 2, 'Level', 'decimal'],
      [4, 3, 'Level', 'smell'],
    ],
    Results_Reading: [
      [1, 7, '2024-03-01 00:00:00', '3', 1],
      [2, 8, null, 'many', 0],
    ],
    Results_Maths: [
      [1, 7, '2024-04-01 00:00:00', 5, null],
      [2, 9, '2024-04-01 08:30:00', 6, 'late'],
    ],
    Results_Copy: [[1, 7, null]],
  }
  await writeBacpac(join(folder, 'north.bacpac'), { name: 'north', tables }, table => rows[table.name] ?? [])
  const staging = (await testServer()).url('postgres')
  const options = {
    manifest: join(folder, 'rehouse.yaml'),
    env: { APP: target.url, STAGING: staging, REHOUSE_SALT: TEST_SALT, HOME: folder },
  }
  const first = await migrate(options)
  assert.deepEqual(first.failures, [])
  assert.deepEqual(
    await target.sql(
      'select a.name, r.legacy_id, r.student, r.due_on, r.field_scores from app.results r join app.assessments a on a.id = r.assessment_id order by 1, 2',
    ),
    [
      ['Maths', '1', '7', '2024-04-01', '{"Level": 5, "Remark": null}'],
      ['Reading', '1', '7', '2024-03-01', '{"Level": 3, "Passed": true}'],
    ],
  )
  const refused = (await quarantine(options)).rows.map(({ key, code, column }) => `${key.join(',')} ${code} ${column}`)
  assert.deepEqual(refused.toSorted(), ['1,2 lossy_cast app.results.field_scores.Level', '2,2 lossy_cast app.results.due_on'])
  const told = first.findings.filter(({ code }) => code.startsWith('SOURCE_TABLE_')).map(({ message }) => message)
  assert.deepEqual(told, [
    'expected the tables dbo.Assessment names, got none for 1 of them (storage_table_missing): "Results_Art"',
    'expected dbo.Results_Copy in the list of tables, got no row that names it: its 1 rows are not migrated',
  ])
  const { outcome, differences } = await verify({ ...options, level: 'rigorous' })
  assert.deepEqual([outcome, differences], ['equal', []])
})
