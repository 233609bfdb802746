import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ReportResult, RunReport } from '../../src/model/run-report.ts'
import { isValid } from '../support/json-schema-validator.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { type HereOptions, rehouseHere, rehouseHereJson, workFolder } from '../support/rehouse-process.ts'
import { strictCsv } from '../support/strict-csv.ts'

/** Every kind of thing a report tells: refused rows and parts, exclusions, a loss, a gap and an overlap, a replacement, a note, tables and columns left out. */
const MANIFEST = `
migration: told
sources: { legacy: "env:LEGACY_{tenant.code}" }
tenants:
  - { code: north, zone: Europe/Berlin }
  - { code: south, zone: America/Chicago }
time: { gap: shift_forward, overlap: later }
services:
  app: { url: env:APP, tenant_column: tenant_id }
stop: { quarantined: 100%, errors: 100% }
exclude:
  tables: { public.secret: { reason: holds credentials } }
  columns: { public.pupil.fax: { reason: nobody has one } }
phases:
  - all: [pupil, mark]
entities:
  pupil:
    service: app
    from: public.pupil
    key: id
    rules:
      - { when: "name = 'refused'", quarantine: bad_name }
      - { when: "name = 'left out'", exclude: not_wanted }
      - { when: "name = 'Dan'", note: is_dan }
    into:
      app.pupils:
        columns:
          legacy_id: id
          name: name
          city: { from: city, if_null: { value: unknown, note: city_unknown } }
          score: { from: score, on_loss: { allow: true } }
          seen: seen
  mark:
    service: app
    from: public.mark
    key: [pupil_id, subject]
    into:
      app.marks:
        columns: { id: { id: hashed }, pupil_id: { ref: pupil, from: pupil_id }, subject: subject, grade: grade }
`
const LEGACY = `
create table pupil (id int primary key, name text not null, city text, score numeric(8,3), seen timestamp, fax text);
insert into pupil values (1, 'Ann', 'Köln', 1.555, '2020-03-29 02:30'), (2, 'Bob', null, 2.5, '2020-10-25 02:30'), (3, 'Cem', 'Ulm', 3.001, '2020-11-01 01:30'),
  (4, 'Dan', null, 4, '2020-03-08 02:30'), (7, 'refused', 'secret city', 7, null), (8, 'left out', null, 8, null);
create table mark (pupil_id int, subject text, grade int, primary key (pupil_id, subject));
insert into mark values (1, 'art', 1), (2, 'math', 3), (7, 'math', 1), (9, 'art', 4);
create table secret (id int primary key, password text);
`
const TARGET = `
create schema app;
create table app.pupils (id uuid primary key, tenant_id uuid not null, legacy_id int not null, name text not null, city text, score numeric(8,2), seen timestamptz);
create table app.marks (id uuid primary key, tenant_id uuid not null, pupil_id uuid not null, subject text not null, grade int not null);
`
/** Nothing of these may be in a report: they are values of rows. */
const VALUES = ['secret city', 'Köln', 'Ann', 'Cem', '1.555']

