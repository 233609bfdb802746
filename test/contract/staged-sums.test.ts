import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column, Relation } from '../../src/model/catalogue.ts'
import type { Measure } from '../../src/model/measure.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import { MemorySource } from '../../src/source/memory/memory-source.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import type { SourceSnapshot } from '../../src/source/source.ts'
import { type StagedOptions, stagedSource } from '../../src/staging/staged-source.ts'
import { newDatabase } from '../support/postgres.ts'
import { stagedDatabases, stagingPlace } from '../support/staging.ts'
import { type Watch, watched } from '../support/watched-source.ts'
import { column, find, withSnapshot } from './source.ts'
import { type Fields, fieldsOf, type Row, relationOf, type TableSpec } from './table-spec.ts'

const SPEC: TableSpec = {
  name: 'mixed',
  columns: [
    column('k', 'text'),
    column('n', 'numeric'),
    column('t', 'text'),
    column('c', 'bpchar'),
    column('b', 'bytea'),
    column('a', 'bool'),
  ],
}
const ROWS: readonly Row[] = [
  ['one', '1.50', 'Zoë', 'ab  ', Buffer.from([0, 255]), true],
  ['two', '-3', "😀 \\ '", '  ', Buffer.alloc(0), false],
  ['aside', '1e5', 'x', 'x', Buffer.from([1]), null],
  ['four', null, '', null, null, true],
]
const VALUES = ['k', 'n', 't', 'c', 'b', 'a'].map(
  (name, i) => ({ column: name, as: (['text', 'number', 'text', 'text', 'bytes', 'flag'] as const)[i] ?? 'text', zone: null }) as const,
)
const all = (name: string, as: Measure['as']): readonly Measure[] =>
  (['count', 'sum', 'min', 'max'] as const).map(of => ({ column: name, as, zone: null, of }))
const MEASURES: readonly Measure[] = [
  { column: '', as: 'rows', zone: null, of: 'count' },
  ...all('n', 'number'),
  ...all('t', 'length'),
  ...all('c', 'length'),
  ...all('b', 'bytes'),
  ...all('a', 'flag').slice(0, 2),
  { column: '', as: 'row', zone: null, of: 'sum', parts: VALUES },
]

async function sums(snapshot: SourceSnapshot, relation: Relation, measures: readonly Measure[] = MEASURES) {
  const sums = await snapshot.aggregates?.({ relation, measures, without: { columns: ['k'], keys: [['aside']] } })
  assert.ok(sums !== undefined)
  return sums
}

for (const texts of ['postgres', 'any'] as const satisfies readonly StagedOptions['texts'][]) {
  test(`the staged copy of a file sums up to what the server sums up of the same rows (texts of ${texts})`, async t => {
    const database = await newDatabase(t)
    await database.script(`create table mixed (k text, n numeric, t text, c bpchar, b bytea, a bool);
      insert into mixed values ('one', 1.50, 'Zoë', 'ab  ', '\\x00ff', true), ('two', -3, E'😀 \\\\ \\'', '  ', '\\x', false), ('aside', 1e5, 'x', 'x', '\\x01', null),
        ('four', null, '', null, null, true)`)
    const server = openPostgresSource({ url: database.url, ssl: false, applicationName: 'test' })
    const expected = await withSnapshot(server, async snapshot => sums(snapshot, await find(server, 'mixed')))
    await server.close()
    assert.deepEqual(expected.slice(0, 9), ['3', '2', '-1.5', '-3', '1.5', '3', '8', '0', '5'])
    const place = await stagingPlace(t)
    const watch: Watch = { reads: [], confirms: 0 }
    const memory = new MemorySource('file', [{ relation: relationOf(SPEC), rows: ROWS.map(row => fieldsOf(SPEC, row)) }], {
      capability: 'scan',
    })
    const source = stagedSource(watched(memory, watch), { place, name: 'legacy', texts })
    const relation = await find(source, 'mixed')
    await withSnapshot(source, async snapshot => {
      assert.deepEqual(await sums(snapshot, relation), expected)
      assert.deepEqual(await sums(snapshot, relation), expected)
    })
    assert.equal(watch.reads.length, 1, 'it is staged once')
    assert.equal((await stagedDatabases(place)).length, 1)
    await source.close()
  })
}

const own = (name: string): SqlType => ({ kind: 'base', schema: 'sqlserver', name, modifier: 7, text: `${name}(7)`, oid: 0 })
const plain = (name: string, type: SqlType): Column => ({
  name,
  type,
  isNullable: true,
  hasDefault: false,
  generated: 'no',
  collation: null,
})

function instant(ticks: bigint, offset: number | null = null): Buffer {
  const bytes = Buffer.alloc(offset === null ? 8 : 10)
  bytes.writeBigInt64BE(ticks)
  if (offset !== null) bytes.writeInt16BE(offset, 8)
  return bytes
}

test('what lies in the staged copy as bytes is summed up as the text or time it is, and what cannot be one is left out', async t => {
  const text = relationOf({ name: 'own', columns: [column('t', 'text')] }).columns[0] as Column
  const columns = [plain('d', own('datetime2')), plain('o', own('datetimeoffset')), plain('c', own('time')), text]
  const relation: Relation = { ...relationOf({ name: 'own', columns: [] }), columns }
  const rows: readonly Fields[] = [
    // 0001-01-01 and 9999-12-31 23:59:59.999999; a NUL, a lone surrogate, an overlong slash and a text of four bytes.
    [instant(-630_822_816_000_000_000n), instant(10n, 330), instant(10n), Buffer.from('a\0b')],
    [instant(2_524_556_159_999_999_990n), instant(-10n, -60), instant(863_999_999_990n), Buffer.from([0xed, 0xa0, 0x80])],
    [instant(7n), instant(7n, 0), instant(7n), Buffer.from([0xc0, 0xaf])],
    [null, null, null, Buffer.from('𝄞é€')],
  ]
  const source = stagedSource(new MemorySource('file', [{ relation, rows }], { capability: 'scan' }), {
    place: await stagingPlace(t),
    name: 'legacy',
    texts: 'any',
  })
  const measures = [...all('d', 'moment'), ...all('o', 'moment'), ...all('c', 'moment'), ...all('t', 'length')]
  const found = await withSnapshot(
    source,
    snapshot => snapshot.aggregates?.({ relation, measures, without: { columns: [], keys: [] } }) ?? Promise.resolve([]),
  )
  await source.close()
  assert.deepEqual(found, [
    ...['2', '191266703999.999999', '-62135596800', '253402300799.999999'],
    ...['2', '1893369600', '946684799.999999', '946684800.000001'],
    ...['2', '86400', '0.000001', '86399.999999'],
    ...['1', '3', '3', '3'],
  ])
})
