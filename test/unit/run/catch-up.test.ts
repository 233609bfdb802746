import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_COUNTS } from '../../../src/model/counts.ts'
import type { TaskRecord } from '../../../src/model/ledger-records.ts'
import type { SeamPlace } from '../../../src/run/seams.ts'
import { startOf } from '../../../src/run/task-start.ts'
import type { Row } from '../../support/memory-migration.ts'
import { CLEAN, schoolBed } from './school.ts'

const snapshot = { id: 's2', marker: 'm1' }
const TASK: TaskRecord = {
  id: '1',
  run: 'run-1',
  entity: 1,
  tenant: 1,
  phase: 'all',
  service: 'app',
  state: 'running',
  fence: 1,
  backend: null,
  position: ['5'],
  pass: 1,
  snapshot: 's1',
  marker: 'm1',
  consistency: 'snapshot',
  sourceCount: null,
  counts: NO_COUNTS,
  seconds: 0,
  failure: null,
}

test('a task begins under a snapshot; goes on frozen where nothing changed; begins again where something may have', () => {
  const pending: TaskRecord = { ...TASK, state: 'pending', marker: null, snapshot: null, position: null, consistency: null }
  assert.deepEqual(startOf(pending, snapshot), { restart: false, pass: 1, consistency: 'snapshot' })
  assert.deepEqual(startOf(TASK, { id: 's1', marker: 'm1' }), { restart: false, pass: 1, consistency: 'snapshot' })
  assert.deepEqual(startOf(TASK, snapshot), { restart: false, pass: 1, consistency: 'frozen' })
  assert.deepEqual(startOf(TASK, { id: 's2', marker: 'm2' }), { restart: true, pass: 2, consistency: 'mixed' })
  assert.deepEqual(startOf({ ...TASK, state: 'settled' }, { id: 's2', marker: 'm2' }), { restart: true, pass: 2, consistency: 'mixed' })
  assert.equal(startOf({ ...TASK, state: 'settled' }, snapshot), null)
  assert.deepEqual(startOf({ ...TASK, state: 'loaded', consistency: 'mixed', pass: 2 }, snapshot), {
    restart: false,
    pass: 2,
    consistency: 'mixed',
  })
})

const students = (rows: number): readonly Row[] => Array.from({ length: rows }, (_, i): Row => [i + 1, 1, `student ${i + 1}`, null, '1'])

/** A bed whose run died after some batches of ADAMS's students. */
async function died(batches: number, seam = 'after_batch_commit') {
  const bed = schoolBed({ ADAMS: { students: students(9) } })
  let left = batches
  const hooks = {
    at: (at: string, { entity, tenant }: SeamPlace) => {
      if (at === seam && entity === 'student' && tenant === 'ADAMS' && --left === 0) throw new Error('died')
    },
  }
  await assert.rejects(bed.run({ hooks, batchRows: 2 }), { message: 'died' })
  return bed
}

test('a run resumed on a source that did not change goes on from its position', async () => {
  const bed = await died(2)
  bed.target('app').forgetStatements()
  const { counts } = await bed.run({ resume: 'latest', batchRows: 2 })
  assert.deepEqual(counts['student/ADAMS'], { read: 9, loaded: 9 })
  const copied = bed.target('app').statements.filter(({ kind, table }) => kind === 'copy' && table === 'core.students').length
  assert.equal(copied, 3 + 2)
  const task = (await bed.ledger('app').tasks('run-1')).find(one => one.counts.read === 9)
  assert.deepEqual([task?.pass, task?.consistency], [1, 'snapshot'])
})

