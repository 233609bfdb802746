import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrate, plan, quarantine, verify } from '../../src/index.ts'
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
