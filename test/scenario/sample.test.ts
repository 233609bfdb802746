import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrate, report, retryQuarantine, status, verify } from '../../src/index.ts'
import type { MigrateResult } from '../../src/model/results.ts'
import { differences, type Picture, takePicture } from '../fault/picture.ts'
import { openStage } from './stage.ts'

const TIMEOUT = { timeout: 240_000 }
const SAMPLE = 12

/** By their text: what only the ledger of a run says, and what a trigger wrote of when, is left out. */
function rowsOf(picture: Picture, part: RegExp): ReadonlySet<string> {
  const wanted = Object.entries(picture).filter(([name]) => part.test(name))
  return new Set(wanted.flatMap(([name, rows]) => rows.map(row => JSON.stringify([name, ...row]))))
}

const TABLES = /^(people|facts)\.(?!.*history)/

/** One stage for all: its servers take longer than what is done with them. */
test('samples on PostgreSQL', TIMEOUT, async t => {
  const stage = await openStage(t)
  const { legacy, targets } = stage
  const options = stage.options()
  const whole = await stage.moreTargets('whole')
  await migrate(stage.options(whole))
  const straight = await migrate({ ...options, sample: SAMPLE })
  const drawn = await takePicture(targets)

  await t.test(
    'a sample is a part of the whole migration, row by row: nothing is loaded otherwise, nothing refused for another reason',
    async () => {
      assert.deepEqual(straight.failures, [])
      assert.equal(straight.sample, SAMPLE)
      for (const { entity, tenant, read } of straight.entities)
        if (tenant !== null) assert.ok(read >= SAMPLE - 4, `${entity} ${tenant} ${read}`)
      const all = await takePicture(whole)
      assert.deepEqual(missingIn(rowsOf(all, TABLES), rowsOf(drawn, TABLES)), [])
      assert.deepEqual(missingIn(rowsOf(all, /quarantine/), rowsOf(drawn, /quarantine/)), [])
      assert.ok(rowsOf(drawn, TABLES).size * 2 < rowsOf(all, TABLES).size)
    },
  )

  await t.test('a dry sample reads the rows a real one does', async () => {
    const dry = await migrate({ ...stage.options(whole), sample: SAMPLE, dryRun: true })
    assert.equal(dry.sample, SAMPLE)
    const read = ({ entities }: MigrateResult): unknown => entities.map(line => [line.entity, line.tenant, line.read].join()).toSorted()
    assert.deepEqual(read(dry), read(straight))
  })

  await t.test('verify says equal at every level, and never complete', async () => {
    for (const level of ['standard', 'rigorous'] as const) {
      const proof = await verify({ manifest: legacy.manifest, env: { ...legacy.env, ...targets.env }, level })
      assert.deepEqual(
        [proof.outcome, proof.parity, proof.sample],
        ['equal', 'none', SAMPLE],
        JSON.stringify(proof.differences.slice(0, 3)),
      )
    }
  })

  await t.test('status and report say that it is a sample', async () => {
    assert.deepEqual(
      (await status(options)).runs.map(run => run.sample),
      [SAMPLE],
    )
    const told = await report({ ...options, run: 'latest' })
    assert.equal(told.report.run.sample, SAMPLE)
    assert.ok(told.report.checks.some(({ check, outcome }) => check === 'all rows were read' && outcome === 'not_met'))
  })

  await t.test('whole tables are not put beside it, nor it beside whole tables', async () => {
    await assert.rejects(migrate(options), { code: 'TARGET_HOLDS_SAMPLE' })
    await assert.rejects(migrate({ ...options, dryRun: true }), { code: 'TARGET_HOLDS_SAMPLE' })
    await assert.rejects(migrate({ ...stage.options(whole), sample: SAMPLE }), { code: 'TARGET_HOLDS_ROWS' })
  })

  await t.test('broken off and taken up again it draws what it began with, and ends as one that was not', async () => {
    const again = await stage.moreTargets('again')
    let seen = 0
    const at = (name: string): void => {
      if (name === 'after_batch_commit' && ++seen === 9) throw new Error('the end')
    }
    await assert.rejects(migrate({ ...stage.options(again), sample: SAMPLE, batchRows: 5, hooks: { at } }), /the end/)
    const resumed = await migrate({ ...stage.options(again), batchRows: 5, resume: true })
    assert.deepEqual([resumed.totals, resumed.sample], [straight.totals, SAMPLE])
    assert.deepEqual(differences(partsOf(drawn), partsOf(await takePicture(again))), [])
  })

  await t.test('a retry of its quarantine keeps to it', async () => {
    const retried = await retryQuarantine(options)
    assert.deepEqual([retried.totals.loaded, retried.sample], [0, SAMPLE])
    const rows = (picture: Picture): Picture => Object.fromEntries(Object.entries(picture).filter(([name]) => TABLES.test(name)))
    assert.deepEqual(differences(rows(drawn), rows(await takePicture(targets))), [])
  })
})

function missingIn(rows: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...others].filter(row => !rows.has(row))
}

/** Not what a trigger wrote of when. */
function partsOf(picture: Picture): Picture {
  return Object.fromEntries(Object.entries(picture).filter(([name]) => !/history|catalogue/.test(name)))
}
