import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LedgerEngine } from './ledger-engines.ts'
import { claimOf, commit, mappedIntegers, NASTY_KEYS, refused, start, startRun } from './ledger-samples.ts'

const ALL = { limit: null } as const

export function quarantineTests(engine: LedgerEngine): void {
  test('a row seen again in a later run keeps its first run; one that loads leaves quarantine; one that is refused again comes back', async t => {
    const bed = await engine.open(t)
    const first = await start(bed)
    const { ledger } = first
    await commit(first, { quarantine: [refused(['1']), refused(['2'])] })
    const second = await startRun(bed, { ledger, run: 'run-2' })
    const { id } = await commit(second, {
      quarantine: [refused(['1'], { code: 'too_long', column: null, valueMasked: null, detail: null })],
      integers: mappedIntegers([2n]),
    })
    const entry = {
      entity: 'student',
      tenant: 'A',
      key: ['1'],
      code: 'too_long',
      column: null,
      value_masked: null,
      detail: null,
      part: null,
    }
    assert.deepEqual(await ledger.quarantine(ALL), { total: 1, rows: [{ ...entry, batch: id, first_run: 'run-1', last_run: 'run-2' }] })
    assert.deepEqual(
      (await ledger.known(1, 1, [['1'], ['2']])).map(one => one?.state),
      ['quarantined', 'loaded'],
    )

    const third = await startRun(bed, { ledger, run: 'run-3' })
    await commit(third, {
      kind: 'settle',
      counts: { read: 0, loaded: -1, quarantined: 1 },
      quarantine: [refused(['2'])],
      unmapped: [['2']],
    })
    const { rows } = await ledger.quarantine({ ...ALL, key: ['2'] })
    assert.deepEqual(
      rows.map(row => [row.first_run, row.last_run]),
      [['run-1', 'run-3']],
    )
  })

  test('a row excluded in a later run leaves quarantine, and one that is quarantined is no longer excluded', async t => {
    const bed = await engine.open(t)
    const first = await start(bed)
    await commit(first, { quarantine: [refused(['1'])], exclusions: [{ key: ['2'], code: 'old' }] })
    const second = await startRun(bed, { ledger: first.ledger, run: 'run-2' })
    await commit(second, {
      quarantine: [refused(['2'])],
      exclusions: [
        { key: ['1'], code: 'gone' },
        { key: ['1'], code: 'gone' },
      ],
      counts: { read: 2, excluded: 1 },
    })
    const { key: _, part: __, ...reason } = refused(['2'])
    assert.deepEqual(await first.ledger.known(1, 1, [['1'], ['2']]), [
      { state: 'excluded', code: 'gone' },
      { state: 'quarantined', ...reason },
    ])
  })

  test('refused parts stand beside a row that is loaded, and go when it is loaded without them', async t => {
    const bed = await engine.open(t)
    const first = await start(bed)
    const { ledger } = first
    const part = (code: string) => refused(['1'], { part: 'public.contact', code })
    await commit(first, {
      integers: mappedIntegers([1n]),
      quarantine: [part('a'), part('b'), refused(['1'], { part: 'public.address' })],
      counts: { partsQuarantined: 3 },
    })
    assert.equal((await ledger.known(1, 1, [['1']]))[0]?.state, 'loaded')
    const { rows } = await ledger.quarantine(ALL)
    assert.deepEqual(
      rows.map(row => [row.part, row.code]),
      [
        ['public.address', 'orphan'],
        ['public.contact', 'a'],
        ['public.contact', 'b'],
      ],
    )
    const task = await ledger.claimTask(first.task.id, claimOf(first.writer, { pass: 2, restart: true }))
    await commit(
      { ...first, task },
      { integers: mappedIntegers([1n]), unmapped: [['1']], quarantine: [part('c')], counts: { loaded: 0, updated: 1 } },
    )
    assert.deepEqual(
      (await ledger.quarantine(ALL)).rows.map(row => [row.part, row.code]),
      [['public.contact', 'c']],
    )
  })

  test('rows a batch names as resolved leave quarantine, in batches of every kind, and no others', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { quarantine: [refused(['1']), refused(['2']), refused(['3'])] })
    const open = async (): Promise<readonly string[]> =>
      (await started.ledger.quarantine({ limit: null })).rows.map(({ key }) => key.join(','))
    await commit(started, { resolved: [['1']] })
    assert.deepEqual(await open(), ['2', '3'])
    await commit(started, { kind: 'correct', resolved: [['2'], ['9']] })
    assert.deepEqual(await open(), ['3'])
  })

  test('refused parts of rows a batch names as gone leave quarantine, the rows themselves do not', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, {
      quarantine: [refused(['1']), { ...refused(['1']), part: 'public.contact' }, { ...refused(['2']), part: 'public.contact' }],
    })
    await commit(started, { kind: 'correct', resolvedParts: [['1'], ['9']] })
    const { rows } = await started.ledger.quarantine({ limit: null })
    assert.deepEqual(
      rows.map(({ key, part }) => [key.join(','), part]),
      [
        ['1', null],
        ['2', 'public.contact'],
      ],
    )
  })

  test('rows a batch did not touch stay in quarantine', async t => {
    const bed = await engine.open(t)
    const first = await start(bed)
    await commit(first, { quarantine: [refused(['1']), refused(['2']), refused(['3'])] })
    const second = await startRun(bed, { ledger: first.ledger, run: 'run-2' })
    await commit(second, { integers: mappedIntegers([2n]) })
    await commit(second, {})
    assert.deepEqual(
      (await first.ledger.quarantine(ALL)).rows.map(row => row.key),
      [['1'], ['3']],
    )
  })

  test('filters by run, tenant, entity, code and key; limits the rows but not the total; orders by key', async t => {
    const bed = await engine.open(t)
    const first = await start(bed)
    const { ledger } = first
    await commit(first, { quarantine: [refused(['b']), refused(['a'], { code: 'x' }), refused(['\u{1F600}']), refused(['\uE000'])] })
    const keysOf = async (filter: object) => (await ledger.quarantine({ ...ALL, ...filter })).rows.map(row => row.key[0])
    assert.deepEqual(await keysOf({}), ['a', 'b', '\uE000', '\u{1F600}'])
    assert.deepEqual(await keysOf({ code: 'x' }), ['a'])
    assert.deepEqual(await keysOf({ key: ['b'] }), ['b'])
    assert.deepEqual(await keysOf({ run: 'run-1', tenant: 'A', entity: 'student' }), ['a', 'b', '\uE000', '\u{1F600}'])
    for (const filter of [{ run: 'run-9' }, { tenant: 'B' }, { entity: 'none' }, { key: ['c'] }]) assert.deepEqual(await keysOf(filter), [])
    const limited = await ledger.quarantine({ limit: 2 })
    assert.deepEqual([limited.total, limited.rows.length], [4, 2])
    const none = await ledger.quarantine({ limit: 0 })
    assert.deepEqual([none.total, none.rows.length], [4, 0])
  })

  test('takes every nasty key, code and detail', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, {
      quarantine: NASTY_KEYS.map(key => refused(key, { valueMasked: key[0] ?? null, detail: '"\\{},' })),
      notes: NASTY_KEYS.map(key => ({ key, code: 'note "x"', column: null })),
      outcomes: [{ kind: 'note', column: 'a."b\\', code: '{,}', count: 1 }],
    })
    const { rows } = await started.ledger.quarantine(ALL)
    assert.deepEqual(rows.map(row => JSON.stringify(row.key)).sort(), NASTY_KEYS.map(key => JSON.stringify(key)).sort())
    for (const row of rows) assert.equal(row.value_masked, row.key[0])
    assert.deepEqual(
      (await started.ledger.known(1, 1, NASTY_KEYS)).map(entry => entry?.state),
      NASTY_KEYS.map(() => 'quarantined'),
    )
  })
}
