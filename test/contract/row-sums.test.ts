import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Measure, MeasuredValue } from '../../src/model/measure.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import type { SourceSnapshot } from '../../src/source/source.ts'
import { newDatabase } from '../support/postgres.ts'
import { find, withSnapshot } from './source.ts'

const PARTS: readonly MeasuredValue[] = (
  [
    ['k', 'integer'],
    ['n', 'number'],
    ['t', 'text'],
    ['f', 'flag'],
    ['b', 'bytes'],
    ['m', 'moment'],
  ] as const
).map(([column, as]) => ({ column, as, zone: null }))
/** With the parts in another order too: a function may be weak only where it comes last. */
const ORDERS = [PARTS, PARTS.toReversed(), [...PARTS.slice(2), ...PARTS.slice(0, 2)]]
const TYPES = 'k int8, n numeric, t text, f bool, b bytea, m timestamptz'
const ROWS = ["(1, 1.50, 'Zoë', true, '\\x00ff', '2024-02-29 12:00:00.000001+00')", "(2, 3, '', false, '\\x', '1969-12-31 23:59:59+00')"]
const ONE = ROWS[0] ?? ''

/** The sums of each table, by SHA-256 and by the server’s own functions, in each order of the parts. */
async function sumsOf(t: TestContext, tables: readonly (readonly [types: string, rows: readonly string[]])[]): Promise<readonly string[]> {
  const database = await newDatabase(t)
  for (const [i, [types, rows]] of tables.entries())
    await database.script(`create table t${i} (${types}); insert into t${i} values ${rows.join(', ')}`)
  const server = openPostgresSource({ url: database.url, ssl: false, applicationName: 'test' })
  const sum = async (snapshot: SourceSnapshot, i: number): Promise<string> => {
    const hash = await snapshot.rowHash?.()
    assert.ok(hash !== undefined)
    const measures: readonly Measure[] = [{}, { hash }].flatMap(how =>
      ORDERS.map(parts => ({ column: '', as: 'row', zone: null, of: 'sum', parts, ...how }) as const),
    )
    const found = await snapshot.aggregates?.({
      relation: await find(server, `t${i}`),
      measures,
      without: { columns: [], keys: [] },
    })
    return JSON.stringify(found)
  }
  try {
    return await withSnapshot(server, async snapshot => {
      const sums: string[] = []
      for (const i of tables.keys()) sums.push(await sum(snapshot, i))
      return sums
    })
  } finally {
    await server.close()
  }
}

test('a row sum is the same for the same values, whatever the order of rows and the types that hold them', async t => {
  const sums = await sumsOf(t, [
    [TYPES, ROWS],
    [TYPES, ROWS.toReversed()],
    ['k int4, n numeric(20,5), t varchar(9), f bool, b bytea, m timestamptz', ROWS],
    ['k int2, n float8, t bpchar(9), f bool, b bytea, m timestamp', ROWS],
  ])
  assert.deepEqual(new Set(sums).size, 1, sums.join('\n'))
  assert.ok(!sums[0]?.includes('null'))
})

const CHANGES: readonly (readonly [what: string, rows: readonly string[]])[] = [
  ['as it was', ROWS],
  ['a row is lost', [ONE]],
  ['a row is there twice', [...ROWS, ONE]],
  ['keys change places', [ONE.replace('(1', '(2'), (ROWS[1] ?? '').replace('(2', '(1')]],
  ['numbers change places', [ONE.replace('1.50', '3'), (ROWS[1] ?? '').replace(' 3', ' 1.50')]],
  ['another sign', [ONE.replace('1.50', '-1.50'), ROWS[1] ?? '']],
  ['ten thousand times as much', [ONE.replace('1.50', '15000'), ROWS[1] ?? '']],
  ['NaN', [ONE.replace('1.50', "'NaN'"), ROWS[1] ?? '']],
  ['infinity', [ONE.replace('1.50', "'Infinity'"), ROWS[1] ?? '']],
  ['less than any number', [ONE.replace('1.50', "'-Infinity'"), ROWS[1] ?? '']],
  ['no number', [ONE.replace('1.50', 'null'), ROWS[1] ?? '']],
  ['the halves of a whole number', [ONE.replace('(1', '(4294967296'), ROWS[1] ?? '']],
  ['both halves of a whole number', [ONE.replace('(1', '(4294967298'), ROWS[1] ?? '']],
  ['a negative key', [ONE.replace('(1', '(-2'), ROWS[1] ?? '']],
  ['no key', [ONE.replace('(1', '(null'), ROWS[1] ?? '']],
  ['another letter', [ONE.replace('ë', 'e'), ROWS[1] ?? '']],
  ['no text', [ONE, (ROWS[1] ?? '').replace("''", 'null')]],
  ['a blank', [ONE, (ROWS[1] ?? '').replace("''", "' '")]],
  ['false', [ONE.replace('true', 'false'), ROWS[1] ?? '']],
  ['neither', [ONE.replace('true', 'null'), ROWS[1] ?? '']],
  ['a byte', [ONE.replace('00ff', '00fe'), ROWS[1] ?? '']],
  ['no bytes', [ONE, (ROWS[1] ?? '').replace("'\\x'", 'null')]],
  ['a microsecond', [ONE.replace('.000001', '.000002'), ROWS[1] ?? '']],
  ['an hour', [ONE, (ROWS[1] ?? '').replace('59+00', '59+01')]],
  ['no time', [ONE.replace("'2024-02-29 12:00:00.000001+00'", 'null'), ROWS[1] ?? '']],
]

