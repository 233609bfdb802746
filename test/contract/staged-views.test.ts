import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Column, Relation } from '../../src/model/catalogue.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import { MemorySource, type MemoryTable } from '../../src/source/memory/memory-source.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import { WHOLE } from '../../src/source/scan-keys.ts'
import type { Source, SourceKey, SourceSnapshot } from '../../src/source/source.ts'
import type { TextsOf } from '../../src/staging/staged-shape.ts'
import { stagedSource } from '../../src/staging/staged-source.ts'
import type { StagingPlace } from '../../src/staging/staging-place.ts'
import { newDatabase } from '../support/postgres.ts'
import { stagedDatabases, stagingPlace } from '../support/staging.ts'
import { pairTypes } from '../support/type-pair-types.ts'
import { column, isError, request, withSnapshot } from './source.ts'
import { collectFields, ddlOf, type Fields, fieldsOf, type Row, relationOf, type TableSpec, valueIn } from './table-spec.ts'

function staged(place: StagingPlace, tables: readonly MemoryTable[], texts: TextsOf = 'postgres'): Source {
  return stagedSource(new MemorySource('file', tables, { capability: 'scan' }), { place, name: 'legacy', texts })
}

async function view(source: Source, sql: string, key: readonly string[]): Promise<Relation> {
  return (await source.describeQuery?.({ name: 'v', sql, key })) ?? assert.fail('no SQL')
}

async function readAll(
  snapshot: SourceSnapshot,
  relation: Relation,
  key: SourceKey,
  after: readonly string[] | null = null,
): Promise<Fields[]> {
  const columns = relation.columns.map(c => c.name)
  return collectFields(snapshot.read(request({ relation, columns, key, after })), columns.length)
}

const byKey = (...names: string[]): SourceKey => ({ kind: 'columns', names })
const hex = (rows: readonly Fields[]): string[] => rows.map(row => row.map(field => field?.toString('hex') ?? 'NULL').join())

test('a view over a file has the types and delivers the bytes the same view has in a PostgreSQL with those tables, for every built-in type', async t => {
  const database = await newDatabase(t)
  const types = pairTypes({ oid: () => 0 }, 180_000).filter(({ sql }) => /^pg_catalog/.test(sql) && !/\breg|\.bit$/.test(sql))
  const most = Math.max(...types.map(type => type.values.length))
  const literal = ({ sql, values }: (typeof types)[number], i: number): string =>
    i > values.length ? 'null' : `'${(values[i % values.length] ?? '').replaceAll("'", "''")}'::${sql}`
  const rows = Array.from({ length: most + 1 }, (_, i) => `(${i}, ${types.map(type => literal(type, i)).join(', ')})`)
  await database.script(
    `create schema old; create table old.typed (k int4 primary key, ${types.map(({ sql }, i) => `c${i} ${sql}`).join(', ')});
     insert into old.typed values ${rows.join(', ')}`,
  )
  const live = openPostgresSource({ url: database.url, applicationName: 'rehouse test' })
  const [relation] = (await live.describe()).relations
  assert.ok(relation)
  const tuples = await withSnapshot(live, snapshot => readAll(snapshot, relation, byKey('k')))
  const source = staged(await stagingPlace(t), [{ relation, rows: tuples }])
  const sql = 'select t.*, t.k % 3 as third from old.typed as t where t.k <> 1'
  const [there, here] = [await view(live, sql, ['k']), await view(source, sql, ['k'])]
  const described = (of: Relation): unknown => of.columns.map(({ name, type }) => [name, type.text])
  // Kept as they were written: json and xml are texts there.
  const asText = (name: unknown): unknown => (name === 'json' || name === 'xml' ? 'text' : name)
  const expected = there.columns.map(({ name, type }) => [name, asText(type.text)])
  assert.deepEqual(described(here), expected)
  const want = await withSnapshot(live, snapshot => readAll(snapshot, there, byKey('k')))
  await withSnapshot(source, async snapshot => {
    assert.deepEqual(hex(await readAll(snapshot, here, byKey('k'))), hex(want))
    assert.deepEqual(hex(await readAll(snapshot, here, byKey('k'), ['3'])), hex(want.slice(3)))
    assert.equal((await readAll(snapshot, here, WHOLE)).length, want.length)
    assert.equal(await snapshot.count(here), BigInt(want.length))
    const measures = [{ column: 'k', as: 'number', zone: null, of: 'sum' }] as const
    const sums = await snapshot.aggregates?.({ relation: here, measures, without: { columns: ['k'], keys: [['0'], ['2']] } })
    const total = want.map(row => row[0]?.readInt32BE() ?? 0).reduce((sum, k) => sum + k, 0)
    assert.deepEqual(sums, [String(total - 2)])
  })
  await source.close()
  await live.close()
})

