import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidText } from '../../../src/base/uuid-text.ts'
import type { Hooks } from '../../../src/run/seams.ts'
import type { WriteTransaction } from '../../../src/target/target.ts'
import type { Bed } from '../../support/memory-migration.ts'
import { told, toldRows, verifyOpened } from '../../support/verify-bed.ts'
import { CLEAN, SCHOOL, STUDENT, schoolBed } from '../run/school.ts'

async function loaded(bed: Bed = schoolBed()): Promise<Bed> {
  await bed.run()
  return bed
}

async function change(bed: Bed, work: (tx: WriteTransaction) => Promise<unknown>): Promise<void> {
  const writer = await bed.target('app').openWriter()
  const tx = await writer.begin()
  await work(tx)
  await tx.commit({ durable: false })
  await writer.close()
}

const STUDENTS = { schema: 'core', name: 'students' }
const CONTACTS = { schema: 'core', name: 'contacts' }

/** Identifiers of a table's rows as text, in the order stored. */
function ids(bed: Bed, table = STUDENTS): readonly string[] {
  return bed
    .target('app')
    .rows(table)
    .map(row => uuidText(row[0] ?? Buffer.alloc(16), 0))
}

const idAt = (bed: Bed, i: number, table = STUDENTS): string => ids(bed, table)[i] ?? assert.fail()

test('a clean target is equal, row by row', async () => {
  const bed = await loaded()
  const result = await verifyOpened(bed.migration)
  assert.deepEqual(result.differences.map(told), [])
  assert.deepEqual(result.reasons, [])
  assert.equal(result.outcome, 'equal')
  assert.equal(result.parity, 'complete')
  assert.deepEqual([result.compared, result.equal], [22, 22])
})

test('a row that is not there is missing, and its parts with it', async () => {
  const bed = await loaded()
  const id = idAt(bed, 1)
  await change(bed, async tx => {
    await tx.removeRows([{ table: CONTACTS, column: 'student_id', ids: [id] }])
    await tx.removeRows([{ table: STUDENTS, column: 'id', ids: [id] }])
  })
  const result = await verifyOpened(bed.migration)
  assert.deepEqual(toldRows(result).toSorted(), ['missing student/ADAMS 2 core.contacts', 'missing student/ADAMS 2 core.students'])
  assert.equal(result.outcome, 'different')
  assert.deepEqual([result.missing, result.equal], [2, 20])
})

test('a field that differs is named to row and column, masked unless values are asked for', async () => {
  const bed = await loaded()
  const pairs = [{ id: idAt(bed, 0), value: 'Eve' }]
  await change(bed, tx => tx.updateColumn({ table: STUDENTS, where: 'id', set: 'name', pairs }))
  assert.deepEqual(toldRows(await verifyOpened(bed.migration)), ['different student/ADAMS 1 core.students.name Ann → Eve'])
  const masked = await verifyOpened(bed.migration, { showValues: false })
  assert.deepEqual(toldRows(masked), ['different student/ADAMS 1 core.students.name text of 3 characters → text of 3 characters'])
})

test('a row that nothing expects is extra', async () => {
  const bed = await loaded()
  const copy = bed.target('app').rows(CONTACTS)[0] ?? []
  const tuple = Buffer.concat([Buffer.from([0, 5]), ...copy.map((field, i) => lengthAnd(i === 0 ? Buffer.alloc(16, 7) : field))])
  await change(bed, tx => tx.copy(CONTACTS, ['id', 'tenant_id', 'student_id', 'phone', 'age'], [tuple]))
  assert.deepEqual(toldRows(await verifyOpened(bed.migration)), ['extra student/ADAMS 1 core.contacts'])
})

function lengthAnd(field: Buffer | null): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(field?.length ?? -1)
  return Buffer.concat([length, field ?? Buffer.alloc(0)])
}

test('a row that is another tenant’s now is named as such', async () => {
  const bed = await loaded()
  const tenants = await bed.ledger('app').tenants()
  const other = tenants.find(tenant => tenant.code === 'BAKER')?.id ?? ''
  const pairs = [{ id: idAt(bed, 0), value: other }]
  await change(bed, tx => tx.updateColumn({ table: STUDENTS, where: 'id', set: 'tenant_id', pairs }))
  assert.deepEqual(toldRows(await verifyOpened(bed.migration)), [
    'wrong_tenant student/ADAMS 1 core.students.tenant_id',
    'wrong_tenant student/BAKER 1 core.students',
  ])
})

