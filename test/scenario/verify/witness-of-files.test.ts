import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { removeEmbedded } from '../../../src/embedded/embedded.ts'
import { serverAccount } from '../../../src/embedded/server-account.ts'
import { chooseHome, dataFolder } from '../../../src/embedded/server-state.ts'
import { migrate, verify } from '../../../src/index.ts'
import type { VerifyResult, WitnessLine } from '../../../src/model/results.ts'
import { serverFolder } from '../../../src/staging/staging-server.ts'
import type { FieldRow, TableDescription } from '../../support/bacpac/database-description.ts'
import { writeBacpac } from '../../support/bacpac/write-bacpac.ts'
import { newDatabase, type TestDatabase, type TestLike, testServer } from '../../support/postgres.ts'
import { TEST_SALT, workFolder } from '../../support/rehouse-process.ts'
import { told } from '../../support/verify-bed.ts'

let count = 0

const manifestOf = (from: { readonly source: string; readonly relation: string }): string => `
migration: witness-${process.pid}-${count++}
sources: { legacy: "${from.source}" }
staging: env:STAGING
tenants: [{ code: north, zone: Europe/Berlin }]
services:
  app: { url: env:APP, tenant_column: tenant_id }
stop: { quarantined: 100%, errors: 100% }
entities:
  pupil:
    service: app
    from: ${from.relation}
    key: id
    rules: [{ when: "name = 'refused'", quarantine: bad_name }]
    into:
      public.pupils: { columns: { legacy_id: id, name: name, score: score, seen: seen } }
`

const TARGET = `create table public.pupils (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text, score numeric(8,3), seen timestamptz, at timestamptz)`

interface Place {
  readonly folder: string
  readonly target: TestDatabase
  migrate(change?: (manifest: string) => string): Promise<void>
  verify(): Promise<VerifyResult>
}

async function place(t: TestLike, manifest: string): Promise<Place> {
  const target = await newDatabase(t)
  await target.script(TARGET)
  const { url } = await testServer()
  const folder = workFolder(t, { 'rehouse.yaml': manifest })
  const env = { STAGING: url('postgres'), APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder }
  return {
    folder,
    target,
    migrate: async (change = text => text) => {
      const changed = change(manifest)
      writeFileSync(join(folder, 'wrong.yaml'), changed)
      const result = await migrate({ manifest: join(folder, changed === manifest ? 'rehouse.yaml' : 'wrong.yaml'), env })
      assert.ok(result.status === 'findings' || result.status === 'clean', JSON.stringify(result))
    },
    verify: () => verify({ manifest: join(folder, 'rehouse.yaml'), env, showValues: true }),
  }
}

const line = ({ table, column, measure, state, source }: WitnessLine): string => `${state} ${table}.${column} ${measure} ${source}`

const CSV =
  'id,name,score,seen\n1,Zoë 😀,1.500,2020-07-01 08:00:00\n2,Bo,-2,2020-01-01 08:00:00.000001\n3,Cy,,\n4,refused,1000,2020-01-01 00:00:00\n'

/** Everything a file’s rows sum up to without the one that was refused; of texts their bytes, as both sides keep them in UTF-8. */
const SUMS = [
  'equal public.pupils. rows 3',
  'equal public.pupils.legacy_id sum 6',
  'equal public.pupils.name count 3',
  'equal public.pupils.name sum 13',
  'equal public.pupils.name max 9',
  'equal public.pupils.score sum -0.5',
  'equal public.pupils.seen max 1593583200',
  'equal public.pupils.seen sum 3171445200.000001',
] as const

function assertSums(result: VerifyResult): void {
  assert.deepEqual([result.differences.map(told), result.reasons, result.outcome], [[], [], 'equal'])
  const lines = result.witness.map(line)
  for (const sum of SUMS) assert.ok(lines.includes(sum), `${sum} in ${lines.join('\n')}`)
  const row = result.witness.find(one => one.measure === 'row_sum')
  assert.deepEqual([row?.state, row?.reason], ['equal', 'of legacy_id, name, score, seen'])
}

test('the witness of a folder of CSV files is computed from its staged copy', async t => {
  const files = await place(t, manifestOf({ source: 'csv:export', relation: 'csv.pupil' }))
  mkdirSync(join(files.folder, 'export'))
  writeFileSync(join(files.folder, 'export', 'pupil.csv'), CSV)
  await files.migrate()
  assertSums(await files.verify())
})

test('values that change places between rows of a file are found by the row sum, which names the column', async t => {
  const files = await place(t, manifestOf({ source: 'csv:export', relation: 'csv.pupil' }))
  mkdirSync(join(files.folder, 'export'))
  writeFileSync(join(files.folder, 'export', 'pupil.csv'), CSV)
  await files.migrate(text => text.replace('name: name', `name: "case when id = 2 then 'Cy' when id = 3 then 'Bo' else name end"`))
  const result = await files.verify()
  const found = result.witness.filter(one => one.state === 'different').map(({ column, measure }) => `${column} ${measure}`)
  assert.deepEqual(found, [' row_sum', 'name row_sum'])
  assert.deepEqual([...new Set(result.differences.map(one => one.kind))], ['witness'])
})