test('whatever changes in a row, its sum is another: by SHA-256 and by the server’s own functions', async t => {
  const found = (
    await sumsOf(
      t,
      CHANGES.map(([, rows]) => [TYPES, rows]),
    )
  ).map(sum => JSON.parse(sum) as readonly string[])
  // One column of sums for each way to hash and each order of the parts.
  for (let way = 0; way < ORDERS.length * 2; way++) {
    const known = new Map<string, string>()
    for (const [i, [what]] of CHANGES.entries()) {
      const sum = found[i]?.[way] ?? ''
      assert.equal(known.get(sum), undefined, `${what}, way ${way}`)
      known.set(sum, what)
    }
  }
})

test('numbers of the same digits that change places change the sum, although a function adds their weight last', async t => {
  const rowsOf = (shift: number): readonly string[] =>
    Array.from({ length: 40 }, (_, i) => ONE.replace('(1', `(${i}`).replace('1.50', (i + shift) % 2 === 0 ? '5' : '50000'))
  const swapped = Array.from({ length: 20 }, (_, at) => {
    const rows = [...rowsOf(0)]
    const other = rowsOf(1)
    for (const i of [2 * at, 2 * at + 1]) rows[i] = other[i] ?? ''
    return [TYPES, rows] as const
  })
  const sums = await sumsOf(t, [[TYPES, rowsOf(0)], ...swapped])
  const ways = sums.map(sum => JSON.parse(sum) as readonly string[])
  for (let way = 0; way < ORDERS.length * 2; way++) assert.equal(new Set(ways.map(way_ => way_[way])).size, 21, `way ${way}`)
})

test('the length of a text is told in characters, and in bytes where both sides have the same hash functions and so one encoding', async t => {
  const database = await newDatabase(t)
  await database.script(`create table t (b bpchar(9)); insert into t values ('Zoë'), ('a'), (null)`)
  const server = openPostgresSource({ url: database.url, ssl: false, applicationName: 'test' })
  try {
    const sums = await withSnapshot(server, async snapshot => {
      const one: Measure = { column: 'b', as: 'length', zone: null, of: 'sum' }
      const measures: readonly Measure[] = [one, { ...one, hash: (await snapshot.rowHash?.()) ?? '' }]
      return snapshot.aggregates?.({ relation: await find(server, 't'), measures, without: { columns: [], keys: [] } })
    })
    assert.deepEqual(sums, ['4', '5'])
  } finally {
    await server.close()
  }
})

test('two servers name their functions for hashing a row alike where they give the same', async t => {
  const nameOf = async (): Promise<string | undefined> => {
    const server = openPostgresSource({ url: (await newDatabase(t)).url, ssl: false, applicationName: 'test' })
    try {
      return await withSnapshot(server, snapshot => snapshot.rowHash?.() ?? Promise.resolve(undefined))
    } finally {
      await server.close()
    }
  }
  assert.match((await nameOf()) ?? '', /^postgres\/UTF8\/-?\d+/)
  assert.equal(await nameOf(), await nameOf())
})

test('moments of two columns that change places change the sum, the first instant of all too', async t => {
  const types = 'k int8, opens timestamptz, closes timestamptz'
  const database = await newDatabase(t)
  const [first, later] = ["'1970-01-01 00:00:00+00'", "'1970-01-01 08:00:00+00'"]
  await database.script(
    `create table a (${types}); insert into a values (1, ${first}, ${later}); create table b (${types}); insert into b values (1, ${later}, ${first})`,
  )
  const parts = (['k', 'opens', 'closes'] as const).map(
    (column): MeasuredValue => ({ column, as: column === 'k' ? 'integer' : 'moment', zone: null }),
  )
  const server = openPostgresSource({ url: database.url, ssl: false, applicationName: 'test' })
  try {
    const sums = await withSnapshot(server, async snapshot => {
      const hash = (await snapshot.rowHash?.()) ?? ''
      const measures: readonly Measure[] = [{ column: '', as: 'row', zone: null, of: 'sum', parts, hash }]
      const without = { columns: [], keys: [] }
      return Promise.all(['a', 'b'].map(async name => snapshot.aggregates?.({ relation: await find(server, name), measures, without })))
    })
    assert.notDeepEqual(sums[0], sums[1])
  } finally {
    await server.close()
  }
})
