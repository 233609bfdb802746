import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { check, migrate, plan, retryQuarantine, verify } from '../../src/index.ts'
import type { MigrateResult } from '../../src/model/results.ts'
import type { FieldRow, TableDescription } from '../support/bacpac/database-description.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'
import { newDatabase, sql as queryServer, type TestDatabase, type TestLike, testServer } from '../support/postgres.ts'
import { rehouseJson, TEST_SALT, workFolder } from '../support/rehouse-process.ts'
import { told } from '../support/verify-bed.ts'

const UNITS = 63
interface Unit {
  readonly id: number
  readonly parent: number | null
  readonly name: string
}
/** A tree six deep; the keys are not in its order. */
const units: readonly Unit[] = Array.from({ length: UNITS }, (_, i) => ({
  id: UNITS - i,
  parent: i === 0 ? null : UNITS - Math.floor((i - 1) / 2),
  name: i === 40 ? 'bad' : `Unit ${i}`,
}))

const VIEWS = (schema: string): string => `
  above:
    key: [id, above]
    sql: |
      with recursive up as (
        select id, id as above, 0 as depth from ${schema}.unit
        union all
        select up.id, u.parent_id, up.depth + 1 from up join ${schema}.unit u on u.id = up.above where u.parent_id is not null)
      select id, above, depth from up -- of every unit, those above it
  children: { key: unit_id, sql: "select parent_id as unit_id, count(*) as children from ${schema}.unit group by parent_id" }`

let count = 0

const manifestOf = (source: string, schema: string): string => `
migration: views-${process.pid}-${count++}
sources: { legacy: "${source}" }
staging: env:STAGING
tenants: [{ code: north }]
services: { app: { url: env:APP, tenant_column: tenant_id } }
stop: { quarantined: 100%, errors: 100% }
views: ${VIEWS(schema)}
entities:
  unit:
    service: app
    from: ${schema}.unit
    key: id
    with: { below: { from: view/children, match: { unit_id: id } } }
    rules: [{ when: "name = 'bad'", quarantine: bad_name }]
    into:
      public.units: { columns: { legacy_id: id, parent_id: { ref: unit, from: parent_id }, name: name, children: "coalesce(below.children, 0)" } }
  closure:
    service: app
    from: view/above
    into:
      public.closures: { columns: { unit_id: { ref: unit, from: id }, above_id: { ref: unit, from: above }, depth: depth } }
`

const TARGET = `
create table public.units (id uuid primary key, tenant_id uuid not null, legacy_id int not null, parent_id uuid, name text not null, children bigint not null);
create table public.closures (id uuid primary key, tenant_id uuid not null, unit_id uuid not null references public.units, above_id uuid not null references public.units, depth int not null);`

interface Place {
  readonly folder: string
  readonly name: string
  readonly target: TestDatabase
  readonly options: { readonly manifest: string; readonly env: Readonly<Record<string, string>> }
  contents(): Promise<readonly unknown[]>
}

async function place(t: TestLike, source: string, schema: string, env: Readonly<Record<string, string>> = {}): Promise<Place> {
  const target = await newDatabase(t)
  await target.script(TARGET)
  const manifest = manifestOf(source, schema)
  const folder = workFolder(t, { 'rehouse.yaml': manifest })
  const { url } = await testServer()
  return {
    folder,
    name: /migration: (.*)/.exec(manifest)?.[1] ?? '',
    target,
    options: {
      manifest: join(folder, 'rehouse.yaml'),
      env: { STAGING: url('postgres'), APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder, ...env },
    },
    contents: async () => [
      await target.sql('select legacy_id, name, children from public.units order by legacy_id'),
      await target.sql(
        'select u.legacy_id, a.legacy_id, c.depth from public.closures c join public.units u on u.id = c.unit_id join public.units a on a.id = c.above_id order by 1, 2',
      ),
    ],
  }
}

async function stagedDatabases({ name }: Place): Promise<number> {
  const { url } = await testServer()
  const rows = await queryServer(
    url('postgres'),
    `select datname from pg_database where datname like 'rehouse\\_staging\\_%' and shobj_description(oid, 'pg_database')::json ->> 'migration' = $1`,
    [name],
  )
  return rows.length
}

