import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_COUNTS } from '../../src/model/counts.ts'
import type { CountLine, OwnedRows } from '../../src/model/ledger-records.ts'
import type { LedgerEngine } from './ledger-engines.ts'
import { batch, commit, hasCode, mappedIntegers, start } from './ledger-samples.ts'

const MARK = 'legacy/public.mark'

function line(counts: Partial<CountLine['counts']>, more: Partial<CountLine> = {}): CountLine {
  return { relation: MARK, counts: { ...NO_COUNTS, ...counts }, loadedEarlierInRun: 0, isOwned: true, ...more }
}

export function ownedTests(engine: LedgerEngine): void {
  test('lines of owned relations are summed up by themselves, and are no part of the entity’s own counts', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const { ledger } = started
    const lines = [
      line({ read: 5, loaded: 3, excluded: 1, quarantined: 1 }),
      line({ read: 1, unchanged: 1 }, { relation: 'legacy/public.a' }),
    ]
    await commit(started, { integers: mappedIntegers([1n, 2n]), lines })
    await commit(started, {
      integers: mappedIntegers([3n]),
      lines: [line({ read: 4, loaded: 2, unchanged: 2 }, { loadedEarlierInRun: 1, sourceCount: '9223372036854775807' })],
    })
    await commit(started, { kind: 'settle', lines: [line({ loaded: -2, quarantined: 2 })] })
    assert.deepEqual(await ledger.ownedLines('run-1'), [
      { entity: 1, tenant: 1, relation: 'legacy/public.a', counts: { ...NO_COUNTS, read: 1, unchanged: 1 }, sourceCount: null },
      {
        entity: 1,
        tenant: 1,
        relation: MARK,
        counts: { ...NO_COUNTS, read: 9, loaded: 4, unchanged: 1, excluded: 1, quarantined: 3 },
        sourceCount: '9223372036854775807',
      },
    ])
    const [total] = await ledger.totals('run-1')
    assert.deepEqual(total?.counts, { ...NO_COUNTS, read: 3, loaded: 3 })
    assert.deepEqual(
      total?.relations.map(({ relation }) => relation),
      ['legacy/public.student'],
    )
    assert.deepEqual((await ledger.task({ run: 'run-1', entity: 1, tenant: 1 }))?.counts, total?.counts)
    assert.deepEqual(await ledger.ownedLines('run-2'), [])
  })

  test('a line of an owned relation that does not add up is refused with the batch', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const tx = await started.writer.begin()
    const record = await batch(started, { lines: [line({ read: 2, loaded: 1 })] })
    await assert.rejects(started.ledger.recordBatch(tx, record), hasCode('BUG'))
    await tx.rollback()
    assert.deepEqual(await started.ledger.ownedLines('run-1'), [])
  })

  test('remembers of loaded rows what became of the rows they own, the newest of each', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const owned = (key: readonly string[], kept: number): OwnedRows => ({ key, relation: MARK, kept, excluded: 1, quarantined: 2 })
    await commit(started, { owned: [owned(['1'], 3), owned(['a,"b', 'c'], 4)] })
    await commit(started, { owned: [owned(['1'], 5)] })
    const keys = [['1'], ['2'], ['a,"b', 'c']]
    const found = await started.ledger.ownedRows({ entity: 1, tenant: 1, keys })
    assert.deepEqual(
      found.toSorted((a, b) => a.kept - b.kept),
      [owned(['a,"b', 'c'], 4), owned(['1'], 5)],
    )
    assert.deepEqual(await started.ledger.ownedRows({ entity: 1, tenant: 2, keys }), [])
    assert.deepEqual(await started.ledger.ownedRows({ entity: 1, tenant: 1, keys: [] }), [])
  })
}
