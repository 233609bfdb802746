import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { compareCodePoints } from '../../src/base/code-point-order.ts'
import { RehouseError } from '../../src/errors.ts'
import type { Relation } from '../../src/model/catalogue.ts'
import type { Value } from '../../src/model/value.ts'
import type { ReadRequest, Source, SourceKey, SourceSnapshot } from '../../src/source/source.ts'
import { collectFields, type Fields, positionText, type Row, type TableSpec, valueIn } from './table-spec.ts'

/** What every source must do. An engine makes a source that holds these tables, read as a role that may only read. */
export interface SourceEngine {
  readonly name: string
  open(t: TestContext, tables: readonly SourceTable[]): Promise<OpenedSource>
}

export interface SourceTable {
  readonly spec: TableSpec
  readonly rows: readonly Row[]
}

export interface OpenedSource {
  readonly source: Source
  /** Commits other rows from elsewhere. */
  readonly replace: (table: SourceTable) => Promise<void>
}

const KEY_TYPES = {
  int2: fc.integer({ min: -32_768, max: 32_767 }),
  int4: fc.integer(),
  int8: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  text: fc.string({ unit: 'binary', maxLength: 8 }).filter(text => text.isWellFormed() && !text.includes('\0')),
  uuid: fc.uuid(),
} as const satisfies Record<string, fc.Arbitrary<Value>>
type KeyType = keyof typeof KEY_TYPES

const KEYS: readonly (readonly KeyType[])[] = [['int2'], ['int4'], ['int8'], ['text'], ['uuid'], ['int4', 'text'], ['text', 'int8', 'uuid']]
const RUNS = 6
const MANY = 4000

export function sourceContract(engine: SourceEngine): void {
  suite(`source: ${engine.name}`, () => {
    for (const types of KEYS) keyTests(engine, types)
    contentTests(engine)
    snapshotTests(engine)
    streamTests(engine)
  })
}