const field = (value: string | number | null, nothing: string): string => (value === null ? nothing : String(value))

function writeCsv({ folder }: Place, rows = units): void {
  mkdirSync(join(folder, 'export'), { recursive: true })
  const lines = rows.map(({ id, parent, name }) => `${id},${field(parent, '')},${name}`)
  writeFileSync(join(folder, 'export', 'unit.csv'), `id,parent_id,name\n${lines.join('\n')}\n`)
}

function writeDump({ folder }: Place, rows = units): void {
  const lines = rows.map(({ id, parent, name }) => `${id}\t${field(parent, '\\N')}\t${name}`)
  writeFileSync(
    join(folder, 'export.sql'),
    `--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 17.2\n-- Dumped by pg_dump version 17.2\n\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\nCREATE SCHEMA school;\n\nCREATE TABLE school.unit (id integer NOT NULL, parent_id integer, name text);\n\nCOPY school.unit (id, parent_id, name) FROM stdin;\n${lines.join('\n')}\n\\.\n\nALTER TABLE ONLY school.unit ADD CONSTRAINT unit_pkey PRIMARY KEY (id);\nALTER TABLE ONLY school.unit ADD CONSTRAINT unit_parent FOREIGN KEY (parent_id) REFERENCES school.unit(id);\n\n--\n-- PostgreSQL database dump complete\n--\n`,
  )
}

const TABLE: TableDescription = {
  schema: 'school',
  name: 'unit',
  columns: [
    { name: 'id', type: 'int', nullable: false },
    { name: 'parent_id', type: 'int' },
    { name: 'name', type: 'nvarchar(50)' },
  ],
  primaryKey: { name: 'PK_unit', columns: ['id'] },
}

async function writeBacpacFile({ folder }: Place): Promise<void> {
  const rows: readonly FieldRow[] = units.map(({ id, parent, name }) => [id, parent, name])
  await writeBacpac(join(folder, 'export.bacpac'), { tables: [TABLE] }, () => rows)
}

/** What the same mapping makes of the same tables in a PostgreSQL. */
async function live(t: TestLike): Promise<readonly unknown[]> {
  const legacy = await newDatabase(t)
  const values = units.map(({ id, parent, name }) => `(${id}, ${field(parent, 'null')}, '${name}')`)
  await legacy.script(
    `create schema school; create table school.unit (id int primary key, parent_id int, name text); insert into school.unit values ${values.join(', ')}`,
  )
  const at = await place(t, 'env:LEGACY', 'school', { LEGACY: legacy.url })
  const result = await migrate(at.options)
  assert.deepEqual(result.failures, [])
  return at.contents()
}

const WRITERS = {
  csv: { source: 'csv:export', schema: 'csv', write: writeCsv },
  dump: { source: 'pgdump:export.sql', schema: 'school', write: writeDump },
  bacpac: { source: 'bacpac:export.bacpac', schema: 'school', write: writeBacpacFile },
} as const

test('the same views over CSV, a dump and a BACPAC make the rows they make over a live PostgreSQL; a rerun changes nothing, verify finds all equal', {
  timeout: 180_000,
}, async t => {
  const expected = await live(t)
  for (const { source, schema, write } of Object.values(WRITERS)) {
    const at = await place(t, source, schema)
    await write(at)
    const result = await migrate(at.options)
    assert.deepEqual(result.failures, [], source)
    assert.deepEqual(await at.contents(), expected, source)
    const { read, loaded, quarantined } = result.totals
    assert.equal(read, loaded + quarantined)
    const again = await migrate(at.options)
    assert.deepEqual([again.totals.loaded, again.totals.unchanged, again.totals.quarantined], [0, loaded, quarantined], source)
    const verified = await verify({ ...at.options, level: 'rigorous' })
    assert.deepEqual([verified.outcome, verified.differences.map(told)], ['equal', []], source)
    assert.equal(await stagedDatabases(at), 0, 'a finished run keeps nothing')
  }
})

