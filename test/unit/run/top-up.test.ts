import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinType } from '../../../src/cast/builtin-types.ts'
import type { Row } from '../../support/memory-migration.ts'
import { fieldOf } from '../../support/memory-migration.ts'
import { CLEAN, MANIFEST, schoolBed } from './school.ts'

type SchoolBed = ReturnType<typeof schoolBed>
const TOP_UP = { selection: { topUp: true } } as const
const names = (bed: SchoolBed): readonly Row[] =>
  bed
    .rows('app', 'core.students', ['name'])
    .flat()
    .map(name => [name])

function students(bed: SchoolBed, rows: readonly Row[]): void {
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, rows)
}

/** What the application does to a row of the target. */
async function write(
  bed: SchoolBed,
  of: { table: string; where: readonly [string, string]; set: readonly [string, string | null] },
): Promise<void> {
  const target = bed.target('app')
  const relation = target.relations.find(r => r.name === of.table) ?? assert.fail(of.table)
  const index = (name: string): number => relation.columns.findIndex(column => column.name === name)
  const found = bed.rows('app', `core.${of.table}`).find(row => row[index(of.where[0])] === of.where[1]) ?? assert.fail(of.where[1])
  const writer = await target.openWriter()
  const tx = await writer.begin()
  const id = String(found[index('id')])
  await tx.updateColumn({ table: { schema: 'core', name: of.table }, where: 'id', set: of.set[0], pairs: [{ id, value: of.set[1] }] })
  await tx.commit({ durable: false })
  await writer.close()
  target.forgetStatements()
}

const CHANGED: readonly Row[] = [
  [1, 1, 'Anna', '1', '10'],
  [2, 2, 'Bob', '2', '11'],
  [3, 1, 'Cem', null, null],
]

test('a row that changed in the source is updated by a top-up run, and kept without', async () => {
  const bed = schoolBed()
  await bed.run()
  students(bed, CHANGED)
  const kept = await bed.run()
  assert.deepEqual(kept.counts['student/ADAMS'], { read: 3, unchanged: 2, skipped: 1 })
  const { counts, end } = await bed.run(TOP_UP)
  assert.equal(end.status, 'clean')
  assert.deepEqual(counts['student/ADAMS'], { read: 3, unchanged: 2, updated: 1 })
  assert.deepEqual(counts['student/BAKER'], { read: 3, unchanged: 3 })
  assert.ok(names(bed).some(([name]) => name === 'Anna'))
  bed.target('app').forgetStatements()
  const again = await bed.run(TOP_UP)
  assert.deepEqual(again.counts['student/ADAMS'], { read: 3, unchanged: 3 })
  assert.deepEqual(bed.target('app').told(), [], 'a second top-up writes nothing')
})

test('a row that changed in the target only is kept, counted as unchanged, and told', async () => {
  const bed = schoolBed()
  await bed.run()
  await write(bed, { table: 'students', where: ['name', 'Bob'], set: ['name', 'Robert'] })
  const { counts } = await bed.run(TOP_UP)
  assert.deepEqual(counts['student/ADAMS'], { read: 3, unchanged: 3 })
  assert.ok(names(bed).some(([name]) => name === 'Robert'))
  const found = bed.events.flatMap(event => (event.type === 'finding:found' ? [event.finding] : []))
  assert.deepEqual(
    found.map(({ code, where, message }) => [code, where.tenant, /got 1 .*: 2$/.test(message)]),
    [
      ['TARGET_ROWS_CHANGED', 'ADAMS', true],
      // Nothing was written, so nothing has to be refreshed.
      ['FINISH_NOT_RUN', undefined, false],
    ],
  )
  assert.deepEqual(bed.target('app').told(), [])
})

test('a repair puts back what the target alone changed, whatever on_conflict says, and leaves the rest as it is', async () => {
  const bed = schoolBed({}, MANIFEST.replace('stop:', 'defaults: { on_conflict: skip }\nstop:'))
  await bed.run()
  const before = names(bed)
  await write(bed, { table: 'students', where: ['name', 'Bob'], set: ['name', 'Robert'] })
  const { counts, end } = await bed.run({ selection: { repairs: true } })
  assert.equal(end.status, 'clean')
  assert.deepEqual(
    [counts['student/ADAMS'], counts['student/BAKER']],
    [
      { read: 3, unchanged: 2, updated: 1 },
      { read: 3, unchanged: 3 },
    ],
  )
  assert.deepEqual(names(bed), before)
  bed.target('app').forgetStatements()
  const again = await bed.run({ selection: { repairs: true } })
  assert.deepEqual(again.counts['student/ADAMS'], { read: 3, unchanged: 3 })
  assert.deepEqual(bed.target('app').told(), [], 'a second repair writes nothing')
})