const TREE: TableSpec = {
  name: 'Department',
  columns: [column('Id', 'int4'), { name: 'ParentId', type: 'int4', isNullable: true }, column('name', 'text')],
  primaryKey: ['Id'],
  foreignKeys: [{ name: 'parent', columns: ['ParentId'], references: 'Department', referenced: ['Id'] }],
}
const NODES: readonly Row[] = Array.from({ length: 30 }, (_, i) => [i, i === 0 ? null : Math.floor((i - 1) / 2), `node ${i}`])
const CLOSURE = `with recursive up as (
  select "Id", "Id" as above, 0 as depth from public."Department"
  union all select up."Id", d."ParentId", depth + 1 from up join public."Department" d on d."Id" = up.above where d."ParentId" is not null)
select "Id" as id, above, depth from up`

test('a recursive view over a file gives the closure of a tree as a live PostgreSQL does, in the order of its key', async t => {
  const database = await newDatabase(t)
  const values = NODES.map(([id, parent, name]) => `(${id}, ${parent}, '${name}')`).join(', ')
  await database.script(`${ddlOf(TREE)}; insert into public."Department" values ${values}`)
  const expected = await database.sql(`select id, above, depth from (${CLOSURE}) as c order by id, above`)
  const place = await stagingPlace(t)
  const source = staged(place, [{ relation: relationOf(TREE), rows: NODES.map(row => fieldsOf(TREE, row)) }])
  const closure = await view(source, CLOSURE, ['id', 'above'])
  assert.deepEqual((await stagedDatabases(place)).length, 1, 'only empty tables are made to describe it')
  await withSnapshot(source, async snapshot => {
    const rows = await readAll(snapshot, closure, byKey('id', 'above'))
    assert.deepEqual(
      rows.map(row => closure.columns.map(({ type }, i) => String(valueIn(type.name, row[i] ?? null)))),
      expected,
    )
  })
  await source.close()
})

test('many views at once over the same relations stage each relation once', async t => {
  const place = await stagingPlace(t)
  const memory = new MemorySource('file', [{ relation: relationOf(TREE), rows: NODES.map(row => fieldsOf(TREE, row)) }], {
    capability: 'scan',
  })
  const source = stagedSource(memory, { place, name: 'legacy', texts: 'postgres' })
  const sqls = Array.from({ length: 6 }, (_, i) => `select "Id" as id, ${i} as n from public."Department" where "Id" % 6 = ${i}`)
  const views = await Promise.all(sqls.map(sql => view(source, sql, ['id'])))
  await withSnapshot(source, async snapshot => {
    const counts = await Promise.all(views.map(one => snapshot.count(one)))
    assert.deepEqual(counts, [5n, 5n, 5n, 5n, 5n, 5n])
  })
  await source.close()
})

const own = (name: string): SqlType => ({ kind: 'base', schema: 'sqlserver', name, modifier: 7, text: `${name}(7)`, oid: 0 })
const plain = (name: string, type: SqlType): Column => ({
  name,
  type,
  isNullable: true,
  hasDefault: false,
  generated: 'no',
  collation: null,
})

function ticks(count: bigint, offset: number | null = null): Buffer {
  const bytes = Buffer.alloc(offset === null ? 8 : 10)
  bytes.writeBigInt64BE(count)
  if (offset !== null) bytes.writeInt16BE(offset, 8)
  return bytes
}

test('times of 100 ns are their text in a view, with every digit', async t => {
  const relation: Relation = {
    ...relationOf({ name: 'moments', columns: [] }),
    columns: [plain('d', own('datetime2')), plain('o', own('datetimeoffset')), plain('c', own('time'))],
  }
  const rows: readonly Fields[] = [
    [ticks(1_234_567n), ticks(-10_000_001n, 330), ticks(863_999_999_999n)],
    [null, null, null],
  ]
  const source = staged(await stagingPlace(t), [{ relation, rows }], 'any')
  const moments = await view(source, 'select d, o, c, d::timestamp as cut from public.moments order by d', ['d'])
  assert.deepEqual(
    moments.columns.map(({ type }) => type.name),
    ['text', 'text', 'text', 'timestamp'],
  )
  const read = await withSnapshot(source, snapshot => readAll(snapshot, moments, byKey('d')))
  assert.deepEqual(
    read.map(row => row.slice(0, 3).map(field => field?.toString() ?? null)),
    [
      ['2000-01-01 00:00:00.1234567', '2000-01-01 05:29:58.9999999+05:30', '23:59:59.9999999'],
      [null, null, null],
    ],
  )
  await source.close()
})

