import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { Relation } from '../../src/model/catalogue.ts'
import type { Value } from '../../src/model/value.ts'
import type { ReadRequest, Source, SourceKey, SourceSnapshot } from '../../src/source/source.ts'
import { column, find, isError, request, type SourceTable, withSnapshot } from './source.ts'
import { collectFields, positionText, type Row, type TableSpec, valueIn } from './table-spec.ts'

/**
 * What every `scan` source must do (docs/design/008-files-as-sources.md). An engine writes a file that holds these tables with their rows in the order given,
 * and says of their columns and keys what the format can say.
 */
export interface ScanEngine {
  readonly name: string
  /** Types it can have keys of; absent = all of KEY_TYPES. */
  readonly keyTypes?: readonly KeyType[]
  /** Texts the format can hold; absent = all that PostgreSQL can. */
  readonly texts?: fc.Arbitrary<string>
  write(t: TestContext, tables: readonly SourceTable[]): Promise<ScanFile>
}

export interface ScanFile {
  /** The file as it is now. */
  open(): Promise<Source>
  /** Puts another file in its place. */
  rewrite(tables: readonly SourceTable[]): Promise<void>
}

const TEXT = fc.string({ unit: 'binary', maxLength: 8 }).filter(text => text.isWellFormed() && !text.includes('\0'))
const keyTypes = (text: fc.Arbitrary<string>) =>
  ({
    int2: fc.integer({ min: -32_768, max: 32_767 }),
    int4: fc.integer(),
    int8: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    text,
    uuid: fc.uuid(),
  }) as const satisfies Record<string, fc.Arbitrary<Value>>
export type KeyType = keyof ReturnType<typeof keyTypes>

const KEYS: readonly (readonly KeyType[])[] = [['int2'], ['int4'], ['int8'], ['text'], ['uuid'], ['int4', 'text'], ['text', 'int8', 'uuid']]
const RUNS = 5
const MANY = 4000
/** The whole table in file order: no position can be asked for. */
const NO_KEY: SourceKey = { kind: 'columns', names: [] }
const FIRST: SourceKey = { kind: 'columns', names: ['k0'] }

export function scanSourceContract(engine: ScanEngine): void {
  suite(`scan source: ${engine.name}`, () => {
    const known = engine.keyTypes ?? (Object.keys(keyTypes(TEXT)) as readonly KeyType[])
    for (const types of KEYS) if (types.every(type => known.includes(type))) orderTest(engine, types)
    keyTests(engine)
    markerTests(engine)
    streamTests(engine)
  })
}

function orderTest(engine: ScanEngine, types: readonly KeyType[]): void {
  test(`delivers every row exactly once in file order, and after any row’s key what comes after it (${types.join(', ')})`, async t => {
    const spec = keyedTable(types)
    const key: SourceKey = { kind: 'columns', names: types.map((_, i) => `k${i}`) }
    const file = await engine.write(t, [{ spec, rows: [] }])
    const arbitraries = keyTypes(engine.texts ?? TEXT)
    const keys = fc.uniqueArray(fc.tuple(...types.map(type => arbitraries[type])), {
      selector: parts => parts.map(positionText).join('\u0001'),
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(keys, fc.nat(), async (values, seed) => {
        const rows = values.map((parts, i) => [...parts, `row ${i}`])
        await file.rewrite([{ spec, rows }])
        await withOpened(file, async (snapshot, source) => {
          const relation = await find(source, spec.name)
          assert.deepEqual(await readRows(snapshot, spec, { relation, key, after: null }), rows)
          if (rows.length === 0) return
          const cut = seed % rows.length
          const after = (rows[cut] ?? []).slice(0, types.length).map(positionText)
          assert.deepEqual(await readRows(snapshot, spec, { relation, key, after }), rows.slice(cut + 1))
        })
      }),
      { numRuns: RUNS },
    )
  })
}

function keyTests(engine: ScanEngine): void {
  const spec = {
    name: 'keys',
    columns: [
      { name: 'k0', type: 'int4' },
      { name: 'other', type: 'int4' },
      column('loose', 'int4'),
      { name: 'plain', type: 'int4' },
      column('v', 'text'),
    ],
    primaryKey: ['k0'],
    unique: [
      { name: 'keys_other', columns: ['other'] },
      { name: 'keys_loose', columns: ['loose'] },
    ],
  } satisfies TableSpec
  const rows = [
    [3, 30, null, 7, 'c'],
    [1, 10, 5, 7, null],
    [2, 20, null, 7, 'x'],
  ] satisfies Row[]

  test('reads by every key the catalogue says is unique and never NULL, and by no other', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      const read = (names: readonly string[], after: readonly string[] | null): Promise<Row[]> =>
        readRows(snapshot, spec, { relation, key: { kind: 'columns', names }, after })
      for (const names of uniqueKeys(relation)) {
        const after = names.map(name => positionText(rows[1]?.[spec.columns.findIndex(c => c.name === name)] ?? null))
        assert.deepEqual(await read(names, null), rows)
        assert.deepEqual(await read(names, after), rows.slice(2))
      }
      for (const names of [['loose'], ['plain'], ['plain', 'loose']]) {
        await assert.rejects(read(names, null), isError('SOURCE_REFUSED'), names.join())
        await assert.rejects(
          read(
            names,
            names.map(() => '7'),
          ),
          isError('SOURCE_REFUSED'),
        )
      }
      await assert.rejects(readRows(snapshot, spec, { relation, key: { kind: 'content' }, after: null }), isError('SOURCE_REFUSED'))
    })
  })

  test('reads a whole table without any key, rows that are equal and NULLs included', async t => {
    const bare = { name: 'bare', columns: [column('a', 'int4'), column('b', 'text')] }
    const values = [
      [1, 'x'],
      [null, null],
      [1, 'x'],
      [null, 'y'],
      [1, 'x'],
    ] satisfies Row[]
    const file = await engine.write(t, [{ spec: bare, rows: values }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, bare.name)
      assert.deepEqual(await readRows(snapshot, bare, { relation, key: NO_KEY, after: null }), values)
      assert.equal(await snapshot.count(relation), BigInt(values.length))
      await assert.rejects(readRows(snapshot, bare, { relation, key: NO_KEY, after: [] }), isError('SOURCE_REFUSED'))
    })
  })

  test('a position that no row has is SOURCE_CHANGED, never an empty rest', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      const key = uniqueKeys(relation)[0]
      if (key === undefined) return t.skip('the format says nothing of keys')
      const after = key.map(() => '99')
      await assert.rejects(readRows(snapshot, spec, { relation, key: { kind: 'columns', names: key }, after }), isError('SOURCE_CHANGED'))
    })
  })
}