for (const [rule, counts, name, quarantine] of [
  ['quarantine', { read: 3, unchanged: 2, quarantined: 1 }, 'Robert', ['student/ADAMS 2 conflict']],
  ['skip', { read: 3, unchanged: 2, skipped: 1 }, 'Robert', []],
  ['overwrite', { read: 3, unchanged: 2, updated: 1 }, 'Bobby', []],
] as const) {
  test(`a row that changed on both sides: ${rule}`, async () => {
    const bed = schoolBed({}, MANIFEST.replace('stop:', `defaults: { on_conflict: ${rule} }\nstop:`))
    await bed.run()
    await write(bed, { table: 'students', where: ['name', 'Bob'], set: ['name', 'Robert'] })
    students(bed, [CLEAN.students[0] ?? [], [2, 2, 'Bobby', '2', '11'], CLEAN.students[2] ?? []])
    const first = await bed.run(TOP_UP)
    assert.deepEqual(first.counts['student/ADAMS'], counts)
    assert.ok(names(bed).some(([found]) => found === name))
    assert.deepEqual(await bed.quarantine(), quarantine)
    const dry = await bed.dry(TOP_UP)
    const again = await bed.run(TOP_UP)
    assert.deepEqual(again.counts['student/ADAMS'], rule === 'overwrite' ? { read: 3, unchanged: 3 } : counts)
    assert.deepEqual(dry.counts['student/ADAMS'], again.counts['student/ADAMS'])
    assert.deepEqual(await bed.quarantine(), quarantine)
  })
}

test('a conflict that is none any more leaves the quarantine', async () => {
  const bed = schoolBed()
  await bed.run()
  await write(bed, { table: 'students', where: ['name', 'Bob'], set: ['name', 'Robert'] })
  students(bed, [CLEAN.students[0] ?? [], [2, 2, 'Bobby', '2', '11'], CLEAN.students[2] ?? []])
  await bed.run(TOP_UP)
  students(bed, CLEAN.students)
  await bed.run(TOP_UP)
  assert.deepEqual(await bed.quarantine(), [])
})

test('a part that comes, changes or goes is inserted, updated or removed; the head is the same row', async () => {
  const bed = schoolBed()
  await bed.run()
  const before = bed.rows('app', 'core.students', ['id'])
  students(bed, [
    [1, 1, 'Ann', '1', 'no age'],
    [2, 2, 'Bob', '3', '11'],
    [3, 1, 'Cem', null, null],
  ])
  const { counts, end } = await bed.run(TOP_UP)
  assert.deepEqual(counts['student/ADAMS'], { read: 3, unchanged: 1, updated: 2, partsQuarantined: 1 })
  assert.equal(bed.rows('app', 'core.contacts', ['phone']).length, 5)
  assert.deepEqual(await bed.quarantine(), ['student/ADAMS 1 lossy_cast core.contacts'])
  const written = (await bed.ledger('app').totals(end.run)).map(total => total.written['core.contacts'] ?? 0)
  assert.equal(
    written.reduce((sum, rows) => sum + rows, 0),
    -1,
  )
  students(bed, CLEAN.students)
  await bed.run(TOP_UP)
  assert.equal(bed.rows('app', 'core.contacts', ['phone']).length, 6)
  assert.deepEqual(bed.rows('app', 'core.students', ['id']).toSorted(), before.toSorted())
  assert.deepEqual(await bed.quarantine(), [])
})

test('what was overwritten is kept in the ledger', async () => {
  const bed = schoolBed()
  await bed.run()
  students(bed, CHANGED)
  await bed.run(TOP_UP)
  const [known] = await bed.ledger('app').known(2, 1, [['1']])
  assert.equal(known?.state, 'loaded')
  const images = await bed.ledger('app').beforeImages(known.batch)
  assert.deepEqual(
    images.map(image => [image.table, image.operation, image.key.join()]),
    [
      ['core.students', 'update', '1'],
      ['rehouse.id_map', 'update', '1'],
    ],
  )
  const name = fieldOf(builtinType('text'), 'Ann') ?? assert.fail()
  assert.ok(images[0]?.before?.includes(name))
})