const DIRTY: TableSpec = { name: 'dirty', columns: [column('id', 'int4'), column('good', 'text'), column('bad', 'text')] }
const dirtyRows = (): readonly Fields[] => [
  fieldsOf(DIRTY, [1, 'a', 'b']),
  fieldsOf(DIRTY, [2, 'c', 'd\0e']),
  [...fieldsOf(DIRTY, [3, 'é']).slice(0, 2), Buffer.from([0xed, 0xa0, 0x80])],
]

test('a view that reads a text PostgreSQL cannot hold is refused with column and row; one that does not read it is not', async t => {
  const source = staged(await stagingPlace(t), [{ relation: relationOf(DIRTY), rows: dirtyRows() }], 'any')
  const good = await view(source, 'select id, good from public.dirty', ['id'])
  const bad = [
    'select id, bad from public.dirty',
    'select * from public.dirty',
    'select id, d::text as whole from public.dirty d',
    'select id, good from public.dirty where bad is null',
    'select id from public.dirty natural join (select 1 as id) as one',
    'select a.id, a.x, a.y from public.dirty as a(id, x, y)',
  ]
  const views = await Promise.all(bad.map(sql => view(source, sql, ['id'])))
  await withSnapshot(source, async snapshot => {
    const rows = await readAll(snapshot, good, byKey('id'))
    assert.deepEqual(
      rows.map(row => row[1]?.toString()),
      ['a', 'c', 'é'],
    )
    for (const one of views)
      await assert.rejects(readAll(snapshot, one, byKey('id')), (error: Error & { where?: { table?: string; column?: string } }) => {
        assert.ok(isError('SOURCE_INVALID')(error))
        assert.match(
          error.message,
          /expected texts PostgreSQL can hold for view v, got one that is not UTF-8 or has a NUL in row 2 and 1 more/,
        )
        assert.deepEqual([error.where?.table, error.where?.column], ['public.dirty', 'bad'])
        return true
      })
  })
  await source.close()
})

const WRONG: readonly (readonly [what: string, sql: string, expected: RegExp])[] = [
  [
    'a table the file has not',
    'select id from public.gone',
    /expected view v to have tables of the file, got public\.gone, which it has not/,
  ],
  ['a table without its schema', 'select id from dirty', /relation "dirty" does not exist/],
  ['a table of the server', 'select oid as id from pg_catalog.pg_class', /got pg_catalog\.pg_class, which it has not/],
  ['a column there is not', 'select ident from public.dirty', /column "ident" does not exist/],
  [
    'a statement that writes',
    'delete from public.dirty returning id',
    /expected view v to have one SELECT that only reads, got another statement/,
  ],
  ['a key it has not', 'select good from public.dirty', /to have a column id for its key, got columns good/],
]

for (const [what, sql, expected] of WRONG)
  test(`a view over a file with ${what} is refused before anything is staged`, async t => {
    const source = staged(await stagingPlace(t), [{ relation: relationOf(DIRTY), rows: dirtyRows() }])
    await assert.rejects(view(source, sql, ['id']), (error: Error) => {
      assert.ok(isError('SOURCE_REFUSED')(error), String(error))
      assert.match(error.message, expected)
      return true
    })
    await source.close()
  })

test('who writes a name with capitals without quotes is told how to write it', async t => {
  const source = staged(await stagingPlace(t), [{ relation: relationOf(TREE), rows: [] }])
  await assert.rejects(view(source, 'select Id from public.Department', ['id']), (error: Error & { next?: string }) => {
    assert.match(error.next ?? '', /^Write "public"\."Department": without quotes PostgreSQL reads capitals as small letters\./)
    return true
  })
  await source.close()
})

test('a key that would not fit an index is no obstacle, nor are doubled keys', async t => {
  const spec: TableSpec = { name: 'odd', columns: [column('k', 'text'), column('v', 'int4')], primaryKey: ['k'] }
  const long = Array.from({ length: 4000 }, (_, i) => String.fromCharCode(33 + ((i * 7919) % 90))).join('')
  const rows = [fieldsOf(spec, [long, 1]), fieldsOf(spec, [long, 2]), fieldsOf(spec, ['a', 3])]
  const source = staged(await stagingPlace(t), [{ relation: relationOf(spec), rows }])
  const sums = await view(source, 'select sum(v)::int4 as total from public.odd', ['total'])
  const [row] = await withSnapshot(source, snapshot => readAll(snapshot, sums, byKey('total')))
  assert.equal(row?.[0]?.readInt32BE(), 6)
  await source.close()
})
