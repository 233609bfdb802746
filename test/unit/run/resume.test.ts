import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { SEAMS, type Seam } from '../../../src/run/seams.ts'
import type { Bed, Row, Told } from '../../support/memory-migration.ts'
import { schoolBed } from './school.ts'

const MIXED = {
  ADAMS: {
    schools: [
      [1, 'North'],
      [2, 'excluded'],
      [3, 'refused'],
      [4, 'South'],
    ],
    students: Array.from(
      { length: 9 },
      (_, i): Row => [i + 1, (i % 5) + 1, `student ${i}`, i % 3 === 0 ? null : `${i}`, i % 4 === 0 ? 'x' : `${i}`],
    ),
    staff: [
      [1, 2, 'Ann'],
      [2, 3, 'Bob'],
      [3, 9, 'Cem'],
      [4, null, 'Dora'],
      [5, 4, 'Dora'],
      [6, 5, 'Eve'],
      [7, 4, 'Fay'],
    ],
  },
} as const

/** A hook that throws at the n-th time a seam is reached, once. */
function throwAt(seam: Seam, nth: number, error: Error = new Error(`stopped at ${seam}`)) {
  let times = 0
  return {
    hooks: {
      at: (at: Seam) => {
        if (at === seam && ++times === nth) throw error
      },
    },
    wasReached: () => times >= nth,
  }
}

/** Everything a person could see of a target and its ledger, whatever way it came there. */
async function content(bed: Bed, told: Told): Promise<unknown> {
  const tables = ['core.schools', 'core.students', 'core.contacts', 'core.staff']
  const rows = tables.map(table =>
    bed
      .rows('app', table)
      .map(row => JSON.stringify(row))
      .toSorted(),
  )
  const ledger = bed.migration.services[0]?.ledger
  const known = await Promise.all(
    [1, 2, 3].flatMap(entity =>
      [1, 2].map(async tenant => {
        const keys = []
        for await (const chunk of ledger?.knownKeys(entity, tenant) ?? []) keys.push(...chunk.map(key => JSON.stringify(key)))
        return keys.toSorted()
      }),
    ),
  )
  return { rows, known, quarantine: await bed.quarantine(), counts: told.counts, outcomes: told.outcomes, debts: await ledger?.debts() }
}

for (const batchRows of [2, 1000]) {
  test(`a run that dies at any seam and is resumed ends as one that did not (batches of ${batchRows} rows)`, async () => {
    const whole = schoolBed(MIXED)
    const expected = await content(whole, await whole.run({ batchRows }))
    const notReached: Seam[] = []
    for (const seam of SEAMS) {
      for (let nth = 1; nth <= 6; nth++) {
        const bed = schoolBed(MIXED)
        const { hooks, wasReached } = throwAt(seam, nth)
        const first = await bed.run({ hooks, batchRows }).catch((error: unknown) => error)
        if (!wasReached()) {
          if (nth === 1) notReached.push(seam)
          break
        }
        assert.ok(first instanceof Error, `${seam} ${nth}`)
        const told = await bed.run({ resume: 'latest', batchRows })
        assert.equal(told.end.run, 'run-1')
        assert.deepEqual(await content(bed, told), expected, `${seam} ${nth}`)
      }
    }
    assert.deepEqual(notReached, [])
  })
}

test('a run that dies and is followed by a new one ends with the same rows', async () => {
  const whole = schoolBed(MIXED)
  await whole.run()
  for (const seam of ['after_batch_commit', 'before_correction_commit', 'before_rebuild'] as const) {
    const bed = schoolBed(MIXED)
    const { hooks, wasReached } = throwAt(seam, 1)
    await assert.rejects(bed.run({ hooks, batchRows: 2 }))
    assert.ok(wasReached())
    await bed.run({ batchRows: 2 })
    assert.deepEqual(
      bed.rows('app', 'core.staff', ['id', 'name']).map(String).toSorted(),
      whole.rows('app', 'core.staff', ['id', 'name']).map(String).toSorted(),
      seam,
    )
    assert.deepEqual(await bed.quarantine(), await whole.quarantine(), seam)
  }
})

test('an error that passes is tried again in the same run, at every seam of a tenant', async () => {
  const whole = schoolBed(MIXED)
  const expected = await content(whole, await whole.run({ batchRows: 4 }))
  const seams = [
    'task_claimed',
    'rows_copied',
    'after_batch_commit',
    'before_settle',
    'before_correction_commit',
    'after_correction_commit',
  ] as const
  await Promise.all(
    seams.map(async seam => {
      const bed = schoolBed(MIXED)
      const passing = new RehouseError('TARGET_TRANSIENT', 'expected no deadlock, got one', { next: 'Try again.' })
      const { hooks, wasReached } = throwAt(seam, 1, passing)
      const told = await bed.run({ hooks, batchRows: 4 })
      assert.ok(wasReached())
      assert.deepEqual(told.end.failures, [])
      assert.ok(bed.events.some(event => event.type === 'task:retried' && event.code === 'TARGET_TRANSIENT'))
      assert.deepEqual(await content(bed, told), expected, seam)
    }),
  )
})

test('an interrupted run stops between batches, says so, and goes on when it is resumed', async () => {
  const whole = schoolBed(MIXED)
  const expected = await content(whole, await whole.run({ batchRows: 2 }))
  const bed = schoolBed(MIXED)
  const stop = new AbortController()
  let batches = 0
  const hooks = {
    at: (seam: Seam) => {
      if (seam === 'after_batch_commit' && ++batches === 3) stop.abort()
    },
  }
  const first = await bed.run({ hooks, batchRows: 2, signal: stop.signal })
  assert.equal(first.end.status, 'interrupted')
  assert.deepEqual(
    first.end.failures.map(failure => failure.code),
    ['INTERRUPTED'],
  )
  assert.deepEqual(await content(bed, await bed.run({ resume: 'latest', batchRows: 2 })), expected)
})
