import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../../../src/errors.ts'
import type { SeamPlace } from '../../../src/run/seams.ts'
import { Bed, type Row } from '../../support/memory-migration.ts'
import { relation } from '../../support/survey.ts'
import { MANIFEST, schoolBed } from './school.ts'

const refused = new RehouseError('TARGET_REFUSED', 'expected the table, got none', { next: 'Make it.' })

/** Throws at a seam where `isWanted`. */
const throwing = (seam: string, isWanted: (place: SeamPlace) => boolean, error: Error = refused) => ({
  at: (at: string, place: SeamPlace) => {
    if (at === seam && isWanted(place)) throw error
  },
})

test('a tenant that fails does not hold up the others', async () => {
  const bed = schoolBed()
  const { end, counts } = await bed.run({
    hooks: throwing('batch_filled', place => place.tenant === 'ADAMS' && place.entity === 'student'),
  })
  assert.equal(end.status, 'failed')
  assert.deepEqual(
    end.failures.map(({ code, where }) => [code, where.tenant, where.entity]),
    [['TARGET_REFUSED', 'ADAMS', 'student']],
  )
  assert.deepEqual(counts['school/ADAMS'], { read: 2, loaded: 2 })
  assert.deepEqual(counts['staff/ADAMS'], {})
  assert.deepEqual(counts['student/BAKER'], { read: 3, loaded: 3 })
  const tasks = await bed.ledger('app').tasks('run-1')
  assert.deepEqual(
    tasks.filter(task => task.failure !== null).map(({ state, failure }) => [state, failure]),
    [['failed', { code: 'TARGET_REFUSED', message: 'expected the table, got none' }]],
  )
  const events = bed.events.filter(event => event.type === 'tenant:stopped')
  assert.deepEqual(
    events.map(event => event.tenant),
    ['ADAMS'],
  )
})

test('a failed tenant is resumed where it was', async () => {
  const bed = schoolBed()
  await bed.run({ hooks: throwing('batch_filled', place => place.tenant === 'ADAMS' && place.entity === 'student') })
  bed.target('app').forgetStatements()
  const { end, counts } = await bed.run({ resume: 'latest' })
  assert.equal(end.status, 'clean')
  assert.deepEqual(counts['student/ADAMS'], { read: 3, loaded: 3 })
  const copied = bed.target('app').statements.flatMap(({ kind, table }) => (kind === 'copy' ? [table] : []))
  assert.deepEqual(copied, ['core.students', 'core.contacts', 'core.staff'])
})

test('a bug in one lane lets the others come to rest before it is told, and ends the run as unfinished', async () => {
  const bed = schoolBed()
  const hooks = throwing('batch_filled', place => place.tenant === 'ADAMS' && place.entity === 'student', new TypeError('a bug'))
  await assert.rejects(bed.run({ hooks, lanes: 2 }), { name: 'TypeError', message: 'a bug' })
  const statements = bed.target('app').statements.length
  await sleep(20)
  assert.equal(bed.target('app').statements.length, statements)
  assert.equal((await bed.ledger('app').runs())[0]?.status, 'running')
  assert.equal((await bed.run({ resume: 'latest' })).end.status, 'clean')
})

test('so many tenants as allowed are under way at once, each entity after its parents', async () => {
  const under = new Set<string>()
  let most = 0
  const bed = schoolBed()
  const hooks = {
    at: async (seam: string, { tenant }: SeamPlace) => {
      if (seam === 'batch_filled') {
        under.add(tenant ?? '')
        most = Math.max(most, under.size)
        await sleep(2)
      }
      if (seam === 'after_batch_commit') under.delete(tenant ?? '')
    },
  }
  await bed.run({ hooks, lanes: 2 })
  assert.equal(most, 2)
  const started = bed.events.flatMap(event => (event.type === 'task:started' && event.tenant === 'ADAMS' ? [event.entity] : []))
  assert.deepEqual(started, ['school', 'student', 'staff'])
})

const SHARED = `
migration: shared
sources: { common: "postgres://reader@common/all", legacy: "postgres://reader@legacy/{tenant.code}" }
tenants: [{ code: ADAMS }, { code: BAKER }]
services: { app: { url: "postgres://writer@app/app" } }
stop: { quarantined: 100%, errors: 100% }
phases:
  - first: [country]
  - second: [region, town]
entities:
  country: { service: app, tenant: none, from: common/public.country, key: id, into: { core.countries: { columns: { name: name } } } }
  region: { service: app, tenant: none, from: common/public.region, key: id, into: { core.regions: { columns: { country_id: { ref: country, from: country } } } } }
  town: { service: app, from: legacy/public.town, key: id, into: { core.towns: { columns: { region_id: { ref: region, from: region } } } } }
`

function sharedBed(): Bed {
  const towns: readonly Row[] = [
    [1, 1],
    [2, 9],
  ]
  return new Bed({
    manifest: SHARED,
    sources: {
      common: [
        {
          relation: relation('public.country', ['id int4!', 'name text']),
          rows: {
            '': [
              [1, 'Land'],
              [2, 'Other'],
            ],
          },
        },
        {
          relation: relation('public.region', ['id int4!', 'country int4']),
          rows: {
            '': [
              [1, 1],
              [2, 3],
            ],
          },
        },
      ],
      legacy: [{ relation: relation('public.town', ['id int4!', 'region int4']), rows: { ADAMS: towns, BAKER: towns } }],
    },
    targets: {
      app: [
        relation('core.countries', ['id uuid!', 'name text']),
        relation('core.regions', ['id uuid!', 'country_id uuid']),
        relation('core.towns', ['id uuid!', 'region_id uuid']),
      ],
    },
  })
}

