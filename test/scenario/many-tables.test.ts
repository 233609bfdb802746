import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type Hooks, type MigrateResult, migrate, plan, report, type Seam, type VerifyResult, verify } from '../../src/index.ts'
import { runReportDocument } from '../../src/report/run-report.ts'
import { newDatabase, type TestDatabase, type TestLike } from '../support/postgres.ts'
import { rehouseJson, TEST_SALT, workFolder } from '../support/rehouse-process.ts'

const TABLES = 300
const ROWS = 7

/** Forms and the table of the answers of each: every third has a column the others lack, every fifth one of another type. */
const LEGACY = (tables: number, rows: number): string => `
create schema old;
create table old.form (id int primary key, name text not null, storage varchar(60));
insert into old.form select i, 'form ' || i, 'Answers "' || i || '"' from generate_series(1, ${tables}) i;
insert into old.form values (${tables + 1}, 'never answered', null);
do $$ begin
  for i in 1..${tables} loop
    execute format('create table old.%I (id int primary key, person int not null, at timestamptz, q_%s %s %s)',
      'Answers "' || i || '"', i % 10, case when i % 5 = 0 then 'text' else 'numeric' end, case when i % 3 = 0 then ', extra bool' else '' end);
    execute format('insert into old.%I select r, r * %s, ''2024-01-01Z''::timestamptz + r * interval ''1 day'', r + %s %s from generate_series(1, ${rows}) r',
      'Answers "' || i || '"', i, i, case when i % 3 = 0 then ', r % 2 = 0' else '' end);
  end loop;
end $$;
`

const TARGET = `
create schema app;
create table app.forms (id uuid primary key, name text not null);
create table app.answers (id uuid primary key, form_id uuid not null references app.forms, form int not null, nr int not null,
  person int not null, at timestamptz, fields jsonb not null, unique (form, nr));
`

const MANIFEST = `
migration: forms
sources: { legacy: env:LEGACY }
services: { app: { url: env:APP } }
entities:
  form:
    service: app
    from: old.form
    into: { app.forms: { columns: { name: name } } }
  answer:
    service: app
    from: { tables: old.form, name: storage, carry: { form: id } }
    key: [form, id]
    into:
      app.answers:
        columns: { form_id: { ref: form, from: form }, form: form, nr: id, person: person, at: at, fields: { rest: true } }
`

interface Stage {
  readonly legacy: TestDatabase
  readonly target: TestDatabase
  readonly options: { readonly manifest: string; readonly env: Readonly<Record<string, string>> }
}

async function openStage(t: TestLike, manifest = MANIFEST, { tables = TABLES, rows = ROWS } = {}): Promise<Stage> {
  const [legacy, target] = await Promise.all([newDatabase(t), newDatabase(t)])
  await Promise.all([legacy.script(LEGACY(tables, rows)), target.script(TARGET)])
  const folder = workFolder(t, { 'rehouse.yaml': manifest })
  const env = { LEGACY: legacy.url, APP: target.url, REHOUSE_SALT: TEST_SALT, HOME: folder }
  return { legacy, target, options: { manifest: join(folder, 'rehouse.yaml'), env } }
}

/** What must stand in the target, by SQL of the test’s own. */
const digest = async (database: TestDatabase, sql: string): Promise<unknown> =>
  (await database.sql(`select count(*), md5(string_agg(line, '|' order by line)) from (${sql}) as t (line)`))[0]

const EXPECTED = (tables: number): string =>
  Array.from({ length: tables }, (_, i) => {
    const n = i + 1
    const fields = [`'q_${n % 10}', q_${n % 10}`, ...(n % 3 === 0 ? ["'extra', extra"] : [])].join(', ')
    return `select concat_ws(',', ${n}, id, person, at, jsonb_build_object(${fields})) from old."Answers ""${n}"""`
  }).join(' union all ')
const ACTUAL = "select concat_ws(',', form, nr, person, at, fields) from app.answers"

test('300 tables named in a column are one entity: every row arrives, a second run changes nothing, verify says equal', async t => {
  const { legacy, target, options } = await openStage(t)
  const first = await migrate(options)
  assert.deepEqual(first.failures, [])
  assert.equal(first.totals.loaded, TABLES * ROWS + TABLES + 1)
  assert.deepEqual(await digest(target, ACTUAL), await digest(legacy, EXPECTED(TABLES)))
  const second = await migrate(options)
  assert.equal(second.totals.unchanged, second.totals.read)
  const lines = await target.sql(
    `select relation, sum(read), sum(loaded) from rehouse.batch_count where relation like '%Answers%' group by 1`,
  )
  assert.equal(lines.length, TABLES, 'each table has a line of its own in the ledger')
  for (const [relation, read, loaded] of lines) assert.deepEqual([read, loaded], [String(2 * ROWS), String(ROWS)], String(relation))
  const { outcome, differences } = await verify({ ...options, level: 'standard' })
  assert.deepEqual([outcome, differences], ['equal', []])
})

test('every level of verify says that many tables are equal, and names a row that was changed', async t => {
  const { target, options } = await openStage(t, MANIFEST, { tables: 15, rows: 4 })
  await migrate(options)
  for (const level of ['basic', 'standard', 'rigorous', 'forensic'] as const) {
    const { outcome, differences } = await verify({ ...options, level })
    assert.deepEqual([level, outcome, differences], [level, 'equal', []])
  }
  await target.sql('update app.answers set person = 0 where form = 7 and nr = 3')
  const { outcome, differences } = await verify({ ...options, level: 'rigorous' })
  assert.equal(outcome, 'different')
  assert.deepEqual(
    differences.filter(({ kind }) => kind === 'different').map(({ entity, key, column }) => [entity, key, column]),
    [['answer', ['7', '3'], 'person']],
  )
})

