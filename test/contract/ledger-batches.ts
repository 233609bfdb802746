import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_COUNTS } from '../../src/model/counts.ts'
import { type BeforeImage, ID_MAP_IMAGE } from '../../src/model/ledger-records.ts'
import type { LedgerEngine } from './ledger-engines.ts'
import { batch, claimOf, commit, hasCode, mappedIntegers, putRow, refused, start, startRun } from './ledger-samples.ts'

export function batchTests(engine: LedgerEngine): void {
  recordTests(engine)
  fenceTests(engine)
  sumTests(engine)
  stepTests(engine)
}

function recordTests(engine: LedgerEngine): void {
  test('never gives a batch number twice, to however many ask at once', async t => {
    const bed = await engine.open(t)
    const { ledger } = await start(bed)
    const other = bed.ledger()
    const numbers = await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? ledger : other).nextBatch()))
    assert.equal(new Set(numbers).size, 40)
  })

  test('a committed batch moves its task: position, state, source count', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { upTo: ['7', 'a,"b'], sourceCount: '9223372036854775807' })
    const [task] = await started.ledger.tasks('run-1')
    assert.deepEqual([task?.position, task?.state, task?.sourceCount], [['7', 'a,"b'], 'running', '9223372036854775807'])
    await commit(started, { kind: 'settle', taskState: 'settled' })
    const [settled] = await started.ledger.tasks('run-1')
    assert.deepEqual([settled?.position, settled?.state, settled?.sourceCount], [['7', 'a,"b'], 'settled', '9223372036854775807'])
  })

  test('what is rolled back leaves nothing', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const { ledger, writer } = started
    const before = await ledger.tasks('run-1')
    const tx = await writer.begin()
    await putRow(tx, 1n)
    const integers = mappedIntegers([1n])
    await ledger.recordBatch(
      tx,
      await batch(started, { upTo: ['1'], integers, quarantine: [refused(['2'])], exclusions: [{ key: ['3'], code: 'old' }] }),
    )
    await ledger.recordStep(tx, 'run-1', step('i'))
    await tx.rollback()
    assert.deepEqual(await ledger.tasks('run-1'), before)
    assert.deepEqual(await ledger.known(1, 1, [['1'], ['2'], ['3']]), [null, null, null])
    assert.deepEqual(await ledger.debts(), [])
    assert.equal(await bed.rowsStored(), 0)
  })

  test('an unbalanced batch is refused and leaves nothing, in every direction it can be unbalanced', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const balanced = { read: 6, loaded: 1, updated: 1, unchanged: 1, merged: 1, skipped: 1, excluded: 1, quarantined: 0 }
    for (const name of ['read', 'loaded', 'updated', 'unchanged', 'merged', 'skipped', 'excluded', 'quarantined'] as const) {
      const tx = await started.writer.begin()
      await putRow(tx, 1n)
      const record = await batch(started, { counts: { ...balanced, [name]: balanced[name] + 1 } })
      await assert.rejects(started.ledger.recordBatch(tx, record), hasCode('BUG'))
      await tx.rollback()
    }
    assert.equal(await bed.rowsStored(), 0)
    await commit(started, { counts: balanced })
  })

  test('settling counts are signed and must add up too', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { integers: mappedIntegers([1n, 2n]) })
    const counts = { read: 0, loaded: -1, quarantined: 1 }
    await commit(started, { kind: 'settle', counts, quarantine: [refused(['2'])], unmapped: [['2']] })
    assert.deepEqual((await started.ledger.totals('run-1'))[0]?.counts, { ...NO_COUNTS, read: 2, loaded: 1, quarantined: 1 })
    const tx = await started.writer.begin()
    const wrong = await batch(started, { kind: 'settle', counts: { read: 0, loaded: -1, quarantined: 0 } })
    await assert.rejects(started.ledger.recordBatch(tx, wrong), hasCode('BUG'))
    await tx.rollback()
  })

  test('a key that is in the id map already is refused', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { integers: mappedIntegers([1n]) })
    const tx = await started.writer.begin()
    await assert.rejects(
      started.ledger.recordBatch(tx, await batch(started, { integers: mappedIntegers([2n, 1n]) })),
      hasCode('LEDGER_INVALID'),
    )
    await tx.rollback()
    assert.deepEqual((await started.ledger.known(1, 1, [['2']]))[0], null)
  })

  test('a batch can take a key out of the id map and put it in again', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { integers: mappedIntegers([1n, 2n]) })
    const [again] = mappedIntegers([1n])
    assert.ok(again)
    const { id: number } = await commit(started, { integers: [again], unmapped: [['1']], counts: { read: 1, loaded: 0, updated: 1 } })
    assert.deepEqual((await started.ledger.known(1, 1, [['1']]))[0], {
      state: 'loaded',
      id: again.id,
      hash: '-1',
      run: 'run-1',
      batch: number,
    })
  })

  test('keeps what a batch overwrote, byte by byte, in the order given; says which rows a run updated', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { integers: mappedIntegers([1n, 2n]) })
    const [again] = mappedIntegers([1n])
    assert.ok(again)
    const of = { idColumn: 'id', id: again.id }
    const images: readonly BeforeImage[] = [
      {
        key: ['1'],
        table: 'public.kept',
        operation: 'update',
        ...of,
        columns: ['id', 'a "b"'],
        before: Buffer.from('0002ffffffffffffffff', 'hex'),
      },
      { key: ['1'], table: 'public.part', operation: 'insert', ...of, columns: ['id'], before: null },
      { key: ['a', 'b'], table: 'public.part', operation: 'delete', ...of, columns: ['id'], before: Buffer.from('0001ffffffff', 'hex') },
      { key: ['1'], table: ID_MAP_IMAGE, operation: 'update', ...of, columns: ['hash', 'batch'], before: Buffer.from('0000', 'hex') },
    ]
    const { id } = await commit(started, { integers: [again], unmapped: [['1']], counts: { read: 1, loaded: 0, updated: 1 }, images })
    assert.deepEqual(await started.ledger.beforeImages(id), images)
    assert.deepEqual(await started.ledger.beforeImages('999999'), [])
    const place = { entity: 1, tenant: 1, keys: [['1'], ['2'], ['a', 'b']] }
    assert.deepEqual(await started.ledger.updatedIn('run-1', place), new Set(['1']))
    assert.deepEqual(await started.ledger.updatedIn('run-2', place), new Set())
    assert.deepEqual(await started.ledger.updatedIn('run-1', { ...place, tenant: 2 }), new Set())
  })
}