test('rows of all tenants are written once, and complete before a tenant enters their phase', async () => {
  const bed = sharedBed()
  const { counts } = await bed.run({ lanes: 2 })
  assert.deepEqual(counts, {
    country: { read: 2, loaded: 2 },
    region: { read: 2, loaded: 1, quarantined: 1 },
    'town/ADAMS': { read: 2, loaded: 1, quarantined: 1 },
    'town/BAKER': { read: 2, loaded: 1, quarantined: 1 },
  })
  const order = bed.events.flatMap(event => (event.type === 'task:started' ? [event.entity] : []))
  assert.deepEqual(order, ['country', 'region', 'town', 'town'])
  assert.deepEqual((await bed.dry()).counts['town/ADAMS'], { read: 2, unchanged: 1, quarantined: 1 })
})

test('without its shared rows no tenant goes on: the run says why once, and a resume completes it', async () => {
  const bed = sharedBed()
  const { end, counts } = await bed.run({ hooks: throwing('batch_filled', place => place.entity === 'region'), lanes: 2 })
  assert.equal(end.status, 'failed')
  assert.deepEqual(
    end.failures.map(({ code, where }) => [code, where.entity]),
    [['TARGET_REFUSED', 'region']],
  )
  assert.deepEqual(counts['town/ADAMS'], {})
  const told = bed.events.flatMap(event => (event.type === 'tenant:stopped' ? [event.tenant] : []))
  assert.deepEqual(told.toSorted(), ['ADAMS', 'BAKER'])
  assert.deepEqual((await bed.run({ resume: 'latest' })).counts['town/BAKER'], { read: 2, loaded: 1, quarantined: 1 })
})

test('an error of the shared rows that passes is tried again in their lane only', async () => {
  const bed = sharedBed()
  const passing = new RehouseError('TARGET_TRANSIENT', 'expected no deadlock, got one', { next: 'Try again.' })
  let failures = 1
  const hooks = throwing('batch_filled', place => place.entity === 'region' && failures-- > 0, passing)
  assert.equal((await bed.run({ hooks, lanes: 2 })).end.failures.length, 0)
  const retried = bed.events.flatMap(event => (event.type === 'task:retried' ? [event.tenant] : []))
  assert.deepEqual(retried, [null])
})

const strict = (rule: string): string => MANIFEST.replace('stop: { quarantined: 100%, errors: 100% }', `stop: { ${rule}, min_rows: 4 }`)
const students = (bad: number, column: 1 | 2): readonly Row[] =>
  Array.from({ length: 20 }, (_, i): Row => {
    const row: Row = [i + 1, 1, `student ${i}`, null, null]
    return i < bad ? row.with(column, column === 1 ? 9 : null) : row
  })

test('a tenant with too large a share of quarantined rows is stopped between batches, the others are not', async () => {
  const bed = schoolBed({ ADAMS: { students: students(12, 1) } }, strict('quarantined: 20%, errors: 100%'))
  const { end, counts } = await bed.run({ batchRows: 5 })
  assert.equal(end.status, 'stopped')
  assert.deepEqual(
    end.failures.map(({ code, message, where }) => [code, message, where.tenant]),
    [['STOPPED', 'expected at most 20 % of rows quarantined, got 5 of 7 (71.43 %)', 'ADAMS']],
  )
  assert.deepEqual(counts['student/ADAMS'], { read: 5, quarantined: 5 })
  assert.deepEqual(counts['staff/BAKER'], { read: 3, loaded: 3 })
  const tasks = await bed.ledger('app').tasks('run-1')
  assert.deepEqual(
    tasks.flatMap(task => (task.failure ? [task.state] : [])),
    ['stopped'],
  )
})

test('rows that could not be stored count as errors, rows the mapping refuses do not', async () => {
  const rule = strict('quarantined: 100%, errors: 20%')
  const refusedByMapping = schoolBed({ ADAMS: { students: students(12, 1) } }, rule)
  assert.equal((await refusedByMapping.run({ batchRows: 5 })).end.status, 'findings')
  const notStored = schoolBed({ ADAMS: { students: students(12, 2) } }, rule)
  const { failures } = (await notStored.run({ batchRows: 5 })).end
  assert.deepEqual(
    failures.map(({ message }) => message),
    ['expected at most 20 % of rows in error, got 5 of 7 (71.43 %)'],
  )
})

test('a share is not judged before enough rows were read', async () => {
  const bed = schoolBed(
    { ADAMS: { students: students(12, 1) } },
    strict('quarantined: 20%, errors: 100%').replace('min_rows: 4', 'min_rows: 500'),
  )
  assert.equal((await bed.run({ batchRows: 5 })).end.status, 'findings')
})

test('a rerun of a stopped tenant is stopped at the same share', async () => {
  const bed = schoolBed({ ADAMS: { students: students(12, 1) } }, strict('quarantined: 20%, errors: 100%'))
  const first = await bed.run({ batchRows: 5 })
  const again = await bed.run({ batchRows: 5 })
  assert.deepEqual(
    again.end.failures.map(failure => failure.message),
    first.end.failures.map(failure => failure.message),
  )
  assert.equal(again.end.status, 'stopped')
})
