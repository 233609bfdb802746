import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row, Told } from '../../support/memory-migration.ts'
import { verifyOpened } from '../../support/verify-bed.ts'
import { schoolBed } from './school.ts'

const SCHOOLS = 40
const STUDENTS = 400

/** Every student of one of many schools, half of the schools without any; staff report to the one before them. */
function many(): { schools: readonly Row[]; students: readonly Row[]; staff: readonly Row[] } {
  return {
    schools: Array.from({ length: SCHOOLS }, (_, i): Row => [i + 1, `School ${i + 1}`]),
    students: Array.from({ length: STUDENTS }, (_, i): Row => [i + 1, 1 + ((i * 7) % (SCHOOLS / 2)), `Student ${i + 1}`, null, null]),
    staff: Array.from({ length: 60 }, (_, i): Row => [i + 1, i === 0 ? null : i, `Staff ${i + 1}`]),
  }
}

type SchoolBed = ReturnType<typeof schoolBed>

const bed = (): SchoolBed => schoolBed({ ADAMS: many() })

const read = (told: Pick<Told, 'counts'>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(told.counts).map(([place, counts]) => [place, counts.read ?? 0]))

test('a sample has about so many rows of each entity and tenant, with all they refer to: nothing is orphaned by the drawing', async () => {
  const one = bed()
  const told = await one.run({ selection: { sample: 10 } })
  assert.equal(told.end.status, 'clean')
  assert.deepEqual(told.end.failures, [])
  assert.equal(told.counts['student/ADAMS']?.read, 10)
  const schools = told.counts['school/ADAMS']?.read ?? 0
  assert.ok(schools >= 10 && schools <= 14, String(schools))
  // Staff refer to staff, however far: who is drawn brings all above them.
  const staff = told.counts['staff/ADAMS']?.read ?? 0
  assert.ok(staff >= 10, String(staff))
  // A tenant with fewer rows gives all of them.
  assert.equal(told.counts['student/BAKER']?.read, 3)
  assert.deepEqual(await one.quarantine(), [])
})

test('the same content gives the same sample, whatever batches and lanes, dry or not', async () => {
  const seen = []
  for (const wish of [{ batchRows: 1 }, { batchRows: 1000 }, { batchRows: 3, lanes: 2 }]) {
    const one = bed()
    const dry = await one.dry({ ...wish, selection: { sample: 10 } })
    const told = await one.run({ ...wish, selection: { sample: 10 } })
    assert.deepEqual(read(dry), read(told))
    seen.push(
      one
        .rows('app', 'core.students')
        .map(row => row.join())
        .toSorted(),
    )
  }
  assert.deepEqual(seen[1], seen[0])
  assert.deepEqual(seen[2], seen[0])
})

test('a second run of the sample changes nothing; one of more rows adds to it', async () => {
  const one = bed()
  const first = await one.run({ selection: { sample: 10 } })
  one.target('app').forgetStatements()
  const again = await one.run({ selection: { sample: 10 } })
  assert.deepEqual(one.target('app').told(), [])
  assert.deepEqual(read(again), read(first))
  const more = await one.run({ selection: { sample: 20 } })
  assert.equal(more.counts['student/ADAMS']?.unchanged, 10)
  assert.equal(more.counts['student/ADAMS']?.loaded, 10)
  const less = await one.run({ selection: { sample: 5 } })
  assert.deepEqual(read(less), read(more))
})

test('a sample is verified against the rows that were drawn, and is never complete', async () => {
  const one = bed()
  await one.run({ selection: { sample: 10 } })
  for (const level of ['basic', 'standard', 'rigorous'] as const) {
    const result = await verifyOpened(one.migration, { level })
    assert.deepEqual([result.outcome, result.parity, result.sample], ['equal', 'none', 10], level)
    assert.deepEqual(result.differences, [])
  }
})

test('a part of a sample is verified by drawing from what was drawn', async () => {
  const one = bed()
  await one.run({ selection: { sample: 100 } })
  const result = await verifyOpened(one.migration, { sample: 50 })
  assert.equal(result.outcome, 'equal')
  const students = result.entities.find(({ entity, tenant }) => entity === 'student' && tenant === 'ADAMS')
  assert.ok((students?.compared ?? 0) >= 50, String(students?.compared))
})

test('all rows are not put beside a sample, nor a sample beside all rows: each is refused with the way out', async () => {
  const sampled = bed()
  await sampled.run({ selection: { sample: 10 } })
  await assert.rejects(sampled.run(), { code: 'TARGET_HOLDS_SAMPLE', next: /empty targets/ })
  const whole = bed()
  await whole.run()
  await assert.rejects(whole.run({ selection: { sample: 10 } }), { code: 'TARGET_HOLDS_ROWS', next: /empty databases/ })
})

test('a dry sample may be drawn of what is migrated already', async () => {
  const one = bed()
  await one.run()
  const dry = await one.dry({ selection: { sample: 10 } })
  assert.equal(dry.counts['student/ADAMS']?.unchanged, 10)
})

test('a sample is topped up: what changed is updated, and what was drawn stays drawn though new rows came', async () => {
  const one = bed()
  await one.run({ selection: { sample: 10 } })
  const rows = many()
  const changed = rows.students.map((row): Row => [row[0] ?? null, row[1] ?? null, `${String(row[2])}!`, null, null])
  const added = Array.from({ length: 200 }, (_, i): Row => [STUDENTS + 1 + i, 1, `New ${i}`, null, null])
  one.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, [...changed, ...added])
  const told = await one.run({ selection: { sample: 10, topUp: true } })
  assert.equal(told.counts['student/ADAMS']?.updated, 10)
  assert.deepEqual((await verifyOpened(one.migration)).differences, [])
})

test('a sample that was broken off before it read a row makes no sample of what comes after it', async () => {
  const one = bed()
  const at = (seam: string): void => {
    if (seam === 'run_recorded') throw new Error('the end')
  }
  await assert.rejects(one.run({ selection: { sample: 10 }, hooks: { at } }), /the end/)
  const told = await one.run()
  assert.equal(told.counts['student/ADAMS']?.read, STUDENTS)
  assert.equal(told.end.status, 'clean')
  const verified = await verifyOpened(one.migration, { level: 'standard' })
  assert.deepEqual([verified.outcome, verified.sample], ['equal', undefined])
})