test('a report of a run: every figure is what SQL of its own counts, in every format', { timeout: 120_000 }, async t => {
  const sources = [await newDatabase(t), await newDatabase(t)]
  for (const source of sources) await source.script(LEGACY)
  await sources[1]?.script("insert into pupil values (5, 'South', 'Kiel', 5, null); delete from mark where pupil_id = 9")
  const target = await newDatabase(t)
  await target.script(TARGET)
  const folder = workFolder(t, { 'rehouse.yaml': MANIFEST })
  const env = { LEGACY_north: sources[0]?.url ?? '', LEGACY_south: sources[1]?.url ?? '', APP: target.url }
  const options: HereOptions = { folder, env }
  const run = async (...words: readonly string[]) => rehouseHere(words, options)

  await t.test('without a run there is nothing to report', async () => assert.equal((await run('report', 'latest')).status, 2))
  assert.equal((await run('migrate')).status, 1)

  await t.test('before a verification the report says that none is on record', async () => {
    const { stdout } = await run('report')
    assert.match(stdout, /No verification of this run is on record/)
    assert.match(stdout, /orphans and other differences in the target .*not known/)
  })
  assert.equal((await run('verify')).status, 0)

  const made = await rehouseHereJson<ReportResult>(['report', 'latest', '--json', '--out', 'told', '--operator', 'Ada'], options)
  const { report } = made.json
  const file = (name: string): string => readFileSync(join(folder, 'told', name), 'utf8')
  if (process.env.REHOUSE_TEST_KEEP_REPORT) cpSync(join(folder, 'told'), process.env.REHOUSE_TEST_KEEP_REPORT, { recursive: true })

  await t.test('its JSON fits its schema', async () => {
    const schema = await rehouseHereJson<Parameters<typeof isValid>[0]>(['schema', '--output', 'report', '--json'], options)
    assert.ok(isValid(schema.json, made.json))
  })
  await t.test('every count is what SQL of its own counts in source and target', () => assertCounts(report, { sources, target }))
  await t.test('outcomes are told by tenant, with every kind', () => assertOutcomes(report))
  await t.test('what is signed is the SHA-256 of report.json, and the audit remembers it', async () => {
    const sha256 = createHash('sha256').update(file('report.json')).digest('hex')
    assert.equal(sha256, made.json.sha256)
    assert.deepEqual(JSON.parse(file('report.json')), report)
    const [entry] = await target.sql(
      "select who, run, detail ->> 'sha256' from rehouse.audit where action = 'report:made' order by id desc limit 1",
    )
    assert.deepEqual(entry, ['Ada', report.run.id, sha256])
    for (const name of ['report.md', 'report.html', 'report.txt']) assert.ok(file(name).includes(sha256), name)
  })
  await t.test('the head in it is one the audit is verified against', async () => {
    assert.ok(report.audit.whole)
    assert.equal((await run('audit', 'verify', '--head', report.audit.head)).status, 0)
    await target.script(
      `create table public.kept as select * from rehouse.audit; delete from rehouse.audit where id > 2; update rehouse.audit_head set id = 2, hash = (select hash from rehouse.audit where id = 2)`,
    )
    assert.equal((await run('audit', 'verify', '--head', report.audit.head)).status, 1)
    await target.script(
      'delete from rehouse.audit; insert into rehouse.audit select * from public.kept; update rehouse.audit_head set (id, hash) = (select id, hash from public.kept order by id desc limit 1); drop table public.kept',
    )
  })
  await t.test('audit verify and audit export fit their schemas; another salt exits with 3', async () => {
    for (const command of ['audit verify', 'audit export']) {
      const schema = await rehouseHereJson<Parameters<typeof isValid>[0]>(['schema', '--output', command, '--json'], options)
      const { json } = await rehouseHereJson<object>([...command.split(' '), '--json'], options)
      assert.ok(isValid(schema.json, json), command)
    }
    const other = await rehouseHere(['audit', 'verify'], { folder, env: { ...env, REHOUSE_SALT: 'another salt, 32 bytes long enough' } })
    assert.equal(other.status, 3)
    assert.match(other.stdout, /could not be verified/)
    assert.equal((await run('audit', 'verify', '--head', 'nonsense')).status, 2)
    assert.equal((await run('audit', 'export', '--format', 'csv', '--out', 'audit.csv')).status, 0)
    const [[entries] = []] = await target.sql('select count(*) from rehouse.audit')
    assert.equal(strictCsv(readFileSync(join(folder, 'audit.csv'), 'utf8'))?.length, Number(entries) + 1)
    assert.equal(statSync(join(folder, 'audit.csv')).mode & 0o777, 0o600)
    assert.equal((await run('audit', 'export')).stdout.trim().split('\n').length, Number(entries))
  })
  await t.test('files are the owner’s alone, have what the JSON says, and hold keys but no value', () => {
    const names = readdirSync(join(folder, 'told')).toSorted()
    assert.deepEqual(names, made.json.files.map(({ name }) => name).toSorted())
    for (const { name, sha256, bytes } of made.json.files) {
      assert.equal(createHash('sha256').update(file(name)).digest('hex'), sha256, name)
      assert.equal(statSync(join(folder, 'told', name)).size, bytes)
      assert.equal(statSync(join(folder, 'told', name)).mode & 0o777, 0o600)
      for (const value of VALUES) assert.ok(!file(name).includes(value), `${name}: ${value}`)
    }
    assert.equal(statSync(join(folder, 'told')).mode & 0o777, 0o700)
  })
  await t.test('text, Markdown, HTML and CSV say the same numbers', () => assertSameNumbers(report, file))
  await t.test('the reconciliation holds source against target, a line per entity and tenant', () => {
    const [head, ...rows] = strictCsv(file('reconciliation.csv')) ?? []
    const column = (name: string): number => head?.findIndex(field => field.text === name) ?? -1
    const texts = rows.map(row =>
      ['tenant', 'entity', 'source', 'in_target', 'quarantined', 'orphans_refused', 'unaccounted', 'parity'].map(
        name => row[column(name)]?.text,
      ),
    )
    assert.deepEqual(texts, [
      ['north', 'pupil', '6', '4', '1', '0', '0', 'accounted'],
      ['north', 'mark', '4', '2', '2', '2', '0', 'accounted'],
      ['south', 'pupil', '7', '5', '1', '0', '0', 'accounted'],
      ['south', 'mark', '3', '2', '1', '1', '0', 'accounted'],
    ])
  })
  await t.test('a verification of one tenant does not stand for the whole, nor hide one that does', async () => {
    const told = async (): Promise<RunReport> => (await rehouseHereJson<ReportResult>(['report', '--json'], options)).json.report
    assert.equal((await run('verify', '--tenant', 'north')).status, 0)
    assert.deepEqual((await told()).verification?.id, report.verification?.id)
    assert.equal((await run('migrate')).status, 1)
    assert.equal((await run('verify', '--tenant', 'north')).status, 0)
    const { verification, checks } = await told()
    assert.equal(verification?.whole ?? false, false)
    assert.equal(checks.find(({ check }) => check.startsWith('orphans and other'))?.outcome, 'not_known')
  })
  await t.test('CSV needs a folder, an unknown run is refused, and one format may be asked for', async () => {
    assert.equal((await run('report', '--format', 'csv')).status, 2)
    assert.equal((await run('report', 'nonsense')).status, 2)
    assert.match((await run('report', report.run.id, '--format', 'html')).stdout, /^<!DOCTYPE html>/)
    assert.equal((await run('report', '--format', 'md', '--out', 'wiki')).status, 0)
    assert.deepEqual(readdirSync(join(folder, 'wiki')).toSorted(), ['reconciliation.md', 'report.md'])
  })
})

