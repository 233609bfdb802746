import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import type { Seam } from '../../../src/run/seams.ts'
import type { Bed, BedWish, Row } from '../../support/memory-migration.ts'
import { type Watch, type WatchOptions, watched } from '../../support/watched-source.ts'
import { MANIFEST, schoolBed } from './school.ts'

/** Not in the order of their keys: a file has an order of its own. */
const STUDENTS: readonly Row[] = [7, 2, 9, 1, 5, 3, 8, 4, 6].map(id => [id, 1, `student ${id}`, '1', '1'])
const ROWS = { ADAMS: { students: STUDENTS }, BAKER: { students: STUDENTS.slice(0, 2) } }

interface Files {
  readonly bed: Bed
  /** By tenant, over all that were opened. */
  readonly watch: (tenant: string) => Watch
}

function files(options: WatchOptions = { confirm: () => undefined }, manifest = MANIFEST): Files {
  const watches = new Map<string, Watch>()
  const watch = (tenant: string): Watch => {
    const known = watches.get(tenant) ?? { reads: [], confirms: 0 }
    watches.set(tenant, known)
    return known
  }
  let opened = 0
  const wrap: BedWish['wrap'] = (source, { tenant }) => {
    const file = watched(source, watch(tenant), options)
    const openSnapshot: typeof file.openSnapshot = async relations => {
      const snapshot = await file.openSnapshot(relations)
      // As the wrapper for staging names them: each opened snapshot has a name of its own.
      return { ...snapshot, id: `${snapshot.id}#${++opened}` }
    }
    return { ...file, openSnapshot }
  }
  return { bed: schoolBed(ROWS, manifest, { capability: 'scan', wrap }), watch }
}

/** Throws at the n-th time a seam is reached in an entity. */
function throwAt(seam: Seam, { entity, nth }: { readonly entity: string; readonly nth: number }) {
  let times = 0
  return {
    at: (at: Seam, place: { readonly entity?: string }) => {
      if (at === seam && place.entity === entity && ++times === nth) throw new Error('the end')
    },
  }
}

const ids = (bed: Bed): readonly unknown[] => bed.rows('app', 'core.students', ['name']).map(([name]) => name)

test('rows of a file are loaded in the order of the file, and a run that dies goes on after the last row done', async () => {
  for (let nth = 1; nth <= 5; nth++) {
    const { bed } = files()
    const first = await bed
      .run({ batchRows: 2, hooks: throwAt('after_batch_commit', { entity: 'student', nth }) })
      .catch((error: unknown) => error)
    assert.ok(first instanceof Error, 'expected the run to die')
    const done = ids(bed).length
    assert.deepEqual(
      ids(bed),
      STUDENTS.slice(0, done).map(row => row[2]),
    )
    const { end, counts } = await bed.run({ resume: 'latest', batchRows: 2 })
    assert.equal(end.status, 'clean')
    assert.deepEqual(counts['student/ADAMS'], { read: 9, loaded: 9 }, 'nothing is read twice')
    assert.deepEqual(
      ids(bed).slice(0, 9),
      STUDENTS.map(row => row[2]),
    )
  }
})

test('what was read under one snapshot of a file is said to be one snapshot, what was resumed on the same content frozen', async () => {
  const { bed } = files()
  await bed.run({ batchRows: 2, hooks: throwAt('after_batch_commit', { entity: 'student', nth: 2 }) }).catch(() => undefined)
  await bed.run({ resume: 'latest', batchRows: 2 })
  const [entities, tasks] = [await bed.ledger('app').entities(), await bed.ledger('app').tasks('run-1')]
  const of = (tenant: number) =>
    tasks.filter(task => task.tenant === tenant).map(task => [entities.find(e => e.number === task.entity)?.name, task.consistency])
  assert.deepEqual(of(1).sort(), [
    ['school', 'snapshot'],
    ['staff', 'snapshot'],
    ['student', 'frozen'],
  ])
  assert.deepEqual(of(2).sort(), [
    ['school', 'snapshot'],
    ['staff', 'snapshot'],
    ['student', 'snapshot'],
  ])
})

