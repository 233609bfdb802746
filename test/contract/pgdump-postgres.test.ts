import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, type TestContext, test } from 'node:test'
import { quoteTable } from '../../src/base/quote-name.ts'
import type { Column, Relation } from '../../src/model/catalogue.ts'
import type { SqlType } from '../../src/model/sql-type.ts'
import { quoteName } from '../../src/postgres/quote.ts'
import { Session } from '../../src/postgres/session.ts'
import { transcoderOf } from '../../src/source/pgdump/text-encoding.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import { fixturePath, openDumpAt, openDumpOf, readAll, readable, relationNamed } from '../support/dump-file.ts'
import { copyText } from '../support/dump-writer.ts'
import { EDGE_VALUES } from '../support/edge-values.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { collectFields, type Fields } from './table-spec.ts'

/** Dumps of one database, and the database itself: what one says of tables and rows, the other says too. */

const DUMPS = [
  '14.custom',
  '14.folder',
  '15.sql',
  '15-inserts.sql',
  '15-column-inserts.sql',
  '15-no-offsets.custom',
  '15-root-inserts.custom',
  '15.tar.gz',
  '15-all.sql',
  '16.custom',
  '16-lz4.folder',
  '17.sql',
  '18.sql',
  '18.sql.gz',
  '18.sql.zst',
  '18.sql.lz4',
  '18-none.custom',
  '18.folder',
  '18-zstd.folder',
]

suite('dumps of every format and version', () => {
  for (const name of DUMPS)
    test(`${name} describes its tables as the live database does, and delivers the same bytes`, async t => {
      const live = await liveShop(t)
      const dump = openDumpAt(t, fixturePath(name), name === '15-all.sql' ? { database: 'shop' } : {})
      const described = (await dump.describe()).relations
      assert.deepEqual(described.map(comparable(name)), live.relations.map(comparable(name)))
      for (const relation of described) {
        const expected = await withSession(live.database, session => serverRows(session, relation))
        assert.deepEqual(sorted(await readAll(dump, relation)), sorted(expected), relation.name)
        const snapshot = await dump.openSnapshot()
        assert.equal(await snapshot.count(relation), BigInt(expected.length))
        await snapshot.close()
      }
      const { version } = await dump.describe()
      // pg_dump 16 was given a server of version 15.
      assert.equal(Math.floor(version / 10_000), name.startsWith('16') ? 15 : Number(name.slice(0, 2)))
    })
})

test('text of every type, alone, in arrays, composites and domains, by COPY and INSERT, gives the bytes a server sends', async t => {
  const database = await newDatabase(t)
  await withSession(database, async session => {
    const source = await openDumpOf(t, await everyType(session))
    const { relations } = await source.describe()
    for (const type of Object.keys(EDGE_VALUES))
      for (const name of [`copied_${type}`, `inserted_${type}`]) {
        const relation = relations.find(candidate => candidate.name === name)
        assert.ok(relation)
        const isRead = relation.columns.every(column => column.name === 'n' || type === 'text' || column.type.name !== 'text')
        assert.equal(isRead, !['money', 'tsquery'].includes(type), `expected ${type} to be read`)
        if (!isRead) continue
        const expected = await serverRows(session, { ...relation, name: `edge_${type}` })
        assert.deepEqual(withoutOids(await readAll(source, relation), relation), withoutOids(expected, relation), name)
      }
  })
})

test('a type whose text only a server could read is delivered as text, and said', async t => {
  const source = await openDumpOf(
    t,
    "CREATE TABLE odd (a money, b tsquery, c regclass, d unheard.of[]);\nINSERT INTO odd VALUES ('$1.20', '''x''', 'pg_class', '{1}');\n",
  )
  const relation = await relationNamed(source, 'odd')
  assert.deepEqual(
    relation.columns.map(column => column.type.name),
    ['text', 'text', 'text', 'text'],
  )
  assert.deepEqual(
    (await readAll(source, relation)).map(row => row.map(String)),
    [['$1.20', "'x'", 'pg_class', '{1}']],
  )
  const extras = await source.extras?.()
  assert.deepEqual(
    extras?.objects.filter(({ name }) => name.startsWith('odd.')).map(({ kind }) => kind),
    [
      'column of type money read as text',
      'column of type tsquery read as text',
      'column of type regclass read as text',
      'column of type unheard.of[] read as text',
    ],
  )
})

