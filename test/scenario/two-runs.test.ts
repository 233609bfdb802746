import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { migrate, RehouseError } from '../../src/index.ts'
import { accountOf, differences, takeFingerprint, takePicture } from '../fault/picture.ts'
import { SERVICES, type Targets } from '../fault/scene.ts'
import { sql } from '../support/postgres.ts'
import { openStage, type Stage } from './stage.ts'

test('a second run beside the first is refused with exit status 5 and names who holds the target; one that waits runs after it', {
  timeout: 120_000,
}, async t => {
  const stage = await openStage(t)
  const reached = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const hooks = {
    at: async (seam: string) => {
      if (seam !== 'before_settle') return
      reached.resolve()
      await goOn.promise
    },
  }
  const first = migrate({ ...stage.options(), operator: 'ada', hooks })
  await reached.promise
  await assert.rejects(migrate({ ...stage.options(), operator: 'bob' }), error => {
    assert.ok(error instanceof RehouseError)
    assert.equal(error.code, 'TARGET_HELD')
    assert.equal(error.exit, 5)
    assert.match(error.message, /of ada on .* \(process \d+\) since /)
    return true
  })
  let isWaiting = true
  const third = migrate({ ...stage.options(), operator: 'eve', wait: true }).finally(() => {
    isWaiting = false
  })
  await sleep(500)
  assert.ok(isWaiting, 'the one that waits has not run')
  goOn.resolve()
  const [before, after] = [await first, await third]
  assert.equal(before.status, 'findings')
  assert.equal(after.status, 'findings')
  assert.notEqual(after.run, before.run)
  assert.equal(after.totals.loaded, 0)
  assert.equal(after.totals.unchanged, before.totals.loaded)
})

test('two runs begun in the same instant: one runs, the other is refused, every row is there once', { timeout: 120_000 }, async t => {
  const stage = await openStage(t)
  const ends = await Promise.allSettled([migrate(stage.options()), migrate(stage.options()), migrate(stage.options())])
  const done = ends.filter(end => end.status === 'fulfilled')
  assert.equal(done.length, 1)
  for (const end of ends) if (end.status === 'rejected') assert.equal(end.reason.code, 'TARGET_HELD')
  const alone = await stage.moreTargets('alone')
  const expected = await migrate(stage.options(alone))
  assert.deepEqual(accountOf(done[0]?.value ?? expected), accountOf(expected))
  assert.deepEqual(differences(await takePicture(alone), await takePicture(stage.targets)), [])
})

test('a process that was frozen and whose task another took over writes nothing when it wakes', { timeout: 180_000 }, async t => {
  const stage = await openStage(t)
  const alone = await stage.moreTargets('alone')
  const expected = await migrate(stage.options(alone))
  for (const seam of ['rows_copied', 'before_batch_commit']) {
    const targets = await stage.moreTargets(`frozen_${seam}`)
    const sleeper = await freeze(stage, { seam, occurrence: 20, targets })
    // Its sessions live as long as it does, and with them its lock: the operator ends them, as a server does that gets no answer.
    for (const service of SERVICES) await endSessions(targets.url(service))
    const result = await migrate({ ...stage.options(targets), resume: true })
    assert.deepEqual(accountOf(result), accountOf(expected))
    const before = await takeFingerprint(targets)
    sleeper.kill('SIGCONT')
    const [status] = await sleeper.ended
    assert.notEqual(status, 0, 'it says that it did not finish')
    assert.deepEqual(await takeFingerprint(targets), before)
    assert.deepEqual(differences(await takePicture(alone), await takePicture(targets)), [])
  }
})

test('a batch of a task that was taken over is refused by its fence, whatever else of the old run is still alive', {
  timeout: 120_000,
}, async t => {
  const stage = await openStage(t)
  const { targets } = stage
  let hits = 0
  // Somebody raises the fence between the COPY and the commit, as a run on another machine would; only the fence can tell.
  const hooks = {
    at: async (seam: string, { entity }: { readonly entity?: string }) => {
      if (seam !== 'rows_copied' || entity !== 'account' || hits++ > 0) return
      await targets.sql(
        'people',
        `update rehouse.task set fence = fence + 1 where entity = (select number from rehouse.entity where name = 'account')`,
      )
    },
  }
  const broken = await migrate({ ...stage.options(), lanes: 1, hooks })
  assert.equal(broken.status, 'failed')
  assert.deepEqual(
    broken.failures.map(failure => [failure.code, failure.where.entity]),
    [['FENCE_LOST', 'account']],
  )
  const loaded = await targets.sql(
    'people',
    `select count(*) from people.accounts a where not exists (select from rehouse.id_map_integer m where m.id = a.id)`,
  )
  assert.deepEqual(loaded, [['0']], 'no row without its ledger row')
  const resumed = await migrate({ ...stage.options(), resume: true })
  const alone = await stage.moreTargets('alone')
  assert.deepEqual(accountOf(resumed), accountOf(await migrate(stage.options(alone))))
  assert.deepEqual(differences(await takePicture(alone), await takePicture(targets)), [])
})

interface Sleeper {
  kill(signal: NodeJS.Signals): void
  /** Exit status and signal. */
  readonly ended: Promise<readonly [number | null, string | null]>
}

const CHILD = fileURLToPath(new URL('../fault/migrate-child.ts', import.meta.url))

/** A process that stands still at a seam. */
async function freeze(
  stage: Stage,
  { seam, occurrence, targets }: { seam: string; occurrence: number; targets: Targets },
): Promise<Sleeper> {
  const { manifest, env, batchRows, lanes } = stage.options(targets)
  const task = JSON.stringify({ manifest, env, batchRows, lanes, seam, occurrence, signal: 'SIGSTOP' })
  const child = spawn(process.execPath, [CHILD, task], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(child, 'close').then(([status, signal]) => [status, signal] as const)
  const said = await Promise.race([once(child.stdout, 'data'), ended])
  assert.match(String(said[0]), /standing still/)
  return { kill: signal => void child.kill(signal), ended }
}

async function endSessions(url: string): Promise<void> {
  const ours = `from pg_stat_activity where datname = current_database() and application_name = 'rehouse'`
  await sql(url, `select pg_terminate_backend(pid, 5000) ${ours}`)
  assert.deepEqual(await sql(url, `select count(*) ${ours}`), [['0']])
}