test('a run resumed on a source that changed reads every row again under one snapshot, and counts each once', async () => {
  const bed = await died(3)
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, [
    ...students(9).map((row): Row => (row[0] === 2 ? [2, 1, 'renamed', null, '1'] : row)),
    [10, 2, 'new', null, '1'],
  ])
  const { counts, end } = await bed.run({ resume: 'latest', batchRows: 2 })
  assert.equal(end.status, 'findings')
  assert.deepEqual(counts['student/ADAMS'], { read: 10, loaded: 9, skipped: 1 })
  assert.deepEqual(counts['school/ADAMS'], { read: 2, loaded: 2 })
  const tasks = await bed.ledger('app').tasks('run-1')
  assert.deepEqual(
    new Set(tasks.filter(task => task.tenant === 1).map(task => `${task.pass} ${task.consistency}`)),
    new Set(['2 mixed', '1 snapshot']),
  )
  assert.equal(bed.rows('app', 'core.students').length, 10 + 3)
  assert.ok(!bed.rows('app', 'core.students', ['name']).flat().includes('renamed'))
})

test('what rows loaded earlier in the run took is still told after a catch-up pass', async () => {
  const whole = schoolBed({ ADAMS: { students: students(9) } })
  const expected = (await whole.run({ batchRows: 2 })).outcomes
  const bed = await died(3)
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, students(9))
  assert.deepEqual((await bed.run({ resume: 'latest', batchRows: 2 })).outcomes, expected)
})

test('written rows are told over all passes', async () => {
  const bed = await died(3)
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, students(10))
  await bed.run({ resume: 'latest', batchRows: 2 })
  const totals = await bed.ledger('app').totals('run-1')
  const own = totals.find(total => total.counts.read === 10)
  assert.deepEqual(own?.written, { 'core.students': 10, 'core.contacts': 10 })
})

test('a row that is gone from the source stays in the target', async () => {
  const bed = await died(3)
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, students(9).slice(3))
  const { counts } = await bed.run({ resume: 'latest', batchRows: 2 })
  assert.deepEqual(counts['student/ADAMS'], { read: 6, loaded: 6 })
  assert.equal(bed.rows('app', 'core.students').length, 9 + 3)
})

test('a circle settled before the source changed is settled again, and leaves alone what changed', async () => {
  const bed = schoolBed()
  await assert.rejects(
    bed.run({
      hooks: {
        at: (seam: string) => {
          if (seam === 'before_finish') throw new Error('died')
        },
      },
    }),
  )
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'staff' }, [
    [1, null, 'Head'],
    [2, 77, 'Deputy'],
    [3, 2, 'Teacher'],
    [4, 88, 'New'],
    [5, 4, 'Newer'],
    [6, 1, 'Newest'],
  ])
  const { counts } = await bed.run({ resume: 'latest' })
  assert.deepEqual(counts['staff/ADAMS'], { read: 6, loaded: 3, skipped: 1, quarantined: 2 })
  assert.deepEqual(await bed.quarantine(), ['staff/ADAMS 4 orphan', 'staff/ADAMS 5 parent_quarantined'])
  assert.equal(bed.rows('app', 'core.staff').length, 4 + 3)
  assert.deepEqual((await bed.run()).counts['staff/ADAMS'], { read: 6, unchanged: 3, skipped: 1, quarantined: 2 })
})

test('rows fewer or more than the source counted in the same snapshot end the tenant, and nothing of the last batch is kept', async () => {
  const bed = schoolBed({ ADAMS: { students: students(5) } })
  const { migration } = bed
  const openSource: typeof migration.openSource = async (name, tenant) => {
    const source = await migration.openSource(name, tenant)
    const open = source.openSnapshot.bind(source)
    source.openSnapshot = async () => {
      const taken = await open()
      const { count } = taken
      taken.count = async relation =>
        (await count.call(taken, relation)) + (relation.name === 'student' && tenant?.code === 'ADAMS' ? 1n : 0n)
      return taken
    }
    return source
  }
  const { end, counts } = await bed.run({ migration: { ...migration, openSource }, batchRows: 2 })
  assert.deepEqual(
    end.failures.map(({ code, message }) => [code, message]),
    [['SOURCE_COUNT_MISMATCH', 'expected 6 rows, as the source counted in the same snapshot, got 5']],
  )
  assert.deepEqual(counts['student/ADAMS'], { read: 4, loaded: 4 })
  assert.equal(CLEAN.students.length, 3)
})