/** The same rows in the order the server gives them. */
async function everyType(session: Session): Promise<string> {
  const parts: string[] = ['SET standard_conforming_strings = on;\n']
  for (const [type, literals] of Object.entries(EDGE_VALUES)) {
    const isChar = type === 'char'
    const spelled = isChar ? '"char"' : type
    const values = literals.map(literal => `(${quoted(literal)}::${spelled})`).join(', ')
    const made = `create type public."pair_${type}" as (a integer, v ${spelled}); create domain public."domain_${type}" as ${spelled};`
    const shape = `(n integer, v ${spelled}, list ${spelled}[], pair public."pair_${type}", dom public."domain_${type}", pairs public."pair_${type}"[])`
    await session.script(`${made} create table public."edge_${type}" ${shape};
      insert into public."edge_${type}" select row_number() over (), v, array[v, null, v], row(7, v)::public."pair_${type}", v, array[row(null::integer, v)::public."pair_${type}", null] from (values ${values}) as x (v)`)
    parts.push(`${made}\nCREATE TABLE public."copied_${type}" ${shape};\nCREATE TABLE public."inserted_${type}" ${shape};\n`)
    const { rows } = await session.query(
      `select n::text, v::text, list::text, pair::text, dom::text, pairs::text from public."edge_${type}" as e order by e.n`,
    )
    parts.push(
      `COPY public."copied_${type}" (n, v, list, pair, dom, pairs) FROM stdin;\n${rows.map(row => `${row.map(copyText).join('\t')}\n`).join('')}\\.\n`,
    )
    for (const row of rows)
      parts.push(`INSERT INTO public."inserted_${type}" VALUES (${row.map(text => (text === null ? 'NULL' : quoted(text))).join(', ')});\n`)
  }
  return parts.join('')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const shops = new Map<string, Promise<{ readonly database: TestDatabase; readonly relations: readonly Relation[] }>>()

/** The database the dumps were made of. */
function liveShop(t: TestContext): Promise<{ readonly database: TestDatabase; readonly relations: readonly Relation[] }> {
  const known = shops.get('18')
  if (known !== undefined) return known
  const made = (async () => {
    const database = await newDatabase({ name: 'shop', after: () => undefined })
    await database.script(readFileSync(fixturePath('shop.sql'), 'utf8'))
    const source = openPostgresSource({ url: database.url, applicationName: 'rehouse test' })
    t.after(() => source.close())
    return { database, relations: (await source.describe()).relations.filter(({ kind }) => kind === 'table' || kind === 'partitioned') }
  })()
  shops.set('18', made)
  return made
}

async function serverRows(session: Session, relation: Relation): Promise<readonly Fields[]> {
  const columns = readable(relation).map(quoteName).join(', ')
  const order = relation.name.startsWith('edge_') ? ' order by n' : ''
  const from = `${relation.kind === 'table' ? 'only ' : ''}${quoteTable(relation)}`
  const statement = `copy (select ${columns} from ${from}${order}) to stdout (format binary)`
  return collectFields(session.copyOut(statement, new AbortController().signal), readable(relation).length)
}

async function withSession<T>({ url }: TestDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open({ url, applicationName: 'rehouse test', side: 'source' })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

function sorted(rows: readonly Fields[]): readonly string[] {
  return rows.map(row => row.map(field => field?.toString('hex') ?? 'NULL').join(' ')).sort()
}

/** What the two must agree on: not numbers of the server’s own, guesses or rights. Version 14 knows fewer kinds of keys; our copy for it leaves them out. */
function comparable(name: string): (relation: Relation) => unknown {
  const isOld = name.startsWith('14')
  return ({ denied: _, estimatedRows: __, ...relation }) => ({
    ...relation,
    // A dump has no values of computed columns: they are none here.
    columns: relation.columns
      .filter(column => column.generated !== 'stored')
      .map(column => ({
        ...column,
        type: withoutOid(column.type),
        ...(name === '17.sql' ? { collation: null } : {}),
      })),
    uniqueKeys: relation.uniqueKeys.map(key => (isOld ? { ...key, nullsNotDistinct: false } : key)),
    foreignKeys: relation.foreignKeys.map(key => (isOld ? { ...key, setNullColumns: null } : key)),
  })
}

function withoutOid(type: SqlType): unknown {
  return {
    ...type,
    oid: 0,
    ...(type.element === undefined ? {} : { element: withoutOid(type.element) }),
    ...(type.fields === undefined ? {} : { fields: type.fields.map(field => ({ ...field, type: withoutOid(field.type) })) }),
  }
}

/** Arrays of types made here carry the number of that type in this one server. */
function withoutOids(rows: readonly Fields[], { columns }: Relation): unknown {
  const isOwn = (column: Column | undefined): boolean => column?.type.kind === 'array' && column.type.schema !== 'pg_catalog'
  return rows.map(row =>
    row.map((field, i) => (field !== null && isOwn(columns[i]) ? Buffer.concat([field.subarray(0, 8), field.subarray(12)]) : field)),
  )
}

/** Statements that say the same to a server and to us. `t` has a key, so that both deliver in its order. */
const WRITTEN = [
  'create table t (k integer primary key, i integer, s smallint, b bigint, n numeric(8,2), m numeric, f double precision, r real, t text, v varchar(5), c char(4), y boolean, d date, ts timestamp(2), tz timestamptz, u uuid, x bytea, z bit varying(6), j jsonb, a text[])',
  "insert into t values (1, 1, -2, 3000000000, 1.5, 007.10, 1e3, -.5, 'plain', 'abc', 'ab', true, '2024-02-29', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56+02', 'A0EEBC999C0B4EF8BB6D6BB9BD380A11', '\\x00ff', b'101', '{\"b\": 1, \"a\": [1.50]}', '{a,NULL}')",
  "insert into t (t, k) values (E'a\\nb\\\\c\\'d\\x41\\101\\u00e4', 2), ($$it's $1$$, 3), ($tag$ $$ $tag$, +4), (N'national', - 5)",
  'INSERT INTO public.t AS alias (k, i, s, b, n, m, f, r) OVERRIDING SYSTEM VALUE VALUES (6, 2.5, -2.5, 9223372036854775807, 123456.785, 12345678901234567890.123456789, .1, 3.4028235e38) ON CONFLICT DO NOTHING',
  'insert into t (k, i, n, t, y) values (7, null, null, 12.50, FALSE), (8, 0005, -0.005, 0010, NULL), (9, 1e2, 99.995, 1e3, true) /* a comment */ -- another\n',
  "insert into t (k, d, ts, tz) values (10, date '2024-01-02', timestamp '2024-01-02 03:04:05.678', timestamptz '2024-01-02 03:04:05Z'), (11, '2024-01-02'::date, '2024-01-02T03:04:05', '2024-01-02 03:04:05.5 +05:30'), (12, 'infinity', '-infinity', 'infinity')",
  "insert into t (k, t, v, c, x, z, j, a) values (13, 'x'::text, 'abc  '::varchar, 'ab  ', 'plain\\\\\\001', x'1', '[]'::jsonb, '{}'::text[]), (14, cast('y' as text), 'äöü  ', '', '', b'', 'null', '[0:1]={a,\"b\\\"c\"}')",
  "insert into t (k, d, ts) values (15, '1962/2/18', '2002/8/14'), (16, '2000/12/31', '2000/1/1 23:59:59.999')",
  "insert into t (k, y) values (17, 'yes'), (18, 'off'), (19, '1'), (20, 't')",
] as const

test('INSERTs as people write them give what a server stores', async t => {
  const database = await newDatabase(t)
  const script = WRITTEN.map(statement => `${statement};\n`).join('')
  await database.script(script)
  const dump = await openDumpOf(t, script)
  const relation = await relationNamed(dump, 't')
  assert.deepEqual(sorted(await readAll(dump, relation)), sorted(await withSession(database, session => serverRows(session, relation))))
})

test('every encoding of one byte stands for the characters the server says', async t => {
  const database = await newDatabase(t)
  const encodings = [
    'LATIN1',
    'LATIN2',
    'LATIN3',
    'LATIN4',
    'LATIN5',
    'LATIN6',
    'LATIN7',
    'LATIN8',
    'LATIN9',
    'LATIN10',
    'ISO_8859_5',
    'ISO_8859_6',
    'ISO_8859_7',
    'ISO_8859_8',
    'WIN1250',
    'WIN1251',
    'WIN1252',
    'WIN1253',
    'WIN1254',
    'WIN1255',
    'WIN1256',
    'WIN1257',
    'WIN1258',
    'WIN866',
    'WIN874',
    'KOI8R',
  ]
  await database.script(`create function read(given bytea, encoding name) returns text language plpgsql as $$
    begin return encode(convert_to(convert_from(given, encoding), 'UTF8'), 'hex'); exception when others then return null; end $$`)
  for (const encoding of encodings) {
    const rows = await database.sql('select read(set_byte(bytea $q$ $q$, 0, n), $1) from generate_series(128, 255) as n', encoding)
    for (const [i, [server]] of rows.entries()) {
      const ours = transcoderOf(encoding)?.(Buffer.of(128 + i)).toString('hex')
      // A byte the server has no character for is in none of its dumps.
      if (server !== null) assert.equal(ours, server, `${encoding} ${128 + i}`)
    }
  }
})
