import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { MigrateResult, QuarantineResult } from '../../../../src/model/results.ts'
import { rehouseHereJson } from '../../../support/rehouse-process.ts'
import { type Bed, openBed } from './bed.ts'

/** The five scenarios of the case page, through the command line. Its `skip` is our `unchanged`, its `conflict` a row in quarantine. */

const MIGRATE = ['migrate', '--phase', 'identity_map'] as const
const PEOPLE = 'select legacy_id, sub from legacy_user_map order by 1'

/** As the case page has them: without the people whose identities are in doubt. */
async function openClear(t: TestContext): Promise<Bed> {
  const bed = await openBed(t)
  const clear = `select legacy_id, sub from (select *, count(*) over (partition by sub) as same, count(*) over (partition by legacy_id) as lines from beside.map) m
    where same = 1 and lines = 1 order by 1`
  const rows = await bed.oracle.sql(clear)
  writeFileSync(join(bed.folder, 'subjects/map.csv'), `legacy_id,sub\n${rows.map(row => row.join(',')).join('\n')}\n`)
  return bed
}

const migrate = (bed: Bed, ...more: readonly string[]) => rehouseHereJson<MigrateResult>([...MIGRATE, ...more], bed)

test('identities 1, 4 and 5: a dry run writes nothing and shows the intended inserts, a run inserts every one and ends well, a second run skips each', async t => {
  const bed = await openClear(t)
  const wanted = await bed.oracle.sql(`select u.id, sub from auth.users u join beside.map m on m.legacy_id = u.id where deleted_at is null
    and (select count(*) from beside.map d where d.legacy_id = u.id or d.sub = m.sub) = 1 order by 1`)
  const people = String(wanted.length)

  const dry = await migrate(bed, '--dry-run')
  assert.deepEqual([dry.status, String(dry.json.totals.loaded)], [0, people])
  assert.deepEqual(await bed.target.sql(PEOPLE), [])
  assert.deepEqual(await bed.target.sql("select count(*) from pg_namespace where nspname = 'rehouse'"), [['0']])

  const first = await migrate(bed)
  assert.deepEqual([first.status, first.json.status, String(first.json.totals.loaded)], [0, 'clean', people])
  assert.deepEqual(await bed.target.sql(PEOPLE), wanted)
  assert.deepEqual(await bed.target.sql('select status from rehouse.run'), [['clean']])

  const again = await migrate(bed)
  assert.deepEqual([again.status, again.json.totals.loaded, String(again.json.totals.unchanged)], [0, 0, people])
  assert.deepEqual(await bed.target.sql(PEOPLE), wanted)
})

test('identities 2: of two people with one subject the second is skipped as duplicate_sub, the exit status says so, and the record survives', async t => {
  const bed = await openClear(t)
  const map = join(bed.folder, 'subjects/map.csv')
  const lines = readFileSync(map, 'utf8').trimEnd().split('\n')
  const [[first = '', second = ''] = []] = await bed.oracle.sql(
    `select (array_agg(id order by created_at, id))[1], (array_agg(id order by created_at, id))[2] from auth.users where id in (key_of('user', 3), key_of('user', 4))`,
  )
  const doubled = lines.map(line =>
    line.startsWith(String(first)) || line.startsWith(String(second)) ? `${line.split(',')[0]},00000000-0000-4000-8000-00000000d0b1` : line,
  )
  writeFileSync(map, `${doubled.join('\n')}\n`)
  const { status, json } = await migrate(bed)
  assert.deepEqual([status, json.status], [1, 'findings'])
  assert.deepEqual(await bed.target.sql(`select legacy_id from legacy_user_map where sub = '00000000-0000-4000-8000-00000000d0b1'`), [
    [first],
  ])
  const listed = await rehouseHereJson<QuarantineResult>(['quarantine', 'list'], bed)
  assert.deepEqual(
    listed.json.rows.map(({ entity, key, code }) => [entity, key, code]),
    [['person', [second], 'duplicate_sub']],
  )
})

test('identities 3: a login that row security binds writes nothing, ends with an error, and policy_denied is told', async t => {
  const bed = await openClear(t)
  const env = { ...bed.env, ALPHA2_DB: await bed.target.writerUrl() }
  const ended = await migrate({ ...bed, env }, '--audit', join(bed.folder, 'refused.jsonl'))
  assert.notEqual(ended.status, 0)
  assert.match(readFileSync(join(bed.folder, 'refused.jsonl'), 'utf8'), /policy_denied/)
  assert.deepEqual(await bed.target.sql(PEOPLE), [])
})