test('rows in quarantine are expected nowhere, and parity is not called complete', async () => {
  const bed = schoolBed({
    ADAMS: {
      schools: [
        [1, 'North'],
        [2, 'refused'],
        [3, 'excluded'],
      ],
      staff: [
        [1, 7, 'Head'],
        [2, 1, 'Deputy'],
        [3, null, 'Teacher'],
        [4, null, 'Teacher'],
      ],
    },
  })
  await bed.run()
  const result = await verifyOpened(bed.migration)
  assert.deepEqual(result.differences.map(told), [])
  assert.equal(result.outcome, 'equal')
  assert.equal(result.parity, 'accounted')
})

test('an id map that lacks a row, or says another identifier or hash, differs', async () => {
  const bed = await loaded()
  const store = bed.stores.get('app') ?? assert.fail()
  const entity = (await bed.ledger('app').entities()).find(e => e.name === 'student')?.number ?? 0
  const { mapped } = store.room({ entity, tenant: 1 })
  const of = (key: string) => mapped.get(key) ?? assert.fail()
  const first = of('1')
  mapped.set('1', { ...first, hash: '5' })
  mapped.set('2', { ...of('2'), id: first.id })
  mapped.delete('3')
  const kinds = (await verifyOpened(bed.migration)).differences
    .filter(d => d.key.length > 0)
    .map(d => `${d.kind} ${d.key.join()} ${d.column}`)
  assert.deepEqual(kinds, ['id_map 1 hash', 'id_map 2 id', 'id_map 3 null'])
})

test('what the source changed since the run is not verified, and told apart from what the target changed', async () => {
  const bed = await loaded()
  const pairs = [{ id: idAt(bed, 1), value: 'Eve' }]
  await change(bed, tx => tx.updateColumn({ table: STUDENTS, where: 'id', set: 'name', pairs }))
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: STUDENT.name }, [
    [1, 1, 'Anna', '1', '10'],
    [2, 2, 'Bob', '2', '11'],
    [4, 1, 'New', null, null],
  ])
  const result = await verifyOpened(bed.migration)
  assert.deepEqual(result.differences.map(told), ['different student/ADAMS 2 core.students.name Bob → Eve'])
  assert.deepEqual([...new Set(result.reasons.map(reason => reason.code))], ['source_moved_on'])
  assert.equal(result.outcome, 'could_not_verify')
})

test('with a field that differs nothing is green although the rest could not be verified', async () => {
  const bed = await loaded()
  const { migration } = bed
  const other = { ...migration, mapping: { ...migration.mapping, hash: 'another' } }
  const result = await verifyOpened(other)
  assert.deepEqual([...new Set(result.reasons.map(reason => reason.code))], ['other_manifest'])
  assert.equal(result.outcome, 'could_not_verify')
})

test('what was never migrated, or not to its end, could not be verified', async () => {
  const never = schoolBed()
  const result = await verifyOpened(never.migration)
  assert.deepEqual([...new Set(result.reasons.map(reason => reason.code))], ['not_migrated'])
  const cut = schoolBed()
  const hooks: Hooks = {
    at: seam => {
      if (seam === 'before_settle') throw new Error('cut off')
      return Promise.resolve()
    },
  }
  await cut.run({ hooks }).catch(() => undefined)
  const reasons = (await verifyOpened(cut.migration)).reasons
  assert.ok(reasons.some(reason => reason.code === 'run_unfinished' && reason.entity === 'staff'))
})

test('one entity or tenant can be verified alone', async () => {
  const bed = await loaded()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: SCHOOL.name }, CLEAN.schools)
  const result = await verifyOpened(bed.migration, { entities: ['student'], tenants: ['BAKER'] })
  assert.equal(result.outcome, 'equal')
  assert.deepEqual(
    result.entities.map(line => [line.entity, line.tenant, line.compared]),
    [['student', 'BAKER', 6]],
  )
})

test('a sample is compared row by row and never called complete', async () => {
  const bed = await loaded()
  const pairs = [{ id: idAt(bed, 2), value: 'Eve' }]
  await change(bed, tx => tx.updateColumn({ table: STUDENTS, where: 'id', set: 'name', pairs }))
  const result = await verifyOpened(bed.migration, { sample: 1 })
  assert.deepEqual([result.differences.map(told), result.outcome, result.parity], [[], 'equal', 'none'])
  assert.ok(result.compared < 22 && result.compared >= 8)
  assert.deepEqual((await verifyOpened(bed.migration, { sample: 3 })).differences.map(told), [
    'different student/ADAMS 3 core.students.name Cem → Eve',
  ])
})
