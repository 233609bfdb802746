import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Source } from '../../../src/source/source.ts'
import { aCase, bedOf, type Case, isOrdered, left, SIMPLE } from '../../support/related-cases.ts'

/** Each is three to five whole runs. */
const RUNS = process.env.REHOUSE_NIGHTLY === '1' ? 1000 : 25

test('related rows read beside the driving rows, and those that come with them, give the same bytes as related rows in memory', async () => {
  await fc.assert(
    fc.asyncProperty(aCase, fc.integer({ min: 1, max: 4 }), async (of, batchRows) => {
      const memory = bedOf(of, { way: 'memory' })
      const first = await memory.run({ batchRows: 1000 })
      const expected = await left(memory)
      for (const way of ['merge', 'pushed'] as const) {
        const bed = bedOf(of, { way })
        const second = await bed.run({ batchRows })
        assert.deepEqual(second.end.failures, [])
        assert.deepEqual(second.counts, first.counts)
        assert.deepEqual(second.outcomes, first.outcomes)
        assert.deepEqual(await left(bed), expected)
        const again = await bed.run({ batchRows })
        assert.equal(again.counts['student/ADAMS']?.loaded, undefined)
        assert.deepEqual((await bedOf(of, { way }).dry({ batchRows })).counts, first.counts)
      }
    }),
    { numRuns: RUNS },
  )
})

test('a run killed anywhere and taken up again has read with the driving rows what one run would have', async () => {
  const aWay = fc.constantFrom('merge' as const, 'pushed' as const)
  await fc.assert(
    fc.asyncProperty(aCase, aWay, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 }), async (of, way, batchRows, dies) => {
      const whole = bedOf(of, { way })
      await whole.run({ batchRows: 1000 })
      const bed = bedOf(of, { way })
      let batches = 0
      const hooks = {
        at: (seam: string) => {
          if (seam === (dies % 2 === 0 ? 'before_batch_commit' : 'after_batch_commit') && ++batches === dies) throw new Error('killed')
        },
      }
      const died = await bed.run({ batchRows, hooks }).then(
        () => false,
        () => true,
      )
      if (died) await bed.run({ batchRows, resume: 'latest' })
      assert.deepEqual(await left(bed), await left(whole))
    }),
    { numRuns: RUNS },
  )
})

function countingReads(reads: string[]): (source: Source) => Source {
  return source => ({
    ...source,
    engine: source.engine,
    capability: source.capability,
    label: source.label,
    describe: () => source.describe(),
    facts: () => source.facts(),
    close: () => source.close(),
    openSnapshot: async relations => {
      const snapshot = await source.openSnapshot(relations)
      return {
        id: snapshot.id,
        marker: snapshot.marker,
        origin: snapshot.origin,
        count: relation => snapshot.count(relation),
        close: () => snapshot.close(),
        read: request => {
          const names = request.key.kind === 'columns' ? request.key.names.join('+') : 'content'
          const on = request.attach?.map(one => ` with ${one.relation.name} by ${one.on.map(({ theirs }) => theirs).join('+')}`)
          reads.push(`${request.relation.name} by ${names} after ${request.after?.join('+') ?? 'nothing'}${on?.join('') ?? ''}`)
          return snapshot.read(request)
        },
      }
    },
  })
}

test('a resumed run reads related rows from the key it stopped at, not from the beginning', async () => {
  const reads: string[] = []
  const bed = bedOf(SIMPLE, { way: 'merge', wrap: countingReads(reads) })
  let batches = 0
  const hooks = {
    at: (seam: string) => {
      if (seam === 'after_batch_commit' && ++batches === 2) throw new Error('killed')
    },
  }
  await assert.rejects(bed.run({ batchRows: 1, hooks }))
  reads.length = 0
  await bed.run({ batchRows: 1, resume: 'latest' })
  assert.deepEqual(reads, ['attribute by student_id after 1', 'student by id+part after 2+1'])
})

test('rows without a key are all in one batch, also where no row has one: a run killed after it has nothing to read again', async () => {
  const of: Case = {
    ...SIMPLE,
    isMany: false,
    driving: [
      [null, 0, null],
      [null, 0, null],
      [null, 1, null],
    ],
    related: [],
  }
  const bed = bedOf(of, { way: 'memory' })
  let batches = 0
  const hooks = {
    at: (seam: string) => {
      if (seam === 'after_batch_commit' && ++batches === 1) throw new Error('killed')
    },
  }
  await assert.rejects(bed.run({ batchRows: 1, hooks }))
  await bed.run({ batchRows: 1, resume: 'latest' })
  assert.deepEqual(
    await bed.quarantine(),
    [1, 2, 3].map(n => `student/ADAMS \\N,${n === 3 ? 1 : 0},#${n} null_key`),
  )
})

test('a row whose related row has two related rows is refused by what is ambiguous, whichever of its columns is asked for', async () => {
  const of: Case = { ...SIMPLE, theirs: 'int4', isMany: false, isNested: true, driving: [[3, 0, null]], related: [[3, 2, '1']] }
  for (const way of ['memory', 'merge', 'pushed'] as const) {
    const bed = bedOf(of, { way })
    await bed.run()
    assert.deepEqual(await bed.quarantine(), ['student/ADAMS 1,0 ambiguous_kind'])
  }
})

const WAYS: readonly (readonly [what: string, of: Partial<Case>, by: string])[] = [
  ['integers of different lengths', {}, 'student_id'],
  ['uuids', { ours: 'uuid', theirs: 'uuid' }, 'student_id'],
  ['all parts of the key, in whatever order the mapping names them', { isPair: true }, 'student_id+part'],
  ['texts, which every source orders in its own way,', { ours: 'text', theirs: 'text' }, ''],
  ['decimals', { ours: 'numeric', theirs: 'numeric' }, ''],
]

for (const [what, change, by] of WAYS)
  test(`${what} ${by === '' ? 'are not matched by merging, even where it is asked for' : 'are matched by merging'}`, async () => {
    const reads: string[] = []
    await bedOf({ ...SIMPLE, ...change }, { way: 'merge', wrap: countingReads(reads) }).run()
    assert.equal(
      reads.find(read => read.startsWith('attribute')),
      `attribute by ${by} after nothing`,
    )
    assert.ok(isOrdered(change.ours ?? 'int4') === (by !== ''))
  })

const PUSHED: readonly (readonly [what: string, of: Partial<Case>, by: string | null])[] = [
  ['another column than the key', { byOther: true }, 'student_id'],
  ['integers of different lengths', {}, 'student_id'],
  ['several columns', { isPair: true }, 'part+student_id'],
  ['texts of one collation', { ours: 'text', theirs: 'text' }, 'student_id'],
  ['decimals', { ours: 'numeric', theirs: 'numeric' }, 'student_id'],
  ['texts whose case does not count, but for another column,', { ours: 'text', theirs: 'text', folds: true, isPair: true }, 'part'],
  ['texts whose case does not count', { ours: 'text', theirs: 'text', folds: true }, null],
]

for (const [what, change, by] of PUSHED)
  test(`rows matched by ${what} ${by === null ? 'are kept in memory, even where pushing is asked for' : 'come with the driving rows'}`, async () => {
    const reads: string[] = []
    await bedOf({ ...SIMPLE, ...change }, { way: 'pushed', wrap: countingReads(reads) }).run()
    const driving = 'student by id+part after nothing'
    assert.deepEqual(reads, by === null ? ['attribute by  after nothing', driving] : [`${driving} with attribute by ${by}`])
  })
