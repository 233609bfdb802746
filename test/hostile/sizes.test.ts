import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { rehouseJson } from '../support/rehouse-process.ts'
import { type MigrateJson, manifestFor, migrateJson, TENANT, type TwoSides, twoSides } from './two-sides.ts'

const MOST_PEAK_KIB = 1_200_000

function bigScene(t: TestContext, megabytes: number): Promise<TwoSides> {
  const bytes = megabytes * 1024 * 1024
  return twoSides(t, {
    sourceSql: `create table big (id integer primary key, words text, bytes bytea);
      insert into big values (1, 'small', 'a'), (2, repeat('0123456789abcdef', ${bytes} / 16), null),
        (3, 'between', 'b'), (4, null, decode(repeat('00ff1080', ${bytes} / 4), 'hex')), (5, 'last', 'c');`,
    targetSql: 'create table big (id uuid primary key, tenant_id uuid not null, legacy_id integer, words text, bytes bytea)',
    manifest: () =>
      manifestFor({
        big: {
          service: 'main',
          from: 'public.big',
          into: { 'public.big': { columns: { legacy_id: 'id', words: 'words', bytes: 'bytes' } } },
        },
      }),
  })
}

async function assertBigArrives(t: TestContext, sides: TwoSides, mostKib: number): Promise<void> {
  const digest = 'md5(words), md5(bytes), length(words), length(bytes)'
  const expected = await sides.source.sql(`select id, ${digest} from big order by 1`)
  const ended = await rehouseJson<MigrateJson>(['migrate'], sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json))
  assert.deepEqual(await sides.target.sql(`select legacy_id, ${digest} from big where tenant_id = '${TENANT}' order by 1`), expected)
  assert.ok(ended.peakKib < mostKib, `expected less than ${mostKib} KiB, got ${ended.peakKib}`)
  t.diagnostic(`peak ${Math.round(ended.peakKib / 1024)} MiB`)
}

test('values of 100 MB arrive as they were in bounded memory', { timeout: 300_000 }, async t => {
  await assertBigArrives(t, await bigScene(t, 100), MOST_PEAK_KIB)
})

const FULL = process.env.REHOUSE_HOSTILE !== 'full' && 'takes gigabytes and minutes: set REHOUSE_HOSTILE=full'

test('values of 400 MB arrive as they were', { timeout: 900_000, skip: FULL }, async t => {
  await assertBigArrives(t, await bigScene(t, 400), 4_000_000)
})

test('a value the source itself cannot send ends its tenant with a sentence, and what came before is there', {
  timeout: 900_000,
  skip: FULL,
}, async t => {
  const sides = await bigScene(t, 1)
  // In binary a row may have 1 GB and no more.
  await sides.source.script(`insert into big values (6, repeat('x', 600 * 1024 * 1024))`)
  await sides.source.script(`update big set bytes = convert_to(repeat('y', 600 * 1024 * 1024), 'UTF8') where id = 6`)
  const ended = await rehouseJson<MigrateJson>(['migrate', '--batch-rows', '1'], sides)
  assert.equal(ended.status, 4, JSON.stringify(ended.json))
  assert.match(ended.json.failures[0]?.message ?? '', /^[^\n]{10,400}$/)
  const [counts] = await sides.target.sql('select count(*), (select count(*) from rehouse.id_map) from big')
  assert.ok(Number(counts?.[0]) >= 4)
  assert.equal(counts?.[0], counts?.[1])
})

test('rows larger than a batch may be arrive one batch each, as they were', async t => {
  const sides = await twoSides(t, {
    sourceSql: `create table wide (id bigint primary key, words text);
      insert into wide select i, repeat(chr(97 + i % 26), 20000 + i) from generate_series(1, 60) i`,
    targetSql: 'create table wide (id uuid primary key, tenant_id uuid not null, legacy_id bigint, words text)',
    manifest: () =>
      manifestFor({
        wide: {
          service: 'main',
          from: 'public.wide',
          batch: { bytes: 1024 },
          into: { 'public.wide': { columns: { legacy_id: 'id', words: 'words' } } },
        },
      }),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json))
  assert.deepEqual(
    await sides.target.sql('select legacy_id, words from wide order by 1'),
    await sides.source.sql('select id, words from wide order by 1'),
  )
  const [batches] = await sides.target.sql('select count(*) from rehouse.batch')
  assert.ok(Number(batches?.[0]) >= 60, `expected a batch a row, got ${batches?.[0]}`)
})

const MOST_COLUMNS = 1600

test('tables with as many columns as PostgreSQL allows arrive on both sides', { timeout: 120_000 }, async t => {
  const carried = Array.from({ length: MOST_COLUMNS - 2 }, (_, i) => `c${i}`)
  const types = ['integer', 'smallint', 'boolean', 'date']
  const typed = carried.map((name, i) => `${name} ${types[i % types.length]}`)
  const values = carried.map((_, i) => ['g', 'g % 100', 'g % 2 = 0', "date '2020-01-01' + g"][i % types.length])
  const sides = await twoSides(t, {
    sourceSql: `create table widest (id integer primary key, left_out integer, ${typed.join(', ')});
      insert into widest select g, 0, ${values.join(', ')} from generate_series(1, 50) g`,
    targetSql: `create table widest (id uuid primary key, tenant_id uuid not null, ${typed.join(', ')})`,
    manifest: () =>
      manifestFor(
        {
          widest: {
            service: 'main',
            from: 'public.widest',
            into: { 'public.widest': { columns: Object.fromEntries(carried.map(name => [name, name])) } },
          },
        },
        { exclude: { columns: { 'public.widest.left_out': { reason: 'the target has no room' } } } },
      ),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json).slice(0, 2000))
  const all = carried.join(', ')
  assert.deepEqual(
    await sides.target.sql(`select md5(row(${all})::text) from widest order by c0`),
    await sides.source.sql(`select md5(row(${all})::text) from widest order by c0`),
  )
})

test('tables without rows and without columns are counted, not stumbled over', async t => {
  const sides = await twoSides(t, {
    sourceSql: 'create table nothing (); insert into nothing default values; create table none (id integer primary key, word text)',
    targetSql: 'create table none (id uuid primary key, tenant_id uuid not null, word text)',
    manifest: () =>
      manifestFor(
        { none: { service: 'main', from: 'public.none', into: { 'public.none': { columns: { word: 'word' } } } } },
        { exclude: { tables: { 'public.nothing': { reason: 'holds nothing' } } } },
      ),
  })
  const ended = await migrateJson(sides)
  assert.equal(ended.status, 0, JSON.stringify(ended.json))
  assert.equal(ended.json.totals.read, 0)
  assert.deepEqual(await sides.target.sql('select count(*) from none'), [['0']])
})

test('a table without columns that is mapped is refused or loaded, never a bug', async t => {
  const sides = await twoSides(t, {
    sourceSql: 'create table nothing (); insert into nothing default values; insert into nothing default values',
    targetSql: 'create table nothing (id uuid primary key, tenant_id uuid not null)',
    manifest: () =>
      manifestFor({
        nothing: { service: 'main', from: 'public.nothing', key: { content: true }, into: { 'public.nothing': { columns: {} } } },
      }),
  })
  const ended = await migrateJson(sides)
  assert.ok([0, 2].includes(ended.status), JSON.stringify(ended.json))
  assert.deepEqual(await sides.target.sql('select count(*) from nothing'), [[ended.status === 0 ? '2' : '0']])
})
