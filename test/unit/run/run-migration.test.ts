import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBalanced, NO_COUNTS } from '../../../src/model/counts.ts'
import { CLEAN, schoolBed } from './school.ts'

const DIRTY = {
  ADAMS: {
    schools: [
      [1, 'North'],
      [2, 'excluded'],
      [3, 'refused'],
      [4, null],
    ],
    students: [
      [1, 1, 'Ann', '1', '10'],
      [2, 2, 'of an excluded school', '2', '11'],
      [3, 3, 'of a refused school', null, null],
      [4, 9, 'of no school', null, null],
      [5, null, 'without a school', null, null],
      [6, 1, 'with a bad part', '6', 'ten'],
    ],
    staff: [
      [1, null, 'Head'],
      [2, 9, 'reports to nobody there'],
      [3, 2, 'reports to one taken back'],
      [4, 1, 'Deputy'],
    ],
  },
} as const

test('every row read has exactly one outcome, in every tenant', async () => {
  const bed = schoolBed(DIRTY)
  const { end, counts } = await bed.run()
  assert.equal(end.status, 'findings')
  assert.deepEqual(counts, {
    'school/ADAMS': { read: 4, loaded: 1, excluded: 1, quarantined: 2 },
    'student/ADAMS': { read: 6, loaded: 3, quarantined: 3, partsQuarantined: 1 },
    'staff/ADAMS': { read: 4, loaded: 2, quarantined: 2 },
    'school/BAKER': { read: 2, loaded: 2 },
    'student/BAKER': { read: 3, loaded: 3 },
    'staff/BAKER': { read: 3, loaded: 3 },
  })
  for (const count of Object.values(counts)) assert.ok(isBalanced({ ...NO_COUNTS, ...count }))
})

test('a row that is set aside is in the quarantine with its reason, a refused part beside its row', async () => {
  const bed = schoolBed(DIRTY)
  await bed.run()
  assert.deepEqual(await bed.quarantine(), [
    'school/ADAMS 3 bad_name',
    'school/ADAMS 4 not_null',
    'staff/ADAMS 2 orphan',
    'staff/ADAMS 3 parent_quarantined',
    'student/ADAMS 2 parent_excluded',
    'student/ADAMS 3 parent_quarantined',
    'student/ADAMS 4 orphan',
    'student/ADAMS 6 lossy_cast core.contacts',
  ])
})

test('tenants with the same keys get rows of their own', async () => {
  const bed = schoolBed()
  await bed.run()
  const ids = bed.rows('app', 'core.students', ['id', 'tenant_id'])
  assert.equal(new Set(ids.map(([id]) => id)).size, 6)
  assert.deepEqual(new Set(ids.map(([, tenant]) => tenant)).size, 2)
})

test('a rerun writes no target row and counts every row as unchanged or set aside as before', async () => {
  const bed = schoolBed(DIRTY)
  const first = await bed.run()
  const rows = bed.rows('app', 'core.students')
  bed.target('app').forgetStatements()
  const again = await bed.run()
  assert.deepEqual(bed.target('app').told(), [])
  assert.deepEqual(bed.rows('app', 'core.students'), rows)
  assert.equal(again.end.status, first.end.status)
  assert.deepEqual(again.counts, {
    'school/ADAMS': { read: 4, unchanged: 1, excluded: 1, quarantined: 2 },
    'student/ADAMS': { read: 6, unchanged: 3, quarantined: 3, partsQuarantined: 1 },
    'staff/ADAMS': { read: 4, unchanged: 2, quarantined: 2 },
    'school/BAKER': { read: 2, unchanged: 2 },
    'student/BAKER': { read: 3, unchanged: 3 },
    'staff/BAKER': { read: 3, unchanged: 3 },
  })
})

test('a rerun leaves the quarantine as it is, with column, detail and first run', async () => {
  const bed = schoolBed(DIRTY)
  const reasons = async (): Promise<readonly unknown[]> =>
    (await bed.ledger('app').quarantine({ limit: null })).rows.map(({ batch: _, last_run: __, ...row }) => row)
  await bed.run()
  const before = await reasons()
  await bed.run()
  assert.deepEqual(await reasons(), before)
})

test('a rerun of a clean run is clean and writes nothing', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.target('app').forgetStatements()
  assert.equal((await bed.run()).end.status, 'clean')
  assert.deepEqual(bed.target('app').told(), [])
})

test('a rerun loads what is new, keeps what changed as it was loaded, and says so', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, [
    [1, 1, 'Ann', '1', '10'],
    [2, 2, 'Robert', '2', '11'],
    [3, 1, 'Cem', null, null],
    [4, 2, 'Dora', null, null],
  ])
  const { end, counts } = await bed.run()
  assert.deepEqual(counts['student/ADAMS'], { read: 4, loaded: 1, unchanged: 2, skipped: 1 })
  assert.equal(end.status, 'findings')
  const names = bed.rows('app', 'core.students', ['name']).flat()
  assert.ok(names.includes('Bob') && names.includes('Dora') && !names.includes('Robert'))
})

test('a rerun takes back no row it keeps, whatever the source says of its parent now', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'staff' }, [
    [1, null, 'Head'],
    [2, 99, 'Deputy'],
    [3, 2, 'Teacher'],
  ])
  bed.target('app').forgetStatements()
  const { counts } = await bed.run()
  assert.deepEqual(counts['staff/ADAMS'], { read: 3, unchanged: 2, skipped: 1 })
  assert.deepEqual(bed.target('app').told(), [])
})

test('a row that was loaded and would be set aside now is kept and counted as skipped', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'school' }, [
    [1, 'refused'],
    [2, 'excluded'],
  ])
  const { counts } = await bed.run()
  assert.deepEqual(counts['school/ADAMS'], { read: 2, skipped: 2 })
  assert.deepEqual(counts['student/ADAMS'], { read: 3, unchanged: 3 })
  assert.deepEqual(await bed.quarantine(), [])
})

test('a row in quarantine stays there when its source is mended, and its children with it', async () => {
  const bed = schoolBed({
    ADAMS: {
      schools: [
        [1, 'refused'],
        [2, 'South'],
      ],
    },
  })
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'school' }, CLEAN.schools)
  const { counts } = await bed.run()
  assert.deepEqual(counts['school/ADAMS'], { read: 2, unchanged: 1, quarantined: 1 })
  assert.deepEqual(counts['student/ADAMS'], { read: 3, unchanged: 1, quarantined: 2 })
})

test('a dry run counts as the real run does and writes nothing', async () => {
  const bed = schoolBed(DIRTY)
  const dry = await bed.dry()
  assert.deepEqual(bed.target('app').statements, [])
  assert.equal(bed.stores.get('app')?.identity, null)
  const real = await bed.run()
  assert.deepEqual(dry.counts, real.counts)
  assert.deepEqual((await bed.dry()).counts, (await bed.run()).counts)
})

test('a dry run says how many rows each table would hold in the end', async () => {
  const bed = schoolBed(DIRTY)
  const { written } = await bed.dry()
  assert.deepEqual(written['staff/ADAMS'], { 'core.staff': 2 })
  assert.deepEqual(written['student/ADAMS'], { 'core.students': 3, 'core.contacts': 2 })
  await bed.run()
  assert.equal(bed.rows('app', 'core.staff').length, 2 + 3)
})
