import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { migrate, SEAMS, type Seam } from '../../src/index.ts'
import { type PrivateServer, privateServer } from '../support/postgres.ts'
import { EXPECTED, FAULTS, type Fault, type Outcome } from './expected-outcomes.ts'
import { type CaseEnd, type FaultCase, runCase, type Setting } from './fault-case.ts'
import { accountOf, takePicture } from './picture.ts'
import { makeTemplates, openLegacy, type TargetTemplates } from './scene.ts'

/**
 * Guarantees 1 and 3. Environment: REHOUSE_FAULT=full tries every time an instant comes, not only the first, the middle and the last; `full PART` and `PART`: only the cases whose title has that part.
 */
const WISH = process.env.REHOUSE_FAULT ?? ''
const IS_FULL = /^full\b/.test(WISH)
const PART = WISH.replace(/^full ?/, '')
const BATCH_ROWS = 50
const LANES = 2
/** Two cores: one case waits while the other works. */
const AT_ONCE = 2
const QUIET = { autovacuum: 'off' } as const

test('whatever ends a run at whatever instant, taken up again it gives what an uninterrupted run gives', { timeout: 900_000 }, async t => {
  const { setting, counts, templates } = await prepare(t)
  const cases = chooseCases(counts)
  const ends = new Map<FaultCase, CaseEnd>()
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < cases.length; i = next++) {
      const one = cases[i] as FaultCase
      await t.test(titleOf(one), async () => void ends.set(one, await tryCase(one, { i, setting, templates })))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  if (PART === '') await checkWhole(t, ends)
})

interface Prepared {
  readonly setting: Setting
  /** How often an uninterrupted run comes to each instant. */
  readonly counts: ReadonlyMap<Seam, number>
  readonly templates: { readonly steady: TargetTemplates; readonly crashing: TargetTemplates }
}

async function prepare(t: TestContext): Promise<Prepared> {
  const [legacy, server, crashing] = await Promise.all([
    openLegacy(t),
    privateServer(t, { settings: QUIET }),
    privateServer(t, { settings: QUIET }),
  ])
  const templates = { steady: await makeTemplates(server, 'steady'), crashing: await makeTemplates(crashing, 'crashing') }
  const targets = await templates.steady.copy('expected')
  const counts = new Map<Seam, number>()
  const result = await migrate({
    manifest: legacy.manifest,
    env: { ...legacy.env, ...targets.env },
    batchRows: BATCH_ROWS,
    lanes: LANES,
    hooks: { at: seam => void counts.set(seam, (counts.get(seam) ?? 0) + 1) },
  })
  assert.equal(result.status, 'findings')
  assert.deepEqual([...counts.keys()].sort(), [...SEAMS].sort(), 'the fixture comes to every instant')
  const expected = { picture: await takePicture(targets), account: accountOf(result) }
  return { counts, templates, setting: { legacy, batchRows: BATCH_ROWS, lanes: LANES, expected, crashServer: () => crash(crashing) } }
}

async function crash(server: PrivateServer): Promise<void> {
  await server.kill()
  await server.restart()
}

/** Where in the run each fault strikes, so that together they come everywhere: an instant’s first time is among the shared rows, its last in the last table. */
const SPOTS = { throw: 'middle', kill: 'last', backend: 'last', cut: 'middle', server: 'middle' } as const

/** Where the process is killed the first time too. */
const FATAL_SEAMS: readonly Seam[] = [
  'rows_copied',
  'before_batch_commit',
  'after_batch_commit',
  'before_correction_commit',
  'after_correction_commit',
  'between_rebuilds',
]

/** A run in so many ends with a rerun. */
const RERUN_EVERY = 3

/** A server that starts again takes its time. */
const SERVER_SEAMS: readonly Seam[] = [
  'steps_applied',
  'rows_copied',
  'after_batch_commit',
  'before_correction_commit',
  'between_rebuilds',
  'before_finish',
]

function chooseCases(counts: ReadonlyMap<Seam, number>): readonly FaultCase[] {
  const cases: FaultCase[] = []
  for (const fault of FAULTS) {
    for (const [seam, count] of counts) {
      if (fault === 'server' && !IS_FULL && !SERVER_SEAMS.includes(seam)) continue
      for (const occurrence of timesOf(seam, { fault, count }))
        cases.push({
          seam,
          occurrence,
          fault,
          isStirred: cases.length % 2 === 1,
          isRunAgain: WISH !== '' || cases.length % RERUN_EVERY === 0,
        })
    }
  }
  return cases.filter(one => titleOf(one).includes(PART))
}

function timesOf(seam: Seam, { fault, count }: { fault: Fault; count: number }): ReadonlySet<number> {
  if (IS_FULL) return new Set(Array.from({ length: count }, (_, i) => i + 1))
  const time = SPOTS[fault] === 'middle' ? Math.ceil(count / 2) : count
  return new Set(fault === 'kill' && FATAL_SEAMS.includes(seam) ? [1, time] : [time])
}

function titleOf({ fault, seam, occurrence, isStirred }: FaultCase): string {
  return `${fault} at ${seam}, time ${occurrence}${isStirred ? ', the source stirred' : ''}`
}

/** One after the other: they share a server that is killed. */
let turn: Promise<unknown> = Promise.resolve()

async function tryCase(
  one: FaultCase,
  { i, setting, templates }: { i: number; setting: Setting; templates: Prepared['templates'] },
): Promise<CaseEnd> {
  const run = async (source: TargetTemplates): Promise<CaseEnd> => {
    const targets = await source.copy(`case_${i}`)
    const end = await runCase(one, targets, setting)
    assert.ok(
      EXPECTED[one.seam][one.fault].includes(end.outcome),
      `expected it to be ${EXPECTED[one.seam][one.fault].join(' or ')}, got ${end.outcome}`,
    )
    await targets.drop()
    return end
  }
  if (one.fault !== 'server') return run(templates.steady)
  const mine = turn.then(() => run(templates.crashing))
  turn = mine.catch(() => undefined)
  return mine
}

/** The table of docs/reliability.md says nothing that was not seen. */
async function checkWhole(t: TestContext, ends: ReadonlyMap<FaultCase, CaseEnd>): Promise<void> {
  await t.test('both ways of taking a task up were gone: from its position, and by reading it again', () => {
    const resumed = [...ends.values()].filter(end => end.outcome === 'resumed')
    assert.ok(resumed.some(end => end.isMixed))
    assert.ok(resumed.some(end => !end.isMixed))
  })
  const seen = new Map<string, Set<Outcome>>()
  for (const [{ seam, fault }, { outcome }] of ends) {
    const name = `${seam} ${fault}`
    seen.set(name, (seen.get(name) ?? new Set<Outcome>()).add(outcome))
  }
  for (const [name, outcomes] of seen) t.diagnostic(`${name}: ${[...outcomes].join(' or ')}`)
}
