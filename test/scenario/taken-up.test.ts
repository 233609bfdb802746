import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { migrate, RehouseError, type Seam } from '../../src/index.ts'
import { accountOf, differences, type Picture, takePicture } from '../fault/picture.ts'
import { writeManifest } from '../fault/scene.ts'
import { openStage, type Stage } from './stage.ts'

test('an interrupted run stops after the batch at hand with status interrupted, and a resume completes it', {
  timeout: 180_000,
}, async t => {
  const stage = await openStage(t)
  const alone = await stage.moreTargets('alone')
  const expected = await migrate(stage.options(alone))
  const moments: readonly (readonly [Seam, number])[] = [
    ['run_recorded', 1],
    ['batch_filled', 20],
    ['before_settle', 1],
    ['after_batch_commit', 50],
  ]
  for (const [seam, time] of moments) {
    const targets = await stage.moreTargets(`at_${seam}`)
    const broken = await interruptAt(stage, { targets, seam, time })
    assert.equal(broken.status, 'interrupted', seam)
    assert.deepEqual(
      broken.failures.map(failure => failure.code),
      ['INTERRUPTED'],
    )
    assert.deepEqual(await targets.sql('people', 'select status from rehouse.run'), [['interrupted']])
    const resumed = await migrate({ ...stage.options(targets), resume: true })
    assert.equal(resumed.run, broken.run)
    assert.deepEqual(accountOf(resumed), accountOf(expected), seam)
    assert.deepEqual(differences(await takePicture(alone), await takePicture(targets)), [], seam)
  }
})

test('a run that was interrupted and is not resumed but run anew ends with the same rows', { timeout: 120_000 }, async t => {
  const stage = await openStage(t)
  const alone = await stage.moreTargets('alone')
  const expected = await migrate(stage.options(alone))
  const broken = await interruptAt(stage, { targets: stage.targets, seam: 'after_batch_commit', time: 6 })
  assert.equal(broken.status, 'interrupted')
  const anew = await migrate(stage.options())
  assert.notEqual(anew.run, broken.run)
  assert.equal(anew.status, expected.status)
  assert.equal(anew.totals.loaded + anew.totals.unchanged, expected.totals.loaded)
  assert.deepEqual(differences(rowsOf(await takePicture(alone)), rowsOf(await takePicture(stage.targets))), [])
})

test('another mapping, another salt or another source database is refused in one sentence, and nothing is touched', {
  timeout: 120_000,
}, async t => {
  const stage = await openStage(t)
  const { targets, legacy } = stage
  const broken = await interruptAt(stage, { targets, seam: 'after_batch_commit', time: 20 })
  const before = await takePicture(targets)
  const text = readFileSync(legacy.manifest, 'utf8')
  const elsewhere = {
    ...stage.options().env,
    LEGACY_TENANT: String(legacy.env.LEGACY_SHARED).replace('legacy_login', 'legacy_{tenant.swapped}'),
  }
  const swapped = text.replaceAll('code: north,', 'code: north, swapped: south,').replaceAll('code: south,', 'code: south, swapped: north,')
  const refusals: readonly (readonly [code: string, exit: number, Partial<Parameters<typeof migrate>[0]>])[] = [
    [
      'MAPPING_CHANGED',
      2,
      {
        manifest: writeManifest(
          t,
          text.replace('name: name, email', 'name: "upper(name)", email').replace('name: name\n', 'name: upper(name)\n'),
        ),
      },
    ],
    ['SALT_CHANGED', 2, { env: { ...stage.options().env, REHOUSE_SALT: 'another salt for tests, 32 bytes' } }],
  ]
  for (const [code, exit, change] of refusals) {
    for (const resume of [{ resume: true as const }, {}]) {
      await assert.rejects(migrate({ ...stage.options(), ...change, ...resume }), error => {
        assert.ok(error instanceof RehouseError, String(error))
        assert.equal(error.code, code)
        assert.equal(error.exit, exit)
        assert.match(error.message, /^expected [^.]+, got [^.]+$/)
        assert.ok(!error.message.includes('salt for tests'))
        return true
      })
    }
  }
  const other = await migrate({ ...stage.options(), manifest: writeManifest(t, swapped), env: elsewhere, resume: true })
  assert.equal(other.status, 'failed')
  assert.deepEqual([...new Set(other.failures.map(failure => failure.code))], ['SOURCE_CHANGED'])
  assert.deepEqual(other.failures.map(failure => failure.where.tenant).sort(), ['north', 'south'])
  assert.deepEqual(differences(rowsOf(before), rowsOf(await takePicture(targets))), [])
  const resumed = await migrate({ ...stage.options(), resume: true })
  assert.equal(resumed.run, broken.run)
  assert.equal(resumed.status, 'findings')
})

/** Without what belongs to a run or is set aside while one is under way. */
function rowsOf(picture: Picture): Picture {
  return Object.fromEntries(Object.entries(picture).filter(([part]) => !/ (tasks|catalogue|debts)$/.test(part)))
}

async function interruptAt(stage: Stage, of: { targets: Stage['targets']; seam: Seam; time: number }): ReturnType<typeof migrate> {
  const stop = new AbortController()
  let seen = 0
  const at = (seam: Seam): void => {
    if (seam === of.seam && ++seen === of.time) stop.abort()
  }
  return migrate({ ...stage.options(of.targets), signal: stop.signal, hooks: { at } })
}