function fenceTests(engine: LedgerEngine): void {
  test('a claim raises the fence and says what the task works on', async t => {
    const bed = await engine.open(t)
    const { ledger, task, writer } = await start(bed)
    const { backend, fence, state, snapshot, marker, consistency, pass, position } = task
    assert.deepEqual(
      { backend, fence, state, snapshot, marker, consistency, pass, position },
      {
        backend: writer.backend,
        fence: 1,
        state: 'running',
        snapshot: 'snap-1',
        marker: 'lsn-1',
        consistency: 'snapshot',
        pass: 1,
        position: null,
      },
    )
    const again = await ledger.claimTask(task.id, claimOf(writer, { snapshot: 'snap-2', consistency: 'frozen' }))
    assert.deepEqual([again.fence, again.snapshot, again.consistency], [2, 'snap-2', 'frozen'])
  })

  test('a claim keeps the position, and begins again only when told to', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { upTo: ['5'] })
    const kept = await started.ledger.claimTask(started.task.id, claimOf(started.writer))
    assert.deepEqual(kept.position, ['5'])
    const again = await started.ledger.claimTask(started.task.id, claimOf(started.writer, { restart: true, pass: 2 }))
    assert.deepEqual([again.position, again.pass], [null, 2])
  })

  test("a zombie's batch is refused and leaves nothing", async t => {
    const bed = await engine.open(t)
    const zombie = await start(bed)
    const other = await bed.writer()
    const late = await batch(zombie, { integers: mappedIntegers([1n]), upTo: ['1'] })
    await zombie.ledger.claimTask(zombie.task.id, claimOf(other))
    // Its session was ended; a frozen process that wakes opens another.
    const tx = await (await bed.writer()).begin()
    await putRow(tx, 1n)
    await assert.rejects(zombie.ledger.recordBatch(tx, late), hasCode('FENCE_LOST'))
    await tx.rollback()
    assert.equal(await bed.rowsStored(), 0)
    assert.deepEqual(await zombie.ledger.known(1, 1, [['1']]), [null])
    assert.equal((await zombie.ledger.tasks('run-1'))[0]?.position, null)
  })

  test('who takes over ends a batch that was recorded and not committed', async t => {
    const bed = await engine.open(t)
    const zombie = await start(bed)
    const tx = await zombie.writer.begin()
    await putRow(tx, 1n)
    await zombie.ledger.recordBatch(tx, await batch(zombie, { integers: mappedIntegers([1n]), upTo: ['1'] }))
    const claimed = await bed.ledger().claimTask(zombie.task.id, claimOf(await bed.writer()))
    assert.deepEqual([claimed.fence, claimed.position], [2, null])
    await assert.rejects(tx.commit({ durable: true }))
    assert.equal(await bed.rowsStored(), 0)
    assert.deepEqual(await zombie.ledger.known(1, 1, [['1']]), [null])
  })

  test('a claim in another run fences off the same entity and tenant of a run that has not ended', async t => {
    const bed = await engine.open(t)
    const old = await start(bed)
    const late = await batch(old)
    await startRun(bed, { ledger: old.ledger, run: 'run-2' })
    const tx = await (await bed.writer()).begin()
    await assert.rejects(old.ledger.recordBatch(tx, late), hasCode('FENCE_LOST'))
    await tx.rollback()
  })

  test('a task fails only under its current fence, and a claim forgets the failure', async t => {
    const bed = await engine.open(t)
    const { ledger, task, writer } = await start(bed)
    const failure = { code: 'TARGET_REFUSED', message: 'No “luck”\0.' }
    await assert.rejects(ledger.failTask(task.id, 0, 'failed', failure), hasCode('FENCE_LOST'))
    await ledger.failTask(task.id, 1, 'stopped', { ...failure, message: 'No “luck”.' })
    const [stopped] = await ledger.tasks('run-1')
    assert.deepEqual([stopped?.state, stopped?.failure], ['stopped', { code: 'TARGET_REFUSED', message: 'No “luck”.' }])
    const claimed = await ledger.claimTask(task.id, claimOf(writer))
    assert.deepEqual([claimed.state, claimed.failure], ['running', null])
  })

  test('a claim for a correction leaves the task in its state, under a new fence', async t => {
    const bed = await engine.open(t)
    const { ledger, task, writer } = await start(bed)
    const failure = { code: 'STOPPED', message: 'Too many.' }
    await ledger.failTask(task.id, 1, 'stopped', failure)
    const claimed = await ledger.claimTask(task.id, claimOf(writer, { state: 'keep' }))
    assert.deepEqual([claimed.state, claimed.failure, claimed.fence], ['stopped', failure, 2])
  })
}