test('check and plan say what a view over files gives without staging a row, and how it is read', async t => {
  const at = await place(t, 'csv:export', 'csv')
  writeCsv(at)
  const { findings } = await check(at.options)
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  )
  const { phases } = await plan(at.options)
  const ways = phases.flatMap(({ entities }) => entities.map(({ entity, strategy }) => [entity, strategy]))
  assert.deepEqual(ways, [
    ['unit', 'through staging: related rows are read beside it'],
    ['closure', 'through staging: SQL of the mapping; its rows change together'],
  ])
  assert.equal(await stagedDatabases(at), 0)
})

test('every level of verify finds a changed row of a view over files', { timeout: 120_000 }, async t => {
  const at = await place(t, 'csv:export', 'csv')
  writeCsv(at)
  await migrate(at.options)
  await at.target.sql(
    'update public.closures set depth = depth + 100 where id = (select min(id::text)::uuid from public.closures where depth = 2)',
  )
  for (const level of ['standard', 'rigorous', 'forensic'] as const) {
    const result = await verify({ ...at.options, level })
    assert.equal(result.outcome, 'different', level)
    assert.ok(
      result.differences.some(one => one.table === 'public.closures' && one.column === 'depth'),
      level,
    )
  }
})

test('a run that dies in the middle of a view over files is taken up where it was, on the same staged rows', {
  timeout: 120_000,
}, async t => {
  const at = await place(t, 'csv:export', 'csv')
  writeCsv(at)
  let seen = 0
  const stop = (seam: string, { entity }: { entity?: string }): void => {
    if (seam === 'after_batch_commit' && entity === 'closure' && ++seen === 2) throw new Error('the end')
  }
  await assert.rejects(migrate({ ...at.options, batchRows: 50, lanes: 1, hooks: { at: stop } }), /the end/)
  assert.ok((await stagedDatabases(at)) > 0)
  const resumed = await migrate({ ...at.options, resume: true, batchRows: 50 })
  assert.deepEqual(resumed.failures, [])
  assert.deepEqual(
    resumed.findings.filter(({ code }) => code === 'CONSISTENCY_MIXED'),
    [],
  )
  const whole = await place(t, 'csv:export', 'csv')
  writeCsv(whole)
  await migrate(whole.options)
  assert.deepEqual(await at.contents(), await whole.contents())
  assert.equal(await stagedDatabases(at), 0)
})

test('after the file was corrected a retry loads the refused row and what waited for it, of the view over the file too', {
  timeout: 120_000,
}, async t => {
  const at = await place(t, 'csv:export', 'csv')
  writeCsv(at)
  const first = await migrate(at.options)
  assert.ok(first.totals.quarantined > 1, 'the refused unit, and what the view says of it')
  writeCsv(
    at,
    units.map(unit => (unit.name === 'bad' ? { ...unit, name: 'good' } : unit)),
  )
  const retried = await retryQuarantine(at.options)
  assert.deepEqual(retried.failures, [])
  assert.equal(retried.totals.quarantined, 0)
  assert.deepEqual(await at.target.sql('select count(*) from public.units'), [[String(UNITS)]])
  const verified = await verify(at.options)
  assert.deepEqual([verified.outcome, verified.reasons], ['equal', []])
})

test('another file is read anew: what the view says of a moved unit is updated by a top-up', { timeout: 120_000 }, async t => {
  const at = await place(t, 'csv:export', 'csv')
  writeCsv(at)
  await migrate({ ...at.options, keepStaging: true })
  // A unit without others below it moves to the top.
  writeCsv(
    at,
    units.map(unit => (unit.id === 1 ? { ...unit, parent: UNITS } : unit)),
  )
  const result = await migrate({ ...at.options, topUp: true, deleteGone: true })
  assert.deepEqual(result.failures, [])
  const above = await at.target.sql(
    'select a.legacy_id, c.depth from public.closures c join public.units u on u.id = c.unit_id join public.units a on a.id = c.above_id where u.legacy_id = 1 order by 1',
  )
  assert.deepEqual(above, [
    ['1', '0'],
    [String(UNITS), '1'],
  ])
})

const ROUND: readonly Unit[] = units.map(unit => (unit.id === UNITS ? { ...unit, parent: UNITS - 2 } : unit))

