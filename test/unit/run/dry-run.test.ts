import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { SCHOOL, schoolBed } from './school.ts'

const DIRTY = {
  ADAMS: {
    schools: [
      [1, 'North'],
      [2, 'refused'],
      [3, 'excluded'],
    ],
    students: [
      [1, 1, 'Ann', '1', 'x'],
      [2, 2, 'Bob', '2', '11'],
    ],
    staff: [
      [1, 7, 'Head'],
      [2, 1, 'Deputy'],
    ],
  },
} as const

const BAKER_ALONE = { tenants: ['BAKER'] }

test('a dry run opens no session that writes and makes no ledger', async () => {
  const bed = schoolBed(DIRTY)
  bed.target('app').openWriter = () => assert.fail('opened a writer')
  await bed.dry()
  assert.equal(await bed.ledger('app').state(), 'absent')
})

test('a dry run tells each row it would set aside, with key and code and never a value', async () => {
  const lines: string[] = []
  const audit = (line: unknown): number => lines.push(JSON.stringify(line))
  await schoolBed(DIRTY).dry({ audit, selection: { tenants: ['ADAMS'] } })
  const told = lines.map(line => JSON.parse(line) as Record<string, unknown>).filter(line => line.intended !== 'batch')
  assert.deepEqual(
    told.map(({ entity, tenant, key, intended, code, part }) => [entity, tenant, key, intended, code, part ?? null]),
    [
      ['school', 'ADAMS', ['2'], 'quarantine', 'bad_name', null],
      ['school', 'ADAMS', ['3'], 'exclude', 'not_wanted', null],
      ['student', 'ADAMS', ['2'], 'quarantine', 'parent_quarantined', null],
      ['student', 'ADAMS', ['1'], 'quarantine', 'lossy_cast', 'core.contacts'],
      ['staff', 'ADAMS', ['2'], 'quarantine', 'parent_quarantined', null],
      ['staff', 'ADAMS', ['1'], 'quarantine', 'orphan', null],
    ],
  )
  assert.ok(!lines.join().includes('Ann'))
})

test('an entity that was not asked for but is referred to is read silently', async () => {
  const bed = schoolBed(DIRTY)
  const { counts } = await bed.dry({ selection: { entities: ['student'], tenants: ['ADAMS'] } })
  assert.deepEqual(counts, { 'student/ADAMS': { read: 2, loaded: 1, quarantined: 1, partsQuarantined: 1 } })
  assert.deepEqual(
    [...new Set(bed.events.flatMap(event => ('entity' in event ? [event.entity] : 'entity_type' in event ? [event.entity_type] : [])))],
    ['student'],
  )
})

test('what the ledger knows of an entity that was not asked for is taken from it', async () => {
  const bed = schoolBed()
  await bed.run()
  bed.replaceRows({ source: 'legacy', tenant: 'BAKER', table: SCHOOL.name }, [])
  const { counts } = await bed.dry({ selection: { entities: ['student'], ...BAKER_ALONE } })
  assert.deepEqual(counts, { 'student/BAKER': { read: 3, unchanged: 3 } })
})

test('a dry run counts as the real run does, row by row, before, after and beside what is loaded', async () => {
  const bed = schoolBed(DIRTY)
  for (let time = 0; time < 3; time++) {
    const dry = await bed.dry({ batchRows: 1 })
    const { counts } = await bed.run({ batchRows: 2 })
    assert.deepEqual(dry.counts, counts)
    bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'staff' }, [
      [1, 7, 'Head'],
      [2, 1, 'Deputy'],
      [3 + time, 99, `New ${time}`],
      [10 + time, 3 + time, `Newer ${time}`],
      [20 + time, null, `Newest ${time}`],
    ])
  }
})

test('a dry run tells what each tenant would come to although another fails', async () => {
  const bed = schoolBed()
  const { migration } = bed
  const openSource: typeof migration.openSource = (name, tenant) =>
    tenant?.code === 'ADAMS' && opened++ > 0
      ? Promise.reject(new RehouseError('SOURCE_UNREACHABLE', 'expected the source, got none', { next: 'Start it.' }))
      : migration.openSource(name, tenant)
  let opened = 0
  const { counts, end } = await bed.dry({ migration: { ...migration, openSource } })
  assert.deepEqual(Object.keys(counts), ['school/BAKER', 'student/BAKER', 'staff/BAKER'])
  assert.deepEqual(
    end.failures.map(({ code, where }) => [code, where.tenant]),
    [['SOURCE_UNREACHABLE', 'ADAMS']],
  )
})

test('a dry run ends when it is asked to', async () => {
  const stop = new AbortController()
  stop.abort()
  const { end } = await schoolBed().dry({ signal: stop.signal })
  assert.deepEqual(
    end.failures.map(({ code }) => code),
    ['INTERRUPTED'],
  )
})
