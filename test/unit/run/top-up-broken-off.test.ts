import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SEAMS, type Seam } from '../../../src/run/seams.ts'
import { CLEAN, schoolBed } from './school.ts'

const SELECTION = { topUp: true, deleteGone: true } as const
type SchoolBed = ReturnType<typeof schoolBed>

async function changedBed(): Promise<SchoolBed> {
  const bed = schoolBed({ ADAMS: { staff: [...CLEAN.staff, [4, null, 'Guest'], [5, 4, 'Guest of the guest']] } })
  await bed.run({ batchRows: 1 })
  change(bed, 'Anna')
  return bed
}

function change(bed: SchoolBed, name: string): void {
  const place = { source: 'legacy', tenant: 'ADAMS' }
  bed.replaceRows({ ...place, table: 'school' }, [
    [1, 'North!'],
    [3, 'East'],
  ])
  bed.replaceRows({ ...place, table: 'student' }, [
    [1, 1, name, '1', 'no age'],
    [3, 3, 'Cem', null, null],
    [4, 3, 'Dana', null, null],
  ])
  bed.replaceRows({ ...place, table: 'staff' }, [
    [1, 3, 'Head'],
    [2, 1, 'Teacher'],
    [3, null, 'Deputy'],
    [6, 77, 'Of nobody'],
  ])
}

/** What must not depend on how often it was broken off. */
async function pictureOf(bed: SchoolBed): Promise<unknown> {
  const tables = ['core.schools', 'core.students', 'core.contacts', 'core.staff']
  const rows = tables.map(table =>
    bed
      .rows('app', table)
      .map(row => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
      .toSorted(),
  )
  const known = []
  for (const entity of [1, 2, 3])
    for await (const chunk of bed.ledger('app').knownKeys(entity, 1))
      known.push(...chunk.map(({ key, state }) => `${entity} ${key} ${state}`))
  return { rows, known: known.toSorted(), quarantine: (await bed.quarantine()).toSorted() }
}

async function brokenOff(bed: SchoolBed, seam: Seam, nth: number): Promise<string | null> {
  let seen = 0
  let run: string | null = null
  const at = (name: Seam): void => {
    if (name === seam && seen++ === nth) throw new Error('the end')
  }
  await bed.run({ selection: SELECTION, batchRows: 1, hooks: { at } }).catch(async error => {
    assert.match(String(error), /the end/)
    run = (await bed.ledger('app').runs())[0]?.id ?? null
  })
  return run
}

test('a top-up run that is broken off at any seam and taken up again ends as one that was not, with the same counts', async t => {
  const whole = await changedBed()
  const expected = await whole.run({ selection: SELECTION, batchRows: 1 })
  const picture = await pictureOf(whole)
  for (const seam of SEAMS) {
    for (const nth of [0, 1, 3]) {
      const bed = await changedBed()
      const run = await brokenOff(bed, seam, nth)
      if (run === null) continue
      await t.test(`${seam} ${nth}`, async () => {
        const resumed = await bed.run({ resume: run, batchRows: 1 })
        assert.deepEqual(resumed.end.failures, [])
        assert.deepEqual(resumed.counts, expected.counts)
        assert.deepEqual(await pictureOf(bed), picture)
      })
    }
  }
})

test('a source that changes again before the run is taken up: rows updated in the first pass are counted as updated', async () => {
  for (const nth of [2, 5, 8]) {
    const bed = await changedBed()
    const run = await brokenOff(bed, 'after_batch_commit', nth)
    assert.ok(run)
    change(bed, 'Annette')
    const whole = await changedBed()
    change(whole, 'Annette')
    const expected = await whole.run({ selection: SELECTION, batchRows: 1 })
    const resumed = await bed.run({ resume: run, batchRows: 1 })
    assert.deepEqual(resumed.counts['student/ADAMS'], expected.counts['student/ADAMS'])
    assert.deepEqual(resumed.counts['school/ADAMS'], expected.counts['school/ADAMS'])
    assert.deepEqual(await pictureOf(bed), await pictureOf(whole))
  }
})