test('check tells rows a recursive view would follow for ever, of a file and of a PostgreSQL, and is silent where the SQL ends by itself', {
  timeout: 120_000,
}, async t => {
  const told = async ({ options }: Place): Promise<readonly string[]> =>
    (await check(options)).findings.filter(({ code }) => code === 'VIEW_CIRCLE').map(({ severity, message }) => `${severity}: ${message}`)
  const expected = [
    'warning: expected no row of school.unit to lead back to itself by parent_id, over which view above recurses, got 2 rows that do (63 → 61)',
  ]
  const dump = await place(t, 'pgdump:export.sql', 'school')
  writeDump(dump, ROUND)
  assert.deepEqual(await told(dump), expected)
  writeDump(dump)
  assert.deepEqual(await told(dump), [], 'a tree has no circle')
  const legacy = await newDatabase(t)
  const values = ROUND.map(({ id, parent, name }) => `(${id}, ${field(parent, 'null')}, '${name}')`)
  await legacy.script(
    `create schema school; create table school.unit (id int primary key, parent_id int references school.unit, name text); insert into school.unit values ${values.join(', ')}`,
  )
  const at = await place(t, 'env:LEGACY', 'school', { LEGACY: legacy.url })
  assert.deepEqual(await told(at), expected)
  const text = readFileSync(at.options.manifest, 'utf8')
  writeFileSync(at.options.manifest, text.replace('is not null)', 'is not null) cycle above set is_circle using path'))
  assert.deepEqual(await told(at), [])
})

const NIGHTLY = process.env.REHOUSE_NIGHTLY
const LEFT_OUT = 'left out: the closure of 500 000 rows that refer to each other, in a file, in flat memory (REHOUSE_NIGHTLY=1 tries it)'

test('the closure of 500 000 rows of a file that refer to each other is migrated in flat memory', {
  skip: NIGHTLY === undefined && LEFT_OUT,
  timeout: 1_800_000,
}, async t => {
  const rows = Number(process.env.REHOUSE_NIGHTLY_ROWS ?? 500_000)
  const target = await newDatabase(t)
  await target.script('create table public.closures (id uuid primary key, unit_id int not null, above_id int not null, depth int not null)')
  const manifest = `
migration: closure-${process.pid}
sources: { legacy: "csv:export" }
staging: env:STAGING
services: { app: { url: env:APP } }
exclude: { tables: { csv.unit: { reason: read by a view } } }
views: ${VIEWS('csv').replace(/\n {2}children.*/, '')}
entities:
  closure:
    service: app
    from: view/above
    into: { public.closures: { columns: { unit_id: id, above_id: above, depth: depth } } }
`
  const folder = workFolder(t, { 'rehouse.yaml': manifest })
  const { url } = await testServer()
  const parentOf = (i: number): number => Math.floor((i - 2) / 40) + 1
  mkdirSync(join(folder, 'export'))
  const lines = Array.from({ length: rows }, (_, i) => `${i + 1},${i === 0 ? '' : parentOf(i + 1)},Unit ${i}`)
  writeFileSync(join(folder, 'export', 'unit.csv'), `id,parent_id,name\n${lines.join('\n')}\n`)
  const above = new Int32Array(rows + 1)
  for (let i = 1; i <= rows; i++) above[i] = i === 1 ? 1 : (above[parentOf(i)] ?? 0) + 1
  const env = { STAGING: url('postgres'), APP: target.url, HOME: folder }
  const ended = await rehouseJson<MigrateResult>(['migrate'], { folder, env })
  assert.equal(
    ended.json.totals.loaded,
    above.reduce((sum, count) => sum + count, 0),
  )
  t.diagnostic(`${ended.json.totals.loaded} rows, ${Math.round(ended.peakKib / 1024)} MiB`)
  assert.ok(ended.peakKib < 600 * 1024, `${Math.round(ended.peakKib / 1024)} MiB`)
  const [found] = await target.sql('select count(*), sum(depth) from public.closures')
  assert.deepEqual(found, [String(ended.json.totals.loaded), String(above.reduce((sum, count) => sum + (count * (count - 1)) / 2, 0))])
})