function markerTests(engine: ScanEngine): void {
  const spec = keyedTable(['int4'])
  const rows = [
    [2, 'b'],
    [1, 'a'],
  ] satisfies Row[]

  test('the marker is the content’s: equal whenever and however often it is opened, another for other content', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    const marker = (): Promise<string> => withOpened(file, snapshot => Promise.resolve(snapshot.marker))
    const first = await marker()
    assert.equal(await marker(), first)
    await file.rewrite([{ spec, rows: rows.toReversed() }])
    assert.notEqual(await marker(), first, 'expected another marker for another order')
    await file.rewrite([
      {
        spec,
        rows: [
          [2, 'b'],
          [1, 'c'],
        ],
      },
    ])
    assert.notEqual(await marker(), first)
  })

  test('a snapshot has an id, and no origin: a newer export is a legitimate source of a later run', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    await withOpened(file, snapshot => {
      assert.notEqual(snapshot.id, '')
      assert.equal(snapshot.origin, '')
      return Promise.resolve()
    })
  })

  test('never gives a mixture of a file and the one put in its place', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      await file.rewrite([
        {
          spec,
          rows: [
            [2, 'changed'],
            [3, 'new'],
          ],
        },
      ])
      const read = await readRows(snapshot, spec, { relation, key: NO_KEY, after: null }).catch((error: unknown) => {
        isError('SOURCE_CHANGED')(error)
        return rows
      })
      assert.deepEqual(read, rows)
    })
  })

  test('counts what it delivers, before and after it was read, and of an empty table', async t => {
    const empty = { ...keyedTable(['int4']), name: 'empty' }
    const many = Array.from({ length: 123 }, (_, i) => [i, `row ${i}`])
    const file = await engine.write(t, [
      { spec, rows: many },
      { spec: empty, rows: [] },
    ])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      assert.equal(await snapshot.count(relation), 123n)
      assert.equal((await readRows(snapshot, spec, { relation, key: NO_KEY, after: null })).length, 123)
      assert.equal(await snapshot.count(relation), 123n)
      const none = await find(source, empty.name)
      assert.equal(await snapshot.count(none), 0n)
      assert.deepEqual(await readRows(snapshot, empty, { relation: none, key: NO_KEY, after: null }), [])
    })
  })

  test('confirms a whole file, whether all, some or nothing of it was read, however often', async t => {
    const file = await engine.write(t, [
      { spec, rows },
      { spec: { ...spec, name: 'second' }, rows },
    ])
    for (const names of [[], ['second'], [spec.name, 'second']])
      await withOpened(file, async (snapshot, source) => {
        for (const name of names) await readRows(snapshot, spec, { relation: await find(source, name), key: NO_KEY, after: null })
        await snapshot.confirm?.(new AbortController().signal)
        await snapshot.confirm?.(new AbortController().signal)
      })
  })

  test('facts tell what it is: it cannot be written to by us, and its identity is always the same', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    const [one, other] = [await file.open(), await file.open()]
    assert.equal(one.capability, 'scan')
    const facts = await one.facts()
    assert.notEqual(facts.identity, '')
    assert.equal(facts.canWrite, false)
    assert.equal((await other.facts()).identity, facts.identity)
    await one.close()
    await other.close()
  })
}