test('an update the server refuses leaves the row as it was, in quarantine; the others are updated', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'staff' }, [
    [1, null, 'Head!'],
    [2, 1, 'Teacher'],
    [3, 2, 'Teacher'],
  ])
  const { counts } = await bed.run(TOP_UP)
  assert.deepEqual(counts['staff/ADAMS'], { read: 3, unchanged: 1, updated: 1, quarantined: 1 })
  assert.deepEqual(await bed.quarantine(), ['staff/ADAMS 2 unique_violation'])
  assert.deepEqual(bed.rows('app', 'core.staff', ['name']).flat().toSorted(), ['Deputy', 'Deputy', 'Head', 'Head!', 'Teacher', 'Teacher'])
})

test('names that move on by one row are updated, though each is taken until its row has moved', async () => {
  const bed = schoolBed()
  await bed.run()
  const place = { source: 'legacy', tenant: 'ADAMS', table: 'staff' }
  bed.replaceRows(place, [
    [1, null, 'Deputy'],
    [2, 1, 'Teacher'],
    [3, 2, 'Janitor'],
  ])
  assert.deepEqual((await bed.run(TOP_UP)).counts['staff/ADAMS'], { read: 3, updated: 3 })
  bed.replaceRows(place, CLEAN.staff)
  assert.deepEqual((await bed.run(TOP_UP)).counts['staff/ADAMS'], { read: 3, updated: 3 })
})

test('a reference that changes to a row that comes later leads there in the end', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'staff' }, [
    [1, 9, 'Head'],
    [2, 1, 'Deputy'],
    [3, 1, 'Teacher'],
    [9, null, 'Owner'],
  ])
  const { counts } = await bed.run(TOP_UP)
  assert.deepEqual(counts['staff/ADAMS'], { read: 4, loaded: 1, updated: 2, unchanged: 1 })
  const rows = bed.rows('app', 'core.staff', ['id', 'boss_id', 'name'])
  const boss = (name: string): unknown => {
    const found = rows.filter(row => row[2] === name).find(row => rows.some(other => other[0] === row[1] && other[2] === 'Owner'))
    return found === undefined ? null : 'Owner'
  }
  assert.equal(boss('Head'), 'Owner')
  bed.target('app').forgetStatements()
  assert.deepEqual((await bed.run(TOP_UP)).counts['staff/ADAMS'], { read: 4, unchanged: 4 })
  assert.deepEqual(bed.target('app').told(), [])
})

const DELETE = { selection: { topUp: true, deleteGone: true } } as const
const found = (bed: SchoolBed, code: string): readonly string[] =>
  bed.events.flatMap(event => (event.type === 'finding:found' && event.finding.code === code ? [event.finding.message] : []))

test('rows gone from the source are told and kept; with --delete-gone they are removed, parts and all, and another run changes nothing', async () => {
  const bed = schoolBed()
  await bed.run()
  students(bed, CLEAN.students.slice(1))
  const told = await bed.run(TOP_UP)
  assert.deepEqual(told.counts['student/ADAMS'], { read: 2, unchanged: 2 })
  assert.match(found(bed, 'SOURCE_ROWS_GONE')[0] ?? '', /got 1 that are not: 1; the target keeps them$/)
  await bed.dry(DELETE)
  assert.equal(bed.rows('app', 'core.students').length, 6)
  assert.deepEqual(
    bed
      .target('app')
      .told()
      .filter(line => line.startsWith('remove')),
    [],
  )
  const { counts, end } = await bed.run(DELETE)
  assert.deepEqual(counts['student/ADAMS'], { read: 2, unchanged: 2 })
  assert.match(found(bed, 'SOURCE_ROWS_GONE').at(-1) ?? '', /got 1 that are not: 1; 1 were removed$/)
  assert.equal(bed.rows('app', 'core.students').length, 5)
  assert.equal(bed.rows('app', 'core.contacts').length, 5)
  const written = (await bed.ledger('app').totals(end.run)).filter(total => total.tenant === 1 && total.entity === 2)
  assert.deepEqual(written[0]?.written, { 'core.students': -1, 'core.contacts': -1 })
  bed.target('app').forgetStatements()
  await bed.run(DELETE)
  assert.deepEqual(bed.target('app').told(), [])
  // Back again, it is a new row.
  students(bed, CLEAN.students)
  assert.deepEqual((await bed.run(DELETE)).counts['student/ADAMS'], { read: 3, loaded: 1, unchanged: 2 })
})