test('the witness of a dump is computed from its staged copy', async t => {
  const files = await place(t, manifestOf({ source: 'pgdump:export.sql', relation: 'public.pupil' }))
  const rows = CSV.trim()
    .split('\n')
    .slice(1)
    .map(row =>
      row
        .split(',')
        .map(field => field || '\\N')
        .join('\t'),
    )
  const table = 'create table public.pupil (id integer not null, name text, score numeric(8,3), seen timestamp without time zone);'
  const key = 'alter table only public.pupil add constraint pupil_pkey primary key (id);'
  writeFileSync(
    join(files.folder, 'export.sql'),
    `--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 17.2\n-- Dumped by pg_dump version 17.2\n\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\n${table.replace('create table', 'CREATE TABLE')}\n\nCOPY public.pupil (id, name, score, seen) FROM stdin;\n${rows.join('\n')}\n\\.\n\n${key.replace('alter table only', 'ALTER TABLE ONLY').replace('add constraint', 'ADD CONSTRAINT').replace('primary key', 'PRIMARY KEY')}\n\n--\n-- PostgreSQL database dump complete\n--\n`,
  )
  await files.migrate()
  assertSums(await files.verify())
})

const PUPIL: TableDescription = {
  name: 'pupil',
  columns: [
    { name: 'id', type: 'int', nullable: false },
    { name: 'name', type: 'nvarchar(50)' },
    { name: 'score', type: 'decimal(8,3)' },
    { name: 'seen', type: 'datetime2(7)' },
    { name: 'at', type: 'datetimeoffset(7)' },
  ],
  primaryKey: { columns: ['id'] },
}
const PUPILS: readonly FieldRow[] = [
  [1, 'Zoë 😀', '1.500', '2020-07-01 08:00:00', '2020-07-01 08:00:00 +00:00'],
  [2, 'Bo', '-2', '2020-01-01 08:00:00.000001', '0001-01-01 00:00:00 +00:00'],
  [3, 'Cy', null, null, null],
  [4, 'refused', '1000', '2020-01-01 00:00:00', null],
]

test('the witness of a BACPAC is computed from its staged copy, and the total it declares of itself is one too', async t => {
  const mapped = manifestOf({ source: 'bacpac:export.bacpac', relation: 'dbo.pupil' }).replace('seen: seen }', 'seen: seen, at: at }')
  const manifest = `${mapped}exclude: { tables: { dbo.other: { reason: not wanted } } }\n`
  const files = await place(t, manifest)
  const other: TableDescription = {
    name: 'other',
    columns: [{ name: 'id', type: 'int', nullable: false }],
    primaryKey: { columns: ['id'] },
  }
  await writeBacpac(join(files.folder, 'export.bacpac'), { name: 'north', tables: [PUPIL, other] }, ({ name }) =>
    name === 'pupil' ? PUPILS : [[1]],
  )
  await files.migrate()
  const result = await files.verify()
  const lines = result.witness.map(line)
  for (const sum of [...SUMS, 'equal public.pupils.at min -62135596800', 'equal public.pupils.at max 1593590400'])
    assert.ok(lines.includes(sum), `${sum} in ${lines.join('\n')}`)
  assert.ok(lines.includes('equal public.pupils. declared_rows 5'), lines.join('\n'))
  assert.deepEqual([result.differences.map(told), result.outcome], [[], 'equal'])
})

test('expressions over a BACPAC are computed from its staged copy, texts compared by code point whatever their collation', async t => {
  const lines = `name: "case when name = 'bo' then 'low' when name = 'Bo' then 'high' else name || '!' end"`
  const manifest = manifestOf({ source: 'bacpac:export.bacpac', relation: 'dbo.pupil' })
    .replace('name: name', lines)
    .replace('seen: seen }', 'seen: seen, at: at }')
  const files = await place(t, manifest)
  await writeBacpac(join(files.folder, 'export.bacpac'), { name: 'north', tables: [PUPIL] }, () => PUPILS)
  await files.migrate()
  const result = await files.verify()
  assert.deepEqual([result.differences.map(told), result.reasons, result.outcome], [[], [], 'equal'])
  assert.ok(result.witness.map(line).includes('equal public.pupils.name sum 17'), result.witness.map(line).join('\n'))
  await files.target.script("update public.pupils set name = 'slow' where name = 'high'")
  const found = (await files.verify()).witness.filter(one => one.state === 'different').map(({ column, measure }) => `${column} ${measure}`)
  assert.deepEqual(found, [' row_sum', 'name row_sum'])
})

test('a machine on which the built-in PostgreSQL does not run verifies a file all the same, but for the witness', async t => {
  const files = await place(
    t,
    manifestOf({ source: 'csv:export', relation: 'csv.pupil' }).replace('staging: env:STAGING', 'staging: embedded'),
  )
  mkdirSync(join(files.folder, 'export'))
  writeFileSync(join(files.folder, 'export', 'pupil.csv'), CSV)
  await files.migrate()
  const server = serverFolder(join(files.folder, '.rehouse', 'staging'))
  mkdirSync(server, { recursive: true })
  const home = chooseHome(server, serverAccount())
  t.after(() => removeEmbedded(server))
  mkdirSync(join(dataFolder(home), 'global'), { recursive: true })
  writeFileSync(join(dataFolder(home), 'PG_VERSION'), '9\n')
  writeFileSync(join(dataFolder(home), 'global', 'pg_control'), '')
  const result = await files.verify()
  assert.deepEqual([result.differences.map(told), result.outcome], [[], 'equal'])
  const reasons = new Set(result.witness.map(one => `${one.state} ${one.reason}`))
  assert.deepEqual([...reasons], ['none its rows cannot be staged: the built-in PostgreSQL does not run here'])
})