function streamTests(engine: ScanEngine): void {
  const spec = keyedTable(['int4'])
  const rows = Array.from({ length: MANY }, (_, i) => [(i * 7919) % MANY, 'x'.repeat(100 + (i % 50))])

  test('several reads run side by side, each whole', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      const reads = [1, 2, 3].map(() => readRows(snapshot, spec, { relation, key: NO_KEY, after: null }))
      assert.deepEqual(
        (await Promise.all(reads)).map(read => read.length),
        [MANY, MANY, MANY],
      )
    })
  })

  test('a read that is left early leaves the snapshot usable', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      for (let i = 0; i < 3; i++) {
        for await (const chunk of snapshot.read(request({ relation, columns: ['k0', 'v'], key: NO_KEY, after: null }))) {
          assert.ok(chunk.length > 0)
          break
        }
      }
      assert.equal(await snapshot.count(relation), BigInt(MANY))
      assert.equal((await readRows(snapshot, spec, { relation, key: NO_KEY, after: null })).length, MANY)
    })
  })

  test('the signal ends a read at once with its reason', async t => {
    const file = await engine.write(t, [{ spec, rows }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      const reason = new Error('enough')
      const asked = { relation, key: NO_KEY, after: null }
      await assert.rejects(readRows(snapshot, spec, { ...asked, signal: AbortSignal.abort(reason) }), reason)
      const controller = new AbortController()
      const reading = (async () => {
        for await (const _ of snapshot.read(request({ ...asked, columns: ['k0', 'v'], signal: controller.signal }))) {
          controller.abort(reason)
          await sleep(1)
        }
      })()
      await assert.rejects(reading, reason)
      assert.equal((await readRows(snapshot, spec, asked)).length, MANY)
    })
  })

  test('ends open snapshots when it is closed, however often', async t => {
    const file = await engine.write(t, [{ spec, rows: rows.slice(0, 3) }])
    const source = await file.open()
    const relation = await find(source, spec.name)
    const snapshot = await source.openSnapshot([relation])
    await source.close()
    await source.close()
    await snapshot.close()
    await assert.rejects(readRows(snapshot, spec, { relation, key: NO_KEY, after: null }), isError('SOURCE_UNREACHABLE'))
    await assert.rejects(snapshot.count(relation), isError('SOURCE_UNREACHABLE'))
  })

  test('delivers the columns asked for, in that order, and none where none is asked for', async t => {
    const file = await engine.write(t, [{ spec, rows: [[7, 'seven']] }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      const read = (columns: readonly string[]) =>
        collectFields(snapshot.read(request({ relation, columns, key: NO_KEY, after: null })), columns.length)
      const seven = Buffer.from('seven')
      assert.deepEqual(await read(['v', 'k0', 'v']), [[seven, Buffer.from('00000007', 'hex'), seven]])
      assert.deepEqual(await read([]), [[]])
    })
  })

  test('refuses a table or column that is not there', async t => {
    const file = await engine.write(t, [{ spec, rows: [] }])
    await withOpened(file, async (snapshot, source) => {
      const relation = await find(source, spec.name)
      const absent = { ...relation, name: 'absent; drop table x' }
      await assert.rejects(readRows(snapshot, spec, { relation: absent, key: NO_KEY, after: null }), isError('SOURCE_REFUSED'))
      await assert.rejects(
        collectFields(snapshot.read(request({ relation, columns: ['absent"'], key: NO_KEY, after: null })), 1),
        isError('SOURCE_REFUSED'),
      )
      assert.equal(await snapshot.count(relation), 0n)
    })
  })

  test('where the format says what is unique, a table’s key is told', async t => {
    const file = await engine.write(t, [{ spec, rows: [] }])
    await withOpened(file, async (_, source) => {
      const relation = await find(source, spec.name)
      if (relation.primaryKey === null) return t.skip('the format says nothing of keys')
      assert.deepEqual(uniqueKeys(relation), [FIRST.kind === 'columns' ? FIRST.names : []])
    })
  })
}

/** The keys of a relation that name one row. */
function uniqueKeys({ uniqueKeys, columns }: Relation): readonly (readonly string[])[] {
  const nullable = new Set(columns.filter(c => c.isNullable).map(c => c.name))
  return uniqueKeys.filter(key => !key.isPartialOrExpression && key.columns.every(name => !nullable.has(name))).map(key => key.columns)
}

function keyedTable(types: readonly KeyType[]): TableSpec {
  const names = types.map((_, i) => `k${i}`)
  return { name: 'keyed table', columns: [...types.map((type, i) => ({ name: `k${i}`, type })), column('v', 'text')], primaryKey: names }
}

async function withOpened<T>(file: ScanFile, work: (snapshot: SourceSnapshot, source: Source) => Promise<T>): Promise<T> {
  const source = await file.open()
  try {
    return await withSnapshot(source, snapshot => work(snapshot, source))
  } finally {
    await source.close()
  }
}

type Asked = Pick<ReadRequest, 'relation' | 'key' | 'after'> & { readonly signal?: AbortSignal }

async function readRows(snapshot: SourceSnapshot, spec: TableSpec, asked: Asked): Promise<Row[]> {
  const columns = spec.columns.map(({ name }) => name)
  const rows = await collectFields(snapshot.read(request({ ...asked, columns })), columns.length)
  return rows.map(fields => spec.columns.map(({ type }, i) => valueIn(type, fields[i] ?? null)))
}