test('a parent that is gone goes after its children; one that others refer to stays, and that is said', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'school' }, [])
  students(bed, [CLEAN.students[1] ?? []])
  const { end } = await bed.run(DELETE)
  assert.deepEqual(end.failures, [])
  assert.equal(bed.rows('app', 'core.schools').length, 3, 'North has gone with its students, South has one')
  assert.match(found(bed, 'SOURCE_ROWS_GONE').join(), /got 2 that are not: 1 2; 1 were removed, 1 stay because other rows refer to them/)
})

test('rows that refer to one another in a chain go from its end', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'staff' }, [])
  await bed.run(DELETE)
  assert.equal(bed.rows('app', 'core.staff').length, 3)
})

test('a row gone from the source that somebody changed in the target stays, as a conflict, unless it is to be overwritten', async () => {
  for (const rule of ['quarantine', 'skip', 'overwrite']) {
    const bed = schoolBed({}, MANIFEST.replace('stop:', `defaults: { on_conflict: ${rule} }\nstop:`))
    await bed.run()
    await write(bed, { table: 'students', where: ['name', 'Bob'], set: ['name', 'Robert'] })
    students(bed, [CLEAN.students[0] ?? [], CLEAN.students[2] ?? []])
    const { counts } = await bed.run(DELETE)
    assert.deepEqual(counts['student/ADAMS'], { read: 2, unchanged: 2 })
    assert.equal(bed.rows('app', 'core.students').length, rule === 'overwrite' ? 5 : 6, rule)
    assert.deepEqual(await bed.quarantine(), rule === 'quarantine' ? ['student/ADAMS 2 conflict'] : [])
    if (rule !== 'quarantine') continue
    await write(bed, { table: 'students', where: ['name', 'Robert'], set: ['name', 'Bob'] })
    await bed.run(DELETE)
    assert.equal(bed.rows('app', 'core.students').length, 5)
    assert.deepEqual(await bed.quarantine(), [], 'a row that is gone from both is nobody’s conflict')
  }
})

test('a loaded row the mapping sets aside now stays until it is to be removed; then it is counted as what it is', async () => {
  const bed = schoolBed()
  await bed.run()
  const rows: readonly Row[] = [
    [1, 'North'],
    [2, 'South'],
    [3, 'East'],
    [4, 'West'],
  ]
  const place = { source: 'legacy', tenant: 'ADAMS', table: 'school' }
  bed.replaceRows(place, rows)
  assert.deepEqual((await bed.run(TOP_UP)).counts['school/ADAMS'], { read: 4, loaded: 2, unchanged: 2 })
  bed.replaceRows(place, [rows[0] ?? [], rows[1] ?? [], [3, 'excluded'], [4, 'refused']])
  assert.deepEqual((await bed.run(TOP_UP)).counts['school/ADAMS'], { read: 4, unchanged: 2, skipped: 2 })
  const { counts } = await bed.run(DELETE)
  assert.deepEqual(counts['school/ADAMS'], { read: 4, unchanged: 2, excluded: 1, quarantined: 1 })
  assert.deepEqual(await bed.quarantine(), ['school/ADAMS 4 bad_name'])
  assert.deepEqual((await bed.run(DELETE)).counts['school/ADAMS'], { read: 4, unchanged: 2, excluded: 1, quarantined: 1 })
})

test('a row in quarantine that is gone from the source leaves it; one that was corrected is loaded', async () => {
  const bed = schoolBed({
    ADAMS: { students: [...CLEAN.students, [4, 99, 'Of no school', null, null], [5, 99, 'Of none either', null, null]] },
  })
  await bed.run()
  assert.deepEqual(await bed.quarantine(), ['student/ADAMS 4 orphan', 'student/ADAMS 5 orphan'])
  students(bed, [...CLEAN.students, [5, 2, 'Of a school now', null, null]])
  const { counts } = await bed.run(TOP_UP)
  assert.deepEqual(counts['student/ADAMS'], { read: 4, loaded: 1, unchanged: 3 })
  assert.deepEqual(await bed.quarantine(), [])
})

test('a source that is read as files are is topped up the same', async () => {
  const bed = schoolBed({}, MANIFEST, { capability: 'scan' })
  await bed.run()
  students(bed, [[1, 1, 'Anna', '1', '10'], CLEAN.students[1] ?? [], [4, 2, 'Dana', null, null]])
  const { counts, end } = await bed.run(DELETE)
  assert.deepEqual(end.failures, [])
  assert.deepEqual(counts['student/ADAMS'], { read: 3, loaded: 1, updated: 1, unchanged: 1 })
  assert.equal(bed.rows('app', 'core.students').length, 6)
})
