import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate } from '../../src/index.ts'
import type { EntityResult, MigrateResult } from '../../src/model/results.ts'
import { differences, takeFingerprint, takePicture } from '../fault/picture.ts'
import type { Targets } from '../fault/scene.ts'
import { openStage } from './stage.ts'

/** What the legacy application does between the kill and the resume: rows come, change, go; one that is loaded gets a parent that does not exist. */
const LIFE = `
  insert into legacy.person values (-7, null, 'DE', 'Came late', 'late@example.org', 30, '2024-05-01'), (300, 1, 'FR', 'Came last', null, 31, '2024-05-01');
  insert into legacy.account values (-9, -7, null, 1.5);
  update legacy.person set name = 'Changed' where id in (2, 3);
  update legacy.person set manager_id = 9999 where id = 4;
  delete from legacy.account where id = 5;
  delete from legacy.person where id = 21;`

test('a source that lives on between kill and resume is read again under one snapshot: what came is loaded, what changed is kept and reported, nothing is doubled', {
  timeout: 180_000,
}, async t => {
  const stage = await openStage(t)
  const { targets } = stage
  let seen = 0
  const at = (seam: string, { entity, tenant }: { entity?: string; tenant?: string | null }): void => {
    if (seam === 'after_batch_commit' && tenant === 'north' && entity === 'account' && ++seen === 2) throw new Error('the end')
  }
  await assert.rejects(migrate({ ...stage.options(), hooks: { at } }), /the end/)
  const before = await names(targets, [2, 3, 4, 21])
  await stage.legacy.script('north', LIFE)
  const resumed = await migrate({ ...stage.options(), resume: true })
  assert.deepEqual(resumed.failures, [])
  assert.equal(resumed.status, 'findings')

  const person = of(resumed, 'person')
  assert.equal(person.read, 231, '230 rows, one gone, two come')
  assert.equal(person.skipped, 3, 'changed rows')
  assertBalanced(resumed)
  const codes = (code: string): readonly (string | undefined)[] =>
    resumed.findings.filter(finding => finding.code === code).map(finding => finding.where.entity)
  assert.deepEqual(codes('SOURCE_ROWS_CHANGED'), ['person'])
  assert.ok(codes('CONSISTENCY_MIXED').includes('person'))

  assert.deepEqual(await names(targets, [2, 3, 4, 21]), before, 'what was loaded is kept, also where the source has it no more')
  assert.deepEqual(await names(targets, [-7, 300]), [
    ['-7', 'Came late', null],
    ['300', 'Came last', '1'],
  ])
  const [account] = await targets.sql(
    'people',
    `select p.legacy_id from people.accounts a join people.persons p on p.id = a.person_id where a.legacy_id = -9 and a.tenant_id::text like '%1'`,
  )
  assert.deepEqual(account, ['-7'])

  const rows = await takeFingerprint(targets)
  const picture = await takePicture(targets)
  const again = await migrate(stage.options())
  assert.equal(again.status, 'findings')
  assert.equal(again.totals.loaded, 0)
  assert.deepEqual(await takeFingerprint(targets), rows)
  assert.deepEqual(differences(picture, await takePicture(targets)), [])
})

test('a tenant whose source did not live on is not held to one that did', { timeout: 120_000 }, async t => {
  const stage = await openStage(t)
  const alone = await stage.moreTargets('alone')
  const expected = await migrate(stage.options(alone))
  let seen = 0
  const at = (seam: string): void => {
    if (seam === 'after_batch_commit' && ++seen === 30) throw new Error('the end')
  }
  await assert.rejects(migrate({ ...stage.options(), hooks: { at } }), /the end/)
  await stage.legacy.script('north', LIFE)
  const resumed = await migrate({ ...stage.options(), resume: true })
  const south = (result: MigrateResult): unknown =>
    result.entities.filter(entity => entity.tenant === 'south').map(({ seconds: _, ...entity }) => entity)
  assert.deepEqual(south(resumed), south(expected))
  assertBalanced(resumed)
})

function of({ entities }: MigrateResult, name: string): EntityResult {
  return entities.find(({ entity, tenant }) => entity === name && tenant === 'north') ?? assert.fail(name)
}

function assertBalanced({ entities }: MigrateResult): void {
  for (const { entity, tenant, read, loaded, updated, unchanged, merged, skipped, excluded, quarantined } of entities)
    assert.equal(loaded + updated + unchanged + merged + skipped + excluded + quarantined, read, `${tenant} ${entity}`)
}

/** North’s persons of these keys: key, name, the key of the manager. */
async function names(targets: Targets, keys: readonly number[]): Promise<unknown> {
  return targets.sql(
    'people',
    `select p.legacy_id, p.name, m.legacy_id from people.persons p left join people.persons m on m.id = p.manager_id
    where p.tenant_id::text like '%1' and p.legacy_id in (${keys.join(', ')}) order by p.legacy_id`,
  )
}
