import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { migrate } from '../../src/index.ts'
import type { MigrateResult } from '../../src/model/results.ts'
import type { Seam } from '../../src/run/seams.ts'
import { TEST_SALT } from '../support/rehouse-process.ts'
import { manifestFor, migrateJson, type TwoSides, twoSides } from './two-sides.ts'

const ROWS = 500

function scene(t: TestContext): Promise<TwoSides> {
  return twoSides(t, {
    sourceSql: `create table visit (id integer primary key, at timestamp, score integer, word text);
      insert into visit select g, timestamp '2024-05-01' + g * interval '1 minute', g * 1000, 'w' || g from generate_series(1, ${ROWS}) g;
      create view latest as select id, at from visit`,
    targetSql: `create table visit (id uuid primary key, tenant_id uuid not null, legacy_id integer, at timestamptz, score numeric, word text, unique (tenant_id, legacy_id));
      create table latest (id uuid primary key, tenant_id uuid not null, legacy_id integer, at timestamptz)`,
    manifest: () =>
      manifestFor({
        visit: {
          service: 'main',
          from: 'public.visit',
          into: { 'public.visit': { columns: { legacy_id: 'id', at: 'at', score: 'score', word: 'word' } } },
        },
        latest: {
          service: 'main',
          from: 'public.latest',
          key: 'id',
          into: { 'public.latest': { columns: { legacy_id: 'id', at: 'at' } } },
        },
      }),
  })
}

/** Migrates, and does something to the source at the first moment of a kind. */
async function migrateWhile(sides: TwoSides, seam: Seam, work: () => Promise<void>): Promise<MigrateResult> {
  let isDone = false
  const at = async (now: Seam): Promise<void> => {
    if (now !== seam || isDone) return
    isDone = true
    await work()
  }
  const env = { REHOUSE_SALT: TEST_SALT, ...sides.env }
  const result = await migrate({ manifest: join(sides.folder, 'rehouse.yaml'), env, hooks: { at }, batchRows: 50 })
  assert.ok(isDone, `expected a moment ${seam}`)
  return result
}

const ALTERATIONS: Readonly<Record<string, string>> = {
  'a type as wide as the one before': 'alter table visit alter score type real',
  'another kind of time': 'drop view latest; alter table visit alter at type timestamptz',
  'a column less': 'alter table visit drop column word',
  'another table under the name': 'drop view latest; alter table visit rename to visit_old; create table visit (like visit_old)',
  'no key any more': 'alter table visit drop constraint visit_pkey',
}

for (const [what, statement] of Object.entries(ALTERATIONS)) {
  test(`${what} between planning and reading ends the tenant with a sentence, and no row is read as something else`, async t => {
    const sides = await scene(t)
    const result = await migrateWhile(sides, 'run_recorded', () => sides.source.script(statement))
    assert.equal(result.status, 'failed', JSON.stringify(result))
    assert.equal(result.failures[0]?.code, 'SOURCE_CHANGED', JSON.stringify(result.failures))
    assert.deepEqual(await sides.target.sql('select count(*) from visit'), [['0']])
  })
}

test('a source that is altered, emptied or rewritten while it is read keeps whoever does it waiting, and every row arrives', async t => {
  const sides = await scene(t)
  const expected = await sides.source.sql(`select id, at at time zone 'Europe/Berlin', score, word from visit order by 1`)
  const refused: string[] = []
  const result = await migrateWhile(sides, 'task_claimed', async () => {
    for (const statement of [
      'truncate visit',
      'alter table visit alter score type text',
      'drop table visit cascade',
      'vacuum full visit',
    ]) {
      await sides.source.script(`set lock_timeout = '100ms'; commit; ${statement}`).catch(error => refused.push(String(error)))
    }
    // Rows are free to change: the snapshot does not see it.
    await sides.source.script(`delete from visit where id > 10; insert into visit values (9999, now(), 1, 'new')`)
  })
  assert.equal(refused.length, 4)
  assert.deepEqual(result.failures, [])
  assert.deepEqual(await sides.target.sql('select legacy_id, at, score, word from visit order by 1'), expected)
})

test('a target that changes under the run ends in a sentence or in whole rows, never in half of them', async t => {
  for (const statement of [
    'alter table visit drop column word',
    'drop table visit',
    'alter table visit alter score type integer using 1',
    'revoke insert on visit from $role',
  ]) {
    const sides = await scene(t)
    const role = `"${decodeURIComponent(new URL(sides.env.MAIN ?? '').username)}"`
    const result = await migrateWhile(sides, 'task_claimed', async () => {
      if (statement.startsWith('revoke')) await sides.target.script(`alter table visit owner to postgres`)
      await sides.target.script(statement.replaceAll('$role', role))
    })
    assert.ok(['failed', 'clean', 'findings', 'stopped'].includes(result.status), JSON.stringify(result))
    for (const failure of result.failures) assert.match(failure.message, /^[^\n]{10,400}$/)
    const [there] = await sides.target.sql(`select to_regclass('visit')`)
    if (there?.[0] === null) continue
    const [counts] = await sides.target.sql(
      `select (select count(*) from visit), (select count(*) from rehouse.id_map where entity_type = 'visit'), (select count(*) from visit v where not exists (select from rehouse.id_map m where m.id = v.id::text))`,
    )
    assert.equal(counts?.[0], counts?.[1], statement)
    assert.equal(counts?.[2], '0')
  }
})

test('one database as source and target is said, and the legacy table is as it was', async t => {
  const sides = await scene(t)
  await sides.target.script(`create table visit_old (id integer primary key, word text); insert into visit_old values (1, 'a'), (2, 'b')`)
  const before = await sides.target.sql('select ctid, xmin, * from visit_old')
  const env = { MAIN: await sides.target.writerUrl({ ownsTables: true }), LEGACY: await sides.target.readerUrl() }
  const { writeFile } = await import('node:fs/promises')
  const entity = { service: 'main', from: 'public.visit_old', into: { 'public.visit': { columns: { legacy_id: 'id', word: 'word' } } } }
  const exclude = { tables: { 'public.visit': { reason: 'the target' }, 'public.latest': { reason: 'the target' } } }
  await writeFile(join(sides.folder, 'rehouse.yaml'), JSON.stringify(manifestFor({ visit: entity }, { exclude })))
  const ended = await migrateJson({ folder: sides.folder, env })
  assert.equal(ended.status, 0, JSON.stringify(ended.json))
  assert.ok(ended.json.findings.some(finding => finding.code === 'SOURCE_SHARED'))
  assert.deepEqual(await sides.target.sql('select ctid, xmin, * from visit_old'), before)

  await t.test('a table that would be read and written at once is refused', async () => {
    const same = {
      service: 'main',
      from: 'public.visit',
      key: 'id',
      id: 'keep',
      into: { 'public.visit': { columns: { id: { id: 'keep' }, word: 'word' } } },
    }
    const all = {
      tables: { 'public.visit_old': { reason: 'not now' }, 'public.latest': { reason: 'not now' } },
      columns: { 'public.visit.*': { reason: 'not now' } },
    }
    await writeFile(
      join(sides.folder, 'rehouse.yaml'),
      JSON.stringify({ ...manifestFor({ visit: same }, { exclude: all }), migration: 'other' }),
    )
    const count = await sides.target.sql('select count(*), min(xmin::text) from visit')
    const refused = await migrateJson({ folder: sides.folder, env })
    assert.ok([2, 4, 5].includes(refused.status), JSON.stringify(refused.json))
    assert.deepEqual(await sides.target.sql('select count(*), min(xmin::text) from visit'), count)
  })
})
