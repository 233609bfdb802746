import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bed } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'
import { MANIFEST, schoolBed } from './school.ts'

const stopAt = (seam: string) => ({
  at: (at: string) => {
    if (at === seam) throw new Error(`stopped at ${seam}`)
  },
})

test('an entity is not migrated before those it refers to: the run is refused and names the parent', async () => {
  const bed = schoolBed()
  await assert.rejects(bed.run({ selection: { entities: ['student'] } }), {
    code: 'USAGE',
    message: 'expected school, to which student refers, to be migrated with it or before it, got neither',
    where: { entity: 'student', tenant: 'ADAMS' },
  })
  assert.deepEqual(bed.target('app').told(), [])
  assert.deepEqual((await bed.run({ resume: 'latest' })).end, { run: '', status: 'clean', failures: [] })
})

test('an entity is migrated after those it refers to, in a run of its own', async () => {
  const bed = schoolBed()
  await bed.run({ selection: { entities: ['school'] } })
  const { counts, end } = await bed.run({ selection: { entities: ['student'] } })
  assert.equal(end.status, 'clean')
  assert.deepEqual(counts, { 'student/ADAMS': { read: 3, loaded: 3 }, 'student/BAKER': { read: 3, loaded: 3 } })
})

test('a parent whose table was empty counts as migrated', async () => {
  const none = { schools: [], students: [[1, null, 'Ann', '1', '10']] }
  const bed = schoolBed({ ADAMS: none, BAKER: none })
  await bed.run({ selection: { phase: 'base' } })
  const { counts } = await bed.run({ selection: { phase: 'people' } })
  assert.deepEqual(counts['student/ADAMS'], { read: 1, loaded: 1 })
})

test('a parent that may be missing need not be migrated', async () => {
  const manifest = MANIFEST.replace('ref: school, from: school_id', 'ref: school, from: school_id, missing: { allow: true }')
  const bed = schoolBed({}, manifest)
  bed.target('app').onStatement = () => undefined
  await assert.rejects(schoolBed({}, MANIFEST).run({ selection: { entities: ['student'] } }), { code: 'USAGE' })
  const { end } = await bed.run({ selection: { entities: ['student'], tenants: ['ADAMS'] } })
  assert.deepEqual(end.failures, [])
})

test('only the tenants asked for are migrated, and a tenant nobody knows is refused', async () => {
  const bed = schoolBed()
  const { counts } = await bed.run({ selection: { tenants: ['BAKER'] } })
  assert.deepEqual(Object.keys(counts).toSorted(), ['school/BAKER', 'staff/BAKER', 'student/BAKER'])
  await assert.rejects(bed.run({ selection: { tenants: ['CLAY'] } }), { code: 'USAGE' })
})

test('a resumed run does what it began with, no more tenants and no other entities', async () => {
  const bed = schoolBed()
  await assert.rejects(bed.run({ selection: { tenants: ['ADAMS'], entities: ['school'] }, hooks: stopAt('before_batch_commit') }))
  const { counts, end } = await bed.run({ resume: 'latest' })
  assert.equal(end.run, 'run-1')
  assert.deepEqual(counts, { 'school/ADAMS': { read: 2, loaded: 2 } })
})

test('a resumed run is refused when something else is asked for', async () => {
  const bed = schoolBed()
  await assert.rejects(bed.run({ selection: { tenants: ['ADAMS'] }, hooks: stopAt('before_batch_commit') }))
  await assert.rejects(bed.run({ resume: 'latest', selection: { tenants: ['BAKER'] } }), { code: 'USAGE' })
  await assert.rejects(bed.run({ resume: 'latest', selection: { phase: 'base' } }), { code: 'USAGE' })
  assert.equal((await bed.run({ resume: 'latest', selection: { tenants: ['ADAMS'] } })).end.status, 'clean')
})

test('a resume with nothing to resume does nothing and is clean', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.target('app').forgetStatements()
  assert.deepEqual((await bed.run({ resume: 'latest' })).end, { run: '', status: 'clean', failures: [] })
  assert.deepEqual(bed.target('app').statements, [])
})

test('a run that is not in the ledger cannot be resumed', async () => {
  await assert.rejects(schoolBed().run({ resume: 'run-9' }), { code: 'USAGE' })
})

test('another mapping is refused once the ledger holds a run', async () => {
  const bed = schoolBed()
  await bed.run()
  const other = new Bed({
    manifest: MANIFEST.replace("name = 'excluded'", "name = 'other'"),
    sources: { legacy: [] },
    targets: { app: [] },
  })
  const migration = { ...bed.migration, mapping: other.mapping }
  await assert.rejects(bed.run({ migration }), { code: 'MAPPING_CHANGED' })
})

const CIRCLE = `
migration: circle
sources: { legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }]
services: { app: { url: "postgres://writer@app/app" } }
phases:
  - first: [house]
  - second: [person]
entities:
  house: { service: app, from: public.house, key: id, into: { core.houses: { columns: { owner_id: { ref: person, from: owner } } } } }
  person: { service: app, from: public.person, key: id, into: { core.persons: { columns: { house_id: { ref: house, from: house } } } } }
`

test('an entity of a circle alone is refused before the other was migrated, and settled alone afterwards', async () => {
  const bed = new Bed({
    manifest: CIRCLE,
    sources: {
      legacy: [
        {
          relation: relation('public.house', ['id int4!', 'owner int4']),
          rows: {
            ADAMS: [
              [1, 1],
              [2, 9],
            ],
          },
        },
        {
          relation: relation('public.person', ['id int4!', 'house int4']),
          rows: {
            ADAMS: [
              [1, 1],
              [2, 2],
            ],
          },
        },
      ],
    },
    targets: { app: [relation('core.houses', ['id uuid!', 'owner_id uuid']), relation('core.persons', ['id uuid!', 'house_id uuid'])] },
  })
  await assert.rejects(bed.run({ selection: { entities: ['house'] } }), { code: 'USAGE' })
  await assert.rejects(bed.run({ selection: { phase: 'first' } }), { code: 'USAGE' })
  await bed.run()
  assert.deepEqual(await bed.quarantine(), ['house/ADAMS 2 orphan', 'person/ADAMS 2 parent_quarantined'])
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'house' }, [
    [1, 1],
    [2, 9],
    [3, 1],
    [4, 7],
  ])
  const { counts } = await bed.run({ selection: { entities: ['house'] } })
  assert.deepEqual(counts, { 'house/ADAMS': { read: 4, loaded: 1, unchanged: 1, quarantined: 2 } })
})