async function assertCounts(
  report: RunReport,
  { sources, target }: { sources: readonly TestDatabase[]; target: TestDatabase },
): Promise<void> {
  for (const [i, tenant] of ['north', 'south'].entries())
    for (const [entity, table] of [
      ['pupil', 'app.pupils'],
      ['mark', 'app.marks'],
    ] as const) {
      const line = report.entities.find(of => of.tenant === tenant && of.entity === entity)
      const [[rows] = []] = (await sources[i]?.sql(`select count(*) from ${entity}`)) ?? []
      const [[arrived] = []] = await target.sql(
        `select count(*) from ${table} r join rehouse.tenant t on t.id = r.tenant_id where t.code = $1`,
        tenant,
      )
      const [[refused] = []] = await target.sql(
        'select count(*) from rehouse.quarantined where tenant = $1 and entity = $2',
        tenant,
        entity,
      )
      const [[left] = []] = await target.sql(
        'select count(*) from rehouse.exclusion x join rehouse.entity e on e.number = x.entity join rehouse.tenant t on t.number = x.tenant where t.code = $1 and e.name = $2',
        tenant,
        entity,
      )
      assert.deepEqual(
        [line?.source_rows, line?.read, line?.loaded, line?.quarantined, line?.excluded],
        [rows, rows, arrived, refused, left].map(Number),
        `${tenant} ${entity}`,
      )
      const [[digest] = []] = await target.sql(
        `select encode(sha256(string_agg(b.digest, ''::bytea order by b.id)), 'hex') from rehouse.batch b join rehouse.entity e on e.number = b.entity
        join rehouse.tenant t on t.number = b.tenant where b.run = $1 and t.code = $2 and e.name = $3`,
        report.run.id,
        tenant,
        entity,
      )
      assert.equal(line?.digest, digest)
      assert.equal(line?.consistency, 'snapshot')
    }
  assert.equal(report.totals.read, 20)
  assert.equal(report.quarantined_total, report.totals.quarantined)
  const failed = report.checks.filter(({ outcome }) => outcome !== 'met').map(({ check }) => check)
  assert.deepEqual(failed, ['rows in quarantine', 'rows refused as orphans'])
  const { level, outcome, parity, differences, witness } = report.verification ?? assert.fail()
  assert.deepEqual([level, outcome, parity, differences], ['standard', 'equal', 'accounted', 0])
  assert.ok((witness?.equal ?? 0) > 10)
}

