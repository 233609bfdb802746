import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { IdentifierSum } from '../../src/base/identifier-hash.ts'
import { canonicalKey } from '../../src/base/key-text.ts'
import { uuidBytes, uuidText } from '../../src/base/uuid-text.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { LedgerEngine } from './ledger-engines.ts'
import { commit, hasCode, mappedIntegers, NASTY_KEYS, refused, start, startRun, tenant } from './ledger-samples.ts'
import { collectFields } from './table-spec.ts'

const MANY = 100_000

export function keyTests(engine: LedgerEngine): void {
  test('knows every key of 100 000 in the order asked, and tells them all', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const mapped = mappedIntegers(Array.from({ length: MANY }, (_, i) => BigInt(i) * 3n - 50_000n))
    await commit(started, { integers: mapped })
    const asked = Array.from({ length: MANY }, (_, i) => [String(MANY - i)])
    const ids = new Map(mapped.map(row => [row.key[0], row.id]))
    const known = await started.ledger.known(1, 1, asked)
    assert.equal(known.length, MANY)
    const expected = asked.map(([key]) => ids.get(key) ?? null)
    assert.deepEqual(
      known.map(entry => entry && 'id' in entry && entry.id),
      expected,
    )
    const all = await allKeys(started.ledger)
    assert.equal(all.size, MANY)
    assert.ok(mapped.every(row => all.get(JSON.stringify(row.key)) === 'loaded'))
  })

  test('keeps integer keys from the smallest to the largest of 64 bits', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const keys = [-(2n ** 63n), -(2n ** 63n) + 1n, -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n]
    const mapped = mappedIntegers(keys).map((row, i) => ({ ...row, hash: keys[i] ?? 0n }))
    const { id } = await commit(started, { integers: mapped })
    const known = await started.ledger.known(
      1,
      1,
      mapped.map(row => row.key),
    )
    assert.deepEqual(
      known,
      mapped.map(row => ({ state: 'loaded', id: row.id, hash: row.key[0], run: 'run-1', batch: id })),
    )
    assert.deepEqual(
      (await started.ledger.keysOf(mapped.map(row => row.id))).map(match => match.key),
      mapped.map(row => row.key),
    )
  })

  test('sums up the hashes of integer keys in a range, as the batch itself would, and says which rows are the task’s own', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const keys = [-(2n ** 63n), -5n, 0n, 3n, 2n ** 63n - 1n]
    const hashes = [2n ** 63n - 1n, -(2n ** 63n), -1n, 7n, 2n ** 62n]
    await commit(started, { integers: mappedIntegers(keys).map((row, i) => ({ ...row, hash: hashes[i] ?? 0n })) })
    const place = { entity: 1, tenant: 1, task: started.task.id }
    const sums = async (least: bigint, most: bigint) => started.ledger.sumIntegers(place, { least, most })
    assert.deepEqual(await sums(-(2n ** 63n), 2n ** 63n - 1n), {
      rows: 5,
      sum: hashes.reduce((sum, hash) => sum + hash, 0n),
      xor: BigInt.asIntN(
        64,
        hashes.reduce((xor, hash) => xor ^ hash, 0n),
      ),
      ofTask: 5,
    })
    assert.deepEqual(await sums(-5n, 0n), { rows: 2, sum: -(2n ** 63n) - 1n, xor: 2n ** 63n - 1n, ofTask: 2 })
    assert.deepEqual(await sums(4n, 5n), { rows: 0, sum: 0n, xor: 0n, ofTask: 0 })
    assert.equal((await started.ledger.sumIntegers({ ...place, task: '999999' }, { least: -5n, most: 0n })).ofTask, 0)
    assert.equal((await started.ledger.sumIntegers({ ...place, tenant: 2 }, { least: -5n, most: 0n })).rows, 0)
  })

  test('keeps text keys with every nasty character apart', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const mapped = NASTY_KEYS.map((key, i) => ({ key, id: `id ${i} "\\{},'` }))
    await commit(started, { texts: mapped })
    const known = await started.ledger.known(1, 1, NASTY_KEYS)
    assert.deepEqual(
      known.map(entry => entry && 'id' in entry && entry.id),
      mapped.map(row => row.id),
    )
    const all = await allKeys(started.ledger)
    assert.deepEqual([...all.keys()].sort(), NASTY_KEYS.map(key => JSON.stringify(key)).sort())
    const matches = await started.ledger.keysOf(mapped.map(row => row.id))
    assert.deepEqual(
      matches.map(match => match.key),
      NASTY_KEYS,
    )
  })

  test('knows integer keys whose identifiers are kept as text', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { texts: [{ key: ['12'], id: randomUUID() }] })
    assert.equal((await started.ledger.known(1, 1, [['12']]))[0]?.state, 'loaded')
    assert.deepEqual(await allKeys(started.ledger), new Map([['["12"]', 'loaded']]))
  })

  test('tenants and entities never mix, up to tenant 65535 and entity 1023', async t => {
    const bed = await engine.open(t)
    const { ledger, writer } = await start(bed)
    await ledger.adopt([{ ...tenant('Z'), number: 65_535 }], [{ name: 'last', service: 'app', table: 'public.last', number: 1023 }])
    const places = [
      [1, 0],
      [1, 1],
      [1, 32_767],
      [1, 32_768],
      [1, 65_535],
      [1023, 65_535],
    ] as const
    const ids = places.map(() => randomUUID())
    const tasks = await ledger.planTasks(
      'run-1',
      places.map(([entity, number]) => ({ entity, tenant: number, phase: 'core', service: 'app' })),
    )
    for (const [i, [entity, number]] of places.entries()) {
      const task = tasks.find(one => one.entity === entity && one.tenant === number)
      assert.ok(task)
      await commit(
        { bed, ledger, writer, task },
        { integers: [{ key: ['1'], id: ids[i] ?? '' }], quarantine: [refused(['2'], { code: `c${i}` })] },
      )
    }
    for (const [i, [entity, number]] of places.entries()) {
      const [one, two] = await ledger.known(entity, number, [['1'], ['2']])
      assert.equal(one !== null && one !== undefined && 'id' in one && one.id, ids[i])
      const { key: _, part: __, ...reason } = refused(['2'], { code: `c${i}` })
      assert.deepEqual(two, { state: 'quarantined', ...reason })
    }
    const matches = await ledger.keysOf(ids.toReversed())
    assert.deepEqual(
      matches.map(match => [match.entity, match.tenant, match.id]),
      [
        ['last', 'Z', ids[5]],
        ['student', 'Z', ids[4]],
        ['student', null, ids[3]],
        ['student', null, ids[2]],
        ['student', 'A', ids[1]],
        ['student', null, ids[0]],
      ],
    )
  })

  test('says of an identifier which entity, tenant, key, table, batch and run it is from, and nothing of one it never saw', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const [row] = mappedIntegers([7n])
    assert.ok(row)
    const { id: batch } = await commit(started, { integers: [row] })
    const match = { entity: 'student', tenant: 'A', key: ['7'], id: row.id, table: 'public.kept', batch, run: 'run-1' }
    assert.deepEqual(await started.ledger.keysOf([randomUUID(), row.id, 'not an id']), [match])
    assert.deepEqual(await started.ledger.keysOf([row.id.toUpperCase()]), [match])
    assert.deepEqual(await started.ledger.keysOf([]), [])
  })

  test('loaded wins over quarantined, quarantined over excluded', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const keys = [['1'], ['2'], ['3'], ['4']]
    await commit(started, { exclusions: keys.map(key => ({ key, code: 'old' })) })
    await commit(started, { quarantine: [refused(['2']), refused(['3'])] })
    await commit({ ...started, task: await nextPass(started) }, { integers: mappedIntegers([3n, 4n]) })
    const states = (await started.ledger.known(1, 1, [...keys, ['5']])).map(entry => entry?.state)
    assert.deepEqual(states, ['excluded', 'quarantined', 'loaded', 'loaded', undefined])
    const all = await allKeys(started.ledger)
    assert.deepEqual(Object.fromEntries(all), { '["1"]': 'excluded', '["2"]': 'quarantined', '["3"]': 'loaded', '["4"]': 'loaded' })
  })

  test('remembers which rows are other rows: known by key, told by identifier after the row itself, forgotten when unmapped', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const { ledger } = started
    const [own] = mappedIntegers([1n])
    assert.ok(own)
    const merged = [...NASTY_KEYS, ['2']].map(key => ({ key, id: own.id }))
    const counts = { read: 1 + merged.length, merged: merged.length }
    const { id: first } = await commit(started, { integers: [own], merged, counts })
    const keys = merged.map(row => row.key)
    assert.deepEqual(
      await ledger.known(1, 1, keys),
      merged.map(() => ({ state: 'merged', id: own.id, run: 'run-1', batch: first })),
    )
    const found = await ledger.keysOf([own.id.toUpperCase()])
    assert.deepEqual(found[0]?.key, ['1'])
    assert.deepEqual(
      new Set(found.slice(1).map(({ key, isMerged, table }) => JSON.stringify([key, isMerged, table]))),
      new Set(keys.map(key => JSON.stringify([key, true, 'public.kept']))),
    )
    const streamed: unknown[] = []
    for await (const chunk of ledger.merged(1, 1)) streamed.push(...chunk)
    const sorted = merged.toSorted((a, b) => Buffer.compare(Buffer.from(canonicalKey(a.key)), Buffer.from(canonicalKey(b.key))))
    assert.deepEqual(streamed, sorted)
    assert.equal(await ledger.mapped(1, 1), 1n, 'they are no rows of the id map')
    const all = await allKeys(ledger)
    assert.ok(keys.every(key => all.get(JSON.stringify(key)) === 'merged'))
    await assert.rejects(commit(started, { merged: merged.slice(0, 1), counts: { read: 1, merged: 1 } }), hasCode('LEDGER_INVALID'))
  })

  test('a row that is another row leaves the quarantine, moves to a third row, and becomes a row of its own', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const { ledger } = started
    const [one, two] = mappedIntegers([1n, 2n])
    assert.ok(one && two)
    await commit(started, { integers: [one, two], quarantine: [refused(['3'])] })
    const again = await startRun(bed, { ledger, run: 'run-2' })
    await commit(again, { merged: [{ key: ['3'], id: one.id }], counts: { read: 1, merged: 1 } })
    assert.deepEqual((await ledger.quarantine({ limit: null })).rows, [])
    await commit(again, { merged: [{ key: ['3'], id: two.id }], unmapped: [['3']], counts: { read: 1, updated: 1 } })
    assert.equal((await ledger.keysOf([two.id])).length, 2)
    assert.equal((await ledger.keysOf([one.id])).length, 1)
    const [own] = mappedIntegers([3n])
    assert.ok(own)
    await commit(again, { integers: [own], unmapped: [['3']] })
    const [known] = await ledger.known(1, 1, [['3']])
    assert.equal(known?.state, 'loaded')
    assert.equal((await ledger.keysOf([two.id])).length, 1)
  })

  test('a statement that ends a run is due until it was run, and again once rows were written or taken back; never because of a batch that changed nothing', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const { ledger } = started
    const both = ['refresh b', 'refresh a']
    const due = () => ledger.dueFinish(both)
    const finish = async (statement: string, isKept = true): Promise<void> => {
      const tx = await started.writer.begin()
      await ledger.recordFinish(tx, { run: 'run-1', statement })
      await (isKept ? tx.commit({ durable: true }) : tx.rollback())
    }
    assert.deepEqual(await due(), both)
    await commit(started, { integers: mappedIntegers([1n]), written: { 'public.kept': 1 } })
    await finish('refresh a', false)
    assert.deepEqual(await due(), both, 'what was rolled back was not run')
    await finish('refresh a')
    assert.deepEqual(await due(), ['refresh b'])
    await finish('refresh b')
    await commit(started, { counts: { read: 1, unchanged: 1 }, written: { 'public.kept': 0 } })
    assert.deepEqual(await due(), [])
    await commit(started, {
      kind: 'correct',
      unmapped: [['1']],
      written: { 'public.kept': -1 },
      quarantine: [refused(['1'])],
      counts: { read: 0, loaded: -1 },
    })
    assert.deepEqual(await due(), both)
  })

  test('gives the id map in the order of keys, integers by value and texts by their bytes, as the tuples it was given with 0 as the batch', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const integers = mappedIntegers([10n, -3n, 2n])
    const texts = [
      { key: ['b'], id: randomUUID(), hash: -5n },
      { key: ['é', 'x,y'], id: randomUUID() },
      { key: ['B'], id: randomUUID() },
    ]
    await commit(started, { integers })
    await commit(started, { texts })
    const read = async (format: 'integer' | 'text') => collectFields(started.ledger.idMap({ entity: 1, tenant: 1, format }), 6)
    const numbers = await read('integer')
    assert.deepEqual(
      numbers.map(fields => [
        fields[0]?.readInt32BE(),
        fields[1]?.readInt16BE(),
        fields[2]?.readBigInt64BE(),
        uuidText(fields[3] ?? Buffer.alloc(16), 0),
      ]),
      [integers[1], integers[2], integers[0]].map(row => [1, 1, BigInt(row?.key[0] ?? 0), row?.id]),
    )
    const words = await read('text')
    assert.deepEqual(
      words.map(fields => [fields[2]?.toString(), fields[3]?.toString()]),
      [texts[2], texts[0], texts[1]].map(row => [canonicalKey(row?.key ?? []), row?.id]),
    )
    assert.equal(words[1]?.[4]?.readBigInt64BE(), -5n)
    assert.ok([...numbers, ...words].every(fields => fields[5]?.readBigInt64BE() === 0n))
    assert.equal(await started.ledger.mapped(1, 1), 6n)
    assert.deepEqual(
      (await started.ledger.digests('run-1')).map(({ entity, tenant, digest }) => [entity, tenant, digest]),
      [1, 1].map(() => [1, 1, '03'.repeat(32)]),
    )
  })

  test('sums the id map of integer keys up as whoever knows the rows would, whole or in a range, and gives the rows of that range', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    const integers = mappedIntegers([-(2n ** 63n), -3n, 0n, 5n, 2n ** 63n - 1n]).map((row, i) => ({
      ...row,
      hash: [-7n, 2n ** 62n, 0n, 1n, -1n][i] ?? 0n,
    }))
    await commit(started, { integers })
    await commit(started, { integers: mappedIntegers([1n]), tenant: 2 })
    const sumOf = (rows: typeof integers) => {
      const sum = new IdentifierSum()
      const seed = new DataView(new ArrayBuffer(8))
      for (const { key, id, hash } of rows) {
        seed.setBigInt64(0, BigInt(key[0] ?? 0) ^ hash)
        const bytes = Uint8Array.from(uuidBytes(id) ?? [])
        sum.add(new DataView(bytes.buffer), 0, seed.getInt32(0), seed.getInt32(4))
      }
      return { rows: sum.rows, sum: sum.sum }
    }
    const place = { entity: 1, tenant: 1 }
    const some = { least: -3n, most: 5n }
    assert.deepEqual(await started.ledger.sumIdMap(place), sumOf(integers))
    assert.deepEqual(await started.ledger.sumIdMap(place, some), sumOf(integers.slice(1, 4)))
    assert.deepEqual(await started.ledger.sumIdMap(place, { least: 1n, most: 4n }), { rows: 0, sum: 0n })
    const rows = await collectFields(started.ledger.idMap({ ...place, format: 'integer', between: some }), 6)
    assert.deepEqual(
      rows.map(fields => fields[2]?.readBigInt64BE()),
      [-3n, 0n, 5n],
    )
  })

  test('a stream of keys that is left early leaves the ledger usable', async t => {
    const bed = await engine.open(t)
    const started = await start(bed)
    await commit(started, { integers: mappedIntegers(Array.from({ length: 50_000 }, (_, i) => BigInt(i))) })
    for await (const chunk of started.ledger.knownKeys(1, 1)) {
      assert.ok(chunk.length > 0)
      break
    }
    assert.equal((await started.ledger.known(1, 1, [['1']]))[0]?.state, 'loaded')
  })
}

async function nextPass({ ledger, task, writer }: Parameters<typeof commit>[0]) {
  return ledger.claimTask(task.id, { backend: writer.backend, snapshot: 's', marker: 'm', consistency: 'snapshot', pass: 2, restart: true })
}

async function allKeys(ledger: Ledger): Promise<Map<string, string>> {
  const all = new Map<string, string>()
  for await (const chunk of ledger.knownKeys(1, 1)) {
    for (const { key, state } of chunk) {
      assert.ok(!all.has(JSON.stringify(key)), 'expected every key once')
      all.set(JSON.stringify(key), state)
    }
  }
  return all
}