test('another file in place of the one the run began with is read again under one snapshot', async () => {
  const { bed } = files()
  await bed.run({ batchRows: 2, hooks: throwAt('after_batch_commit', { entity: 'student', nth: 2 }) }).catch(() => undefined)
  bed.replaceRows({ source: 'legacy', tenant: 'ADAMS', table: 'student' }, STUDENTS.toReversed())
  const { end, counts } = await bed.run({ resume: 'latest', batchRows: 2 })
  assert.equal(end.status, 'clean')
  assert.deepEqual(counts['student/ADAMS'], { read: 9, loaded: 9 })
  assert.equal(ids(bed).length, 11)
})

test('what a file says of itself as a whole is confirmed once per tenant, after everything was read and before the last batch is kept', async () => {
  const seen: string[] = []
  const { bed, watch } = files({ confirm: () => void seen.push('confirmed') })
  const at = (seam: Seam, { entity, tenant }: { readonly entity?: string; readonly tenant?: string | null }): void => {
    if (seam === 'after_batch_commit') seen.push(`${tenant} ${entity}`)
  }
  await bed.run({ hooks: { at } })
  assert.deepEqual(seen, [
    ...['ADAMS school', 'ADAMS student', 'confirmed', 'ADAMS staff'],
    ...['BAKER school', 'BAKER student', 'confirmed', 'BAKER staff'],
  ])
  assert.deepEqual([watch('ADAMS').confirms, watch('BAKER').confirms], [1, 1])
})

test('a dry run confirms it too', async () => {
  const { bed, watch } = files()
  await bed.dry()
  assert.deepEqual([watch('ADAMS').confirms, watch('BAKER').confirms], [1, 1])
})

test('a file that is not what it says of itself stops its tenant with the code, before the last batch is kept; the other goes on', async () => {
  for (const dry of [false, true]) {
    let times = 0
    const { bed } = files({
      confirm: () => {
        if (++times === 1) throw new RehouseError('SOURCE_INVALID', 'expected 4277 rows, got 4276', { next: 'Export it again.' })
      },
    })
    const { end } = dry ? await bed.dry() : await bed.run()
    assert.deepEqual(
      end.failures.map(({ code, where }) => [code, where.tenant]),
      [['SOURCE_INVALID', 'ADAMS']],
    )
    if (dry) continue
    assert.deepEqual(bed.rows('app', 'core.staff').length, 3, 'of BAKER only')
    const resumed = await bed.run({ resume: 'latest' })
    assert.equal(resumed.end.status, 'clean', 'the file was mended')
    assert.equal(times, 3)
  }
})

test('a resumed run that finds everything read does not confirm again; a rerun, which reads, does', async () => {
  const { bed, watch } = files()
  await bed
    .run({ hooks: { at: seam => (seam === 'before_finish' ? Promise.reject(new Error('the end')) : undefined) } })
    .catch(() => undefined)
  assert.equal(watch('ADAMS').confirms, 1)
  const { reads } = watch('ADAMS')
  const before = reads.length
  const { end } = await bed.run({ resume: 'latest' })
  assert.equal(end.status, 'clean')
  assert.deepEqual([watch('ADAMS').confirms, reads.length], [1, before])
  await bed.run()
  assert.equal(watch('ADAMS').confirms, 2)
})

test('a file shared by all tenants is confirmed once, not once for each', async () => {
  const { bed, watch } = files(undefined, MANIFEST.replace('legacy/{tenant.code}', 'legacy/all'))
  await bed.run()
  assert.equal(watch('').confirms, 1)
})

test('two tenants with files of one marker are confirmed each by itself', async () => {
  const watches: Watch[] = []
  const wrap: BedWish['wrap'] = source => {
    const watch: Watch = { reads: [], confirms: 0 }
    watches.push(watch)
    return watched(source, watch, { confirm: () => undefined })
  }
  await schoolBed({}, MANIFEST, { capability: 'scan', wrap }).run()
  assert.equal(
    watches.reduce((sum, { confirms }) => sum + confirms, 0),
    2,
  )
})
