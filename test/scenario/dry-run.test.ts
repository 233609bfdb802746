import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { check, migrate, plan } from '../../src/index.ts'
import type { EntityResult, MigrateResult } from '../../src/model/results.ts'
import { script } from '../support/postgres.ts'
import { openStage, type Stage } from './stage.ts'

test('a dry run takes no transaction number on the target and leaves no schema; its counts are those of the run after it, but for what only the server refuses', {
  timeout: 180_000,
}, async t => {
  const stage = await openStage(t)
  const before = await transactionNumbers(stage)
  const dry = await migrate({ ...stage.options(), dryRun: true })
  await check(stage.options())
  await plan(stage.options())
  assert.deepEqual(await transactionNumbers(stage), before, 'nothing was written, on either side')
  assert.deepEqual(await stage.targets.sql('people', `select count(*) from pg_namespace where nspname = 'rehouse'`), [['0']])
  assert.deepEqual(dry.failures, [])
  assert.ok(dry.not_tried.includes('people: people.person_details check age_is_human'), dry.not_tried.join('\n'))

  const real = await migrate(stage.options())
  for (const [expected, counted] of pairs(real, dry)) {
    const place = `${expected.tenant} ${expected.entity}`
    assert.equal(counted.read, expected.read, place)
    assert.ok(counted.quarantined <= expected.quarantined, place)
  }
  assert.ok(real.totals.quarantined > dry.totals.quarantined, 'the server refused rows')
  await assertAudit(stage, dry)
})

test('where the server has nothing to refuse, a dry run counts exactly as the run after it, and again beside what is loaded', {
  timeout: 180_000,
}, async t => {
  const stage = await openStage(t)
  await relax(stage)
  const dry = await migrate({ ...stage.options(), dryRun: true })
  const real = await migrate(stage.options())
  assert.deepEqual(countsOf(dry), countsOf(real))
  assert.deepEqual(sorted(dry.outcomes), sorted(real.outcomes))
  assert.equal(dry.status, real.status)

  const before = await transactionNumbers(stage)
  const dryAgain = await migrate({ ...stage.options(), dryRun: true })
  assert.deepEqual(await transactionNumbers(stage), before)
  const again = await migrate(stage.options())
  assert.deepEqual(countsOf(dryAgain), countsOf(again))
  assert.equal(dryAgain.status, again.status)
})

test('a dry run after a run that was killed writes nothing, and knows the keys that are set aside', { timeout: 120_000 }, async t => {
  const stage = await openStage(t)
  let seen = 0
  const at = (seam: string): void => {
    if (seam === 'after_batch_commit' && ++seen === 25) throw new Error('the end')
  }
  await assert.rejects(migrate({ ...stage.options(), hooks: { at } }), /the end/)
  const before = await transactionNumbers(stage)
  const dry = await migrate({ ...stage.options(), dryRun: true })
  assert.deepEqual(dry.failures, [])
  assert.deepEqual(await transactionNumbers(stage), before)
  const { findings } = await check(stage.options())
  assert.deepEqual(
    findings.filter(finding => finding.severity === 'error'),
    [],
  )
})

/** Any write, even one that is rolled back, takes a number. Nobody else is on these servers. */
async function transactionNumbers({ targets, legacy }: Stage): Promise<unknown> {
  const text = 'select pg_snapshot_xmax(pg_current_snapshot())::text'
  return [await targets.sql('people', text), await legacy.sql('north', text)]
}

/** Takes away every rule that only the server holds rows to. */
async function relax({ targets }: Stage): Promise<void> {
  await script(
    targets.url('people'),
    'alter table people.person_details drop constraint age_is_human; alter table people.persons drop constraint persons_email; alter table people.countries drop constraint countries_name_check; alter table people.accounts drop constraint accounts_balance_check',
  )
  await script(
    targets.url('facts'),
    'alter table facts.documents drop constraint title_is_known; alter table facts.readings drop constraint value_is_small, drop constraint reading_once',
  )
}

/** Every row set aside has a line with its key and code, and no value. */
async function assertAudit(stage: Stage, dry: MigrateResult): Promise<void> {
  const file = join(dirname(stage.legacy.manifest), '.rehouse', 'audit', `${dry.run}.jsonl`)
  assert.ok(existsSync(file))
  const text = readFileSync(file, 'utf8')
  const lines = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.equal(lines.filter(line => line.intended === 'exclude').length, dry.totals.excluded)
  assert.ok(!text.includes('example.org'))
}

function pairs(a: MigrateResult, b: MigrateResult): readonly (readonly [EntityResult, EntityResult])[] {
  assert.equal(a.entities.length, b.entities.length)
  return a.entities.map(entity => [
    entity,
    b.entities.find(other => other.entity === entity.entity && other.tenant === entity.tenant) ?? assert.fail(entity.entity),
  ])
}

function countsOf({ entities }: MigrateResult): unknown {
  return entities
    .map(({ entity, tenant, read, loaded, unchanged, skipped, excluded, quarantined, parts_quarantined }) => ({
      entity,
      tenant,
      read,
      loaded,
      unchanged,
      skipped,
      excluded,
      quarantined,
      parts_quarantined,
    }))
    .sort((a, b) => (`${a.tenant} ${a.entity}` < `${b.tenant} ${b.entity}` ? -1 : 1))
}

function sorted(outcomes: MigrateResult['outcomes']): readonly string[] {
  return outcomes.map(({ entity, kind, column, code, count }) => [entity, kind, column, code, count].join(' ')).sort()
}