function assertOutcomes(report: RunReport): void {
  const told = report.outcomes.map(({ tenant, entity, kind, column, code, count }) => [tenant, entity, kind, column, code, count].join(' '))
  assert.deepEqual(told.toSorted(), [
    'north mark quarantine app.marks.pupil_id orphan 1',
    'north mark quarantine app.marks.pupil_id parent_quarantined 1',
    'north pupil exclude  not_wanted 1',
    'north pupil loss app.pupils.score lossy_cast 2',
    'north pupil note  is_dan 1',
    'north pupil note app.pupils.city city_unknown 2',
    'north pupil quarantine  bad_name 1',
    'north pupil value app.pupils.city city_unknown 2',
    'north pupil zone_gap app.pupils.seen time_gap 1',
    'north pupil zone_overlap app.pupils.seen time_overlap 1',
    'south mark quarantine app.marks.pupil_id parent_quarantined 1',
    'south pupil exclude  not_wanted 1',
    'south pupil loss app.pupils.score lossy_cast 2',
    'south pupil note  is_dan 1',
    'south pupil note app.pupils.city city_unknown 2',
    'south pupil quarantine  bad_name 1',
    'south pupil value app.pupils.city city_unknown 2',
    'south pupil zone_gap app.pupils.seen time_gap 1',
    'south pupil zone_overlap app.pupils.seen time_overlap 1',
  ])
  assert.deepEqual(report.left_out, [
    { what: 'table', pattern: 'public.secret', reason: 'holds credentials' },
    { what: 'column', pattern: 'public.pupil.fax', reason: 'nobody has one' },
  ])
}

function assertSameNumbers(report: RunReport, file: (name: string) => string): void {
  const wanted = report.entities.map(({ tenant, entity, service, source_rows, read, loaded, excluded, quarantined }) =>
    [tenant, entity, service, source_rows, read, loaded, excluded, quarantined].map(String),
  )
  const [, ...records] = strictCsv(file('accounting.csv')) ?? []
  const picked = (row: readonly string[]): readonly string[] => [0, 1, 2, 3, 4, 5, 10, 11].map(i => row[i] ?? '')
  assert.deepEqual(
    records.map(row => picked(row.map(field => field.text))),
    wanted,
  )
  const section = (text: string): string => text.slice(text.indexOf('What became of every row')).slice(0, 3000)
  const markdown = section(file('report.md'))
    .split('\n')
    .filter(line => /^\| (north|south)/.test(line))
  assert.deepEqual(
    markdown.slice(0, 4).map(line =>
      picked(
        line
          .split('|')
          .slice(1, -1)
          .map(cell => cell.trim()),
      ),
    ),
    wanted,
  )
  const rows = [...section(file('report.html')).matchAll(/<tr>(<td.*?)<\/tr>/g)].slice(0, 4)
  assert.deepEqual(
    rows.map(([, row = '']) => picked([...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell = '']) => cell))),
    wanted,
  )
  for (const [tenant = '', entity = '', ...numbers] of wanted) {
    const line = section(file('report.txt'))
      .split('\n')
      .find(text => text.startsWith(tenant) && text.includes(entity))
    for (const number of numbers) assert.ok(line?.includes(number), `${tenant} ${entity} ${number}: ${line}`)
  }
}