function keyTests(engine: SourceEngine, types: readonly KeyType[]): void {
  test(`delivers every row exactly once in key order from any position (${types.join(', ')})`, async t => {
    const spec = keyedTable(types)
    const names = types.map((_, i) => `k${i}`)
    const key: SourceKey = { kind: 'columns', names }
    const opened = await engine.open(t, [{ spec, rows: [] }])
    const relation = await find(opened.source, spec.name)
    const keys = fc.uniqueArray(fc.tuple(...types.map(type => KEY_TYPES[type])), {
      selector: parts => parts.map(positionText).join('\u0001'),
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(keys, fc.nat(), async (values, seed) => {
        const rows = values.map((parts, i) => [...parts, `row ${i}`])
        await opened.replace({ spec, rows })
        const sorted = rows.toSorted((a, b) => compareKeys(types, a, b))
        await withSnapshot(opened.source, async snapshot => {
          assert.deepEqual(await readRows(snapshot, spec, { relation, key, after: null }), sorted)
          if (sorted.length === 0) return
          const cut = seed % sorted.length
          const after = (sorted[cut] ?? []).slice(0, types.length).map(positionText)
          assert.deepEqual(await readRows(snapshot, spec, { relation, key, after }), sorted.slice(cut + 1))
        })
      }),
      { numRuns: RUNS },
    )
    await opened.source.close()
  })
}

export function contentTests(engine: SourceEngine): void {
  test('without a key delivers every row exactly once, equal ones numbered, from any position', async t => {
    const spec = { name: 'no key', columns: [column('a', 'int4'), column('b', 'text')] }
    const rows = [
      [1, 'x'],
      [1, 'x'],
      [1, 'x'],
      [1, null],
      [null, null],
      [null, null],
      [null, ''],
      [2, ','],
      [2, '(,)'],
    ] satisfies Row[]
    const { source } = await engine.open(t, [{ spec, rows }])
    const relation = await find(source, spec.name)
    const key: SourceKey = { kind: 'content' }
    await withSnapshot(source, async snapshot => {
      const whole = await readContent(snapshot, relation, null)
      assert.equal(whole.length, rows.length)
      assert.deepEqual(whole.map(row => JSON.stringify(row.values)).sort(), rows.map(row => JSON.stringify(row)).sort())
      assert.deepEqual(
        whole.filter(row => row.values[1] === 'x').map(row => row.copy),
        [1n, 2n, 3n],
      )
      assert.deepEqual(
        whole.map(row => row.digest),
        whole.map(row => row.digest).sort(compareCodePoints),
      )
      for (const [i, row] of whole.entries()) {
        const rest = await readContent(snapshot, relation, [`\\x${row.digest}`, String(row.copy)])
        assert.deepEqual(rest, whole.slice(i + 1))
      }
      const onlyB = await collectFields(snapshot.read(request({ relation, columns: ['b'], key, after: null })), 3)
      assert.deepEqual(
        onlyB.map(fields => fields[0]?.toString('hex')),
        whole.map(row => row.digest),
      )
    })
    await source.close()
  })

  test('rows whose key has a NULL part come last, all of them in every read', async t => {
    const spec = {
      name: 'holed',
      columns: [column('a', 'int4'), column('b', 'text')],
      unique: [{ name: 'holed_key', columns: ['a', 'b'] }],
    }
    const rows = [
      [2, 'x'],
      [null, 'n'],
      [1, null],
      [1, 'y'],
      [1, 'x'],
      [null, null],
    ] satisfies Row[]
    const { source } = await engine.open(t, [{ spec, rows }])
    const relation = await find(source, spec.name)
    await withSnapshot(source, async snapshot => {
      for (const [after, whole] of [
        [
          null,
          [
            [1, 'x'],
            [1, 'y'],
            [2, 'x'],
          ],
        ],
        [
          ['1', 'x'],
          [
            [1, 'y'],
            [2, 'x'],
          ],
        ],
        [['9', ''], []],
      ] as const) {
        const read = await readRows(snapshot, spec, { relation, key: { kind: 'columns', names: ['a', 'b'] }, after })
        assert.deepEqual(read.slice(0, whole.length), whole)
        assert.deepEqual(
          read
            .slice(whole.length)
            .map(row => JSON.stringify(row))
            .sort(),
          ['[1,null]', '[null,"n"]', '[null,null]'],
        )
      }
    })
    await source.close()
  })
}

function snapshotTests(engine: SourceEngine): void {
  test('a snapshot sees one moment, whatever is committed meanwhile, also in a read that begins later', async t => {
    const spec = keyedTable(['int4'])
    const first = [
      [1, 'a'],
      [2, 'b'],
    ] satisfies Row[]
    const opened = await engine.open(t, [{ spec, rows: first }])
    const relation = await find(opened.source, spec.name)
    const key: SourceKey = { kind: 'columns', names: ['k0'] }
    await withSnapshot(opened.source, async snapshot => {
      await opened.replace({
        spec,
        rows: [
          [2, 'changed'],
          [3, 'new'],
        ],
      })
      assert.deepEqual(await readRows(snapshot, spec, { relation, key, after: null }), first)
      assert.equal(await snapshot.count(relation), 2n)
      await withSnapshot(opened.source, async later =>
        assert.deepEqual(await readRows(later, spec, { relation, key, after: ['2'] }), [[3, 'new']]),
      )
    })
    await opened.source.close()
  })

  test('equal markers prove that nothing changed between two snapshots', async t => {
    const spec = keyedTable(['int4'])
    const opened = await engine.open(t, [{ spec, rows: [[1, 'a']] }])
    const marker = (): Promise<string> => withSnapshot(opened.source, snapshot => Promise.resolve(snapshot.marker))
    const first = await marker()
    await opened.replace({ spec, rows: [[1, 'b']] })
    assert.notEqual(await marker(), first)
    await opened.source.close()
  })

  test('counts what it delivers', async t => {
    const spec = keyedTable(['int4'])
    const rows = Array.from({ length: 123 }, (_, i) => [i, `row ${i}`])
    const { source } = await engine.open(t, [{ spec, rows }])
    const relation = await find(source, spec.name)
    await withSnapshot(source, async snapshot => {
      const read = await readRows(snapshot, spec, { relation, key: { kind: 'columns', names: ['k0'] }, after: null })
      assert.equal(await snapshot.count(relation), BigInt(read.length))
    })
    await source.close()
  })

  test('ends open snapshots when it is closed, however often', async t => {
    const spec = keyedTable(['int4'])
    const { source } = await engine.open(t, [{ spec, rows: [[1, 'a']] }])
    const relation = await find(source, spec.name)
    const snapshot = await source.openSnapshot()
    await source.close()
    await source.close()
    await snapshot.close()
    await assert.rejects(
      readRows(snapshot, spec, { relation, key: { kind: 'columns', names: ['k0'] }, after: null }),
      isError('SOURCE_UNREACHABLE'),
    )
  })

  test('facts tell this database apart', async t => {
    const { source } = await engine.open(t, [])
    const facts = await source.facts()
    assert.notEqual(facts.identity, '')
    assert.equal(facts.canWrite, false)
    assert.equal((await source.facts()).identity, facts.identity)
    await source.close()
  })
}

function streamTests(engine: SourceEngine): void {
  const spec = keyedTable(['int4'])
  const key: SourceKey = { kind: 'columns', names: ['k0'] }
  const rows = Array.from({ length: MANY }, (_, i) => [i, 'x'.repeat(100 + (i % 50))])

  test('several reads run side by side, each whole', async t => {
    const { source } = await engine.open(t, [{ spec, rows }])
    const relation = await find(source, spec.name)
    await withSnapshot(source, async snapshot => {
      const reads = [null, ['10'], ['3000']].map(after => readRows(snapshot, spec, { relation, key, after }))
      assert.deepEqual(
        (await Promise.all(reads)).map(read => read.length),
        [MANY, MANY - 11, MANY - 3001],
      )
    })
    await source.close()
  })

  test('a read that is left early leaves the snapshot usable', async t => {
    const { source } = await engine.open(t, [{ spec, rows }])
    const relation = await find(source, spec.name)
    await withSnapshot(source, async snapshot => {
      for (let i = 0; i < 3; i++) {
        for await (const chunk of snapshot.read(request({ relation, columns: ['k0', 'v'], key, after: null }))) {
          assert.ok(chunk.length > 0)
          break
        }
      }
      assert.equal(await snapshot.count(relation), BigInt(MANY))
      assert.equal((await readRows(snapshot, spec, { relation, key, after: null })).length, MANY)
    })
    await source.close()
  })

  test('the signal ends a read at once with its reason', async t => {
    const { source } = await engine.open(t, [{ spec, rows }])
    const relation = await find(source, spec.name)
    await withSnapshot(source, async snapshot => {
      const reason = new Error('enough')
      await assert.rejects(readRows(snapshot, spec, { relation, key, after: null, signal: AbortSignal.abort(reason) }), reason)
      const controller = new AbortController()
      const reading = (async () => {
        for await (const _ of snapshot.read(request({ relation, columns: ['k0', 'v'], key, after: null, signal: controller.signal }))) {
          controller.abort(reason)
          await sleep(1)
        }
      })()
      await assert.rejects(reading, reason)
      assert.equal((await readRows(snapshot, spec, { relation, key, after: ['3990'] })).length, 9)
    })
    await source.close()
  })

  test('delivers the columns asked for, in that order', async t => {
    const { source } = await engine.open(t, [{ spec, rows: [[7, 'seven']] }])
    const relation = await find(source, spec.name)
    await withSnapshot(source, async snapshot => {
      const [fields] = await collectFields(snapshot.read(request({ relation, columns: ['v', 'k0', 'v'], key, after: null })), 3)
      assert.deepEqual(
        fields?.map(field => field?.toString('hex')),
        [Buffer.from('seven').toString('hex'), '00000007', Buffer.from('seven').toString('hex')],
      )
    })
    await source.close()
  })

  test('refuses a table or column that is not there', async t => {
    const { source } = await engine.open(t, [{ spec, rows: [] }])
    const relation = await find(source, spec.name)
    await withSnapshot(source, async snapshot => {
      const absent = { ...relation, name: 'absent; drop table x' }
      await assert.rejects(readRows(snapshot, spec, { relation: absent, key, after: null }), isError('SOURCE_REFUSED'))
      await assert.rejects(
        collectFields(snapshot.read(request({ relation, columns: ['absent"'], key, after: null })), 1),
        isError('SOURCE_REFUSED'),
      )
      assert.equal(await snapshot.count(relation), 0n)
    })
    await source.close()
  })
}

export const column = (name: string, type: string): TableSpec['columns'][number] => ({ name, type, isNullable: true })

function keyedTable(types: readonly KeyType[]): TableSpec {
  const names = types.map((_, i) => `k${i}`)
  return { name: 'keyed "table"', columns: [...types.map((type, i) => ({ name: `k${i}`, type })), column('v', 'text')], primaryKey: names }
}

function compareKeys(types: readonly KeyType[], a: Row, b: Row): number {
  for (const i of types.keys()) {
    const [one, other] = [a[i] ?? null, b[i] ?? null]
    if (typeof one === 'string' && typeof other === 'string') {
      const order = compareCodePoints(one, other)
      if (order !== 0) return order
    } else if (one !== null && other !== null && one !== other) return one < other ? -1 : 1
  }
  return 0
}

export async function find(source: Source, name: string): Promise<Relation> {
  const relation = (await source.describe()).relations.find(candidate => candidate.name === name)
  assert.ok(relation, `expected ${name} in the catalogue`)
  return relation
}

export async function withSnapshot<T>(source: Source, work: (snapshot: SourceSnapshot) => Promise<T>): Promise<T> {
  const snapshot = await source.openSnapshot()
  try {
    return await work(snapshot)
  } finally {
    await snapshot.close()
  }
}

export function request(asked: Omit<ReadRequest, 'signal'> & { readonly signal?: AbortSignal }): ReadRequest {
  return { signal: new AbortController().signal, ...asked }
}

type Asked = Pick<ReadRequest, 'relation' | 'key' | 'after'> & { readonly signal?: AbortSignal }

async function readRows(snapshot: SourceSnapshot, spec: TableSpec, asked: Asked): Promise<Row[]> {
  const columns = spec.columns.map(({ name }) => name)
  const rows = await collectFields(snapshot.read(request({ ...asked, columns })), columns.length)
  return rows.map(fields => rowOf(spec, fields))
}

function rowOf(spec: TableSpec, fields: Fields): Row {
  return spec.columns.map(({ type }, i) => valueIn(type, fields[i] ?? null))
}

async function readContent(
  snapshot: SourceSnapshot,
  relation: Relation,
  after: readonly string[] | null,
): Promise<{ digest: string; copy: Value; values: Row }[]> {
  const rows = await collectFields(snapshot.read(request({ relation, columns: ['a', 'b'], key: { kind: 'content' }, after })), 4)
  return rows.map(([digest, copy, a, b]) => ({
    digest: digest?.toString('hex') ?? '',
    copy: valueIn('int8', copy ?? null),
    values: [valueIn('int4', a ?? null), valueIn('text', b ?? null)],
  }))
}

export function isError(code: string): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof RehouseError, `expected a RehouseError, got ${String(error)}`)
    assert.equal(error.code, code)
    return true
  }
}