function sumTests(engine: LedgerEngine): void {
  test('sums the counts of a task and of a run, of the latest pass, with rows loaded earlier in the run as loaded', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    assert.deepEqual((await started.ledger.totals('run-1'))[0]?.counts, NO_COUNTS)
    const counts = { read: 10, loaded: 8, excluded: 1, quarantined: 1, partsQuarantined: 2 }
    await commit(started, { counts, written: { 'public.kept': 8, 'public.b': 3 } })
    await commit(started, { counts, written: { 'public.kept': 8 } })
    const sums = { ...NO_COUNTS, read: 20, loaded: 16, excluded: 2, quarantined: 2, partsQuarantined: 4 }
    const [total] = await started.ledger.totals('run-1')
    const relations = [{ relation: 'legacy/public.student', counts: sums }]
    assert.deepEqual(total, { entity: 1, tenant: 1, counts: sums, seconds: 0.5, written: { 'public.b': 3, 'public.kept': 16 }, relations })
    assert.deepEqual((await started.ledger.tasks('run-1'))[0]?.counts, sums)

    const task = await started.ledger.claimTask(started.task.id, claimOf(started.writer, { pass: 2, restart: true }))
    const second = { read: 20, unchanged: 17, loaded: 1, excluded: 2 }
    await commit({ ...started, task }, { counts: second, loadedEarlierInRun: 16, written: { 'public.kept': 1 } })
    const [after] = await started.ledger.totals('run-1')
    assert.deepEqual(after?.counts, { ...NO_COUNTS, read: 20, loaded: 17, unchanged: 1, excluded: 2 })
    assert.deepEqual(after?.written, { 'public.b': 3, 'public.kept': 17 })
    assert.equal(after?.seconds, 0.25)
    assert.deepEqual(after?.relations, [{ relation: 'legacy/public.student', counts: after?.counts }])
  })

  test('sums outcomes by entity, kind, column and code of the latest pass', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const value = { kind: 'value', column: 'kept.id', code: 'default', count: 2 } as const
    await commit(started, {
      outcomes: [
        value,
        { kind: 'loss', column: 'kept.id', code: 'time', count: 1 },
        { kind: 'exclude', column: '', code: 'old', count: 5 },
      ],
    })
    await commit(started, { outcomes: [value, value] })
    assert.deepEqual(await started.ledger.outcomes('run-1'), [
      { entity: 'student', kind: 'exclude', column: '', code: 'old', count: 5 },
      { entity: 'student', kind: 'loss', column: 'kept.id', code: 'time', count: 1 },
      { entity: 'student', kind: 'value', column: 'kept.id', code: 'default', count: 6 },
    ])
    const task = await started.ledger.claimTask(started.task.id, claimOf(started.writer, { pass: 2, restart: true }))
    await commit({ ...started, task }, { outcomes: [value] })
    assert.deepEqual(await started.ledger.outcomes('run-1'), [
      { entity: 'student', kind: 'value', column: 'kept.id', code: 'default', count: 2 },
    ])
    assert.deepEqual(await started.ledger.outcomes('run-2'), [])
  })
}

const step = (name: string) =>
  ({ kind: 'drop_index', schema: 'public', table: 'kept', name, apply: `drop "${name}"`, undo: `create '${name}'` }) as const

function stepTests(engine: LedgerEngine): void {
  test('tells debts oldest first, until they are settled', async t => {
    const bed = await engine.open(t)
    const { ledger, writer } = await start(bed)
    const tx = await writer.begin()
    const ids: string[] = []
    for (const name of ['one', 'two', 'three']) ids.push(await ledger.recordStep(tx, 'run-1', step(name)))
    assert.deepEqual(await ledger.debts(), [])
    await tx.commit({ durable: true })
    const expected = ['one', 'two', 'three'].map((name, i) => ({ ...step(name), id: ids[i], run: 'run-1' }))
    assert.deepEqual(await ledger.debts(), expected)
    const second = await writer.begin()
    await ledger.settleStep(second, ids[1] ?? '')
    await second.commit({ durable: true })
    assert.deepEqual(await bed.ledger().debts(), [expected[0], expected[2]])
  })
}