test('a sample of many tables is drawn from all of them, with the forms its rows refer to', async t => {
  const { target, options } = await openStage(t, MANIFEST, { tables: 12, rows: 20 })
  const result = await migrate({ ...options, sample: 30 })
  assert.deepEqual(result.failures, [])
  const [[rows, forms] = []] = await target.sql('select count(*), count(distinct form) from app.answers')
  assert.equal(rows, '30')
  assert.ok(Number(forms) > 6, `of ${forms} tables`)
})

test('plan and report tell of many tables, report with a line for each', async t => {
  const { legacy, options } = await openStage(t, MANIFEST, { tables: 6, rows: 3 })
  await legacy.script(`update old."Answers ""2""" set person = -1 where id = 2; drop table old."Answers ""6"""`)
  const from = MANIFEST.replace('carry: { form: id } }', 'carry: { form: id }, missing: { note: no_table } }')
  writeFileSync(
    options.manifest,
    from.replace('    key: [form, id]', '    key: [form, id]\n    rules: [{ when: person < 0, quarantine: no_person }]'),
  )
  const { phases, findings } = await plan(options)
  assert.deepEqual(phases[0]?.entities.find(({ entity }) => entity === 'answer')?.tables, {
    named_in: 'legacy/old.form.storage',
    count: 5,
    shapes: 5,
  })
  assert.deepEqual(
    findings.filter(({ code }) => code === 'SOURCE_TABLE_ABSENT').map(({ severity, message }) => [severity, message]),
    [['warning', 'expected the tables old.form names, got none for 1 of them (no_table): "Answers \\"6\\""']],
  )
  await migrate(options)
  const made = await report({ ...options, run: 'latest' })
  const answer = made.report.entities.find(({ entity }) => entity === 'answer')
  assert.deepEqual(
    answer?.tables?.map(({ table, read, loaded, quarantined }) => [table, read, loaded, quarantined]),
    Array.from({ length: 5 }, (_, i) => [`legacy/old."Answers ""${i + 1}"""`, 3, i === 1 ? 2 : 3, i === 1 ? 1 : 0]),
  )
  const text = runReportDocument(made).sections.find(({ title }) => title === 'Tables read as one')
  assert.deepEqual(text?.lead, ['Of 5 tables every row of 4 was loaded or is unchanged; report.json has a line for each. The others:'])
  assert.deepEqual(text?.table?.rows, [['single', 'answer', 'legacy/old."Answers ""2"""', 3, 2, 0, 0, 0, 0, 0, 1, 0]])
})

test('a run over many tables that was broken off goes on in the table it was in, and ends as one that was not', async t => {
  const { legacy, target, options } = await openStage(t, MANIFEST, { tables: 20, rows: 9 })
  const breakAt = (seam: Seam, nth: number): Hooks => {
    let times = 0
    return {
      at: (at, { entity }) => {
        if (at === seam && entity === 'answer' && ++times === nth) throw new Error(`broken off at ${seam}`)
      },
    }
  }
  for (const [seam, nth] of [
    ['after_batch_commit', 7],
    ['before_batch_commit', 12],
    ['rows_copied', 20],
  ] as const)
    await assert.rejects(
      migrate({ ...options, batchRows: 4, ...(nth > 7 ? { resume: true as const } : {}), hooks: breakAt(seam, nth) }),
      /broken off/,
    )
  const resumed = await migrate({ ...options, batchRows: 4, resume: true })
  assert.deepEqual(resumed.failures, [])
  assert.deepEqual(await digest(target, ACTUAL), await digest(legacy, EXPECTED(20)))
  const answer = resumed.entities.find(({ entity }) => entity === 'answer')
  assert.deepEqual([answer?.read, answer?.loaded], [180, 180])
  const tables = (await report({ ...options, run: 'latest' })).report.entities.find(({ entity }) => entity === 'answer')?.tables
  assert.deepEqual(new Set(tables?.map(({ read, loaded }) => `${read} ${loaded}`)), new Set(['9 9']))
})

const NIGHTLY = process.env.REHOUSE_NIGHTLY
const LEFT_OUT = 'left out: a million rows of 1500 tables in flat memory (REHOUSE_NIGHTLY=1 tries it)'

test('a million rows of 1500 tables are migrated and verified in flat memory', {
  skip: NIGHTLY === undefined && LEFT_OUT,
  timeout: 3_600_000,
}, async t => {
  const [tables, rows] = [Number(process.env.REHOUSE_NIGHTLY_TABLES ?? 1500), 700]
  const { legacy, target, options } = await openStage(t, MANIFEST, { tables, rows })
  const folder = dirname(options.manifest)
  const run = await rehouseJson<MigrateResult>(['migrate'], { folder, env: options.env })
  assert.equal(run.json.totals.loaded, tables * rows + tables + 1)
  assert.ok(run.peakKib < 600 * 1024, `${Math.round(run.peakKib / 1024)} MiB`)
  assert.deepEqual(await digest(target, ACTUAL), await digest(legacy, EXPECTED(tables)))
  const again = await rehouseJson<MigrateResult>(['migrate'], { folder, env: options.env })
  assert.equal(again.json.totals.unchanged, again.json.totals.read)
  const proof = await rehouseJson<VerifyResult>(['verify', '--level', 'rigorous'], { folder, env: options.env })
  assert.equal(proof.json.outcome, 'equal')
  assert.ok(proof.peakKib < 600 * 1024, `${Math.round(proof.peakKib / 1024)} MiB`)
})
