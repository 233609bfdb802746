import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { RehouseError } from '../../../../src/errors.ts'
import { fixturePath, openDumpAt, openDumpOf, readAll, relationNamed } from '../../../support/dump-file.ts'
import { sharedFile } from '../../../support/rehouse-process.ts'

const TABLE = 'CREATE TABLE t (a integer PRIMARY KEY, b text);\n'

async function rowsOf(
  t: TestContext,
  script: string | Buffer,
  options: Readonly<Record<string, string>> = {},
  table = 't',
): Promise<readonly (readonly (string | null)[])[]> {
  const source = await openDumpOf(t, script, options)
  const rows = await readAll(source, await relationNamed(source, table))
  return rows.map(row => row.map(field => (field === null ? null : field.length === 4 ? String(field.readInt32BE(0)) : field.toString())))
}

async function refusal(t: TestContext, script: string | Buffer, options: Readonly<Record<string, string>> = {}): Promise<RehouseError> {
  const error: unknown = await rowsOf(t, script, options).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof RehouseError, `expected an error, got ${JSON.stringify(error)}`)
  return error
}

suite('scripts by hand', () => {
  test('a byte order mark, carriage returns and blank lines change nothing', async t => {
    const script = `${TABLE}COPY t FROM stdin;\n1\tone\n2\t\\N\n\\.\nINSERT INTO t VALUES (3, 'three');\n`
    const expected = [
      ['1', 'one'],
      ['2', null],
      ['3', 'three'],
    ]
    assert.deepEqual(await rowsOf(t, script), expected)
    assert.deepEqual(await rowsOf(t, `\ufeff${script}`), expected)
    assert.deepEqual(await rowsOf(t, script.replaceAll('\n', '\r\n')), expected)
  })

  test('texts of another encoding are delivered as UTF-8, whether the script says the encoding or the address', async t => {
    const body = Buffer.from(`${TABLE}INSERT INTO t VALUES (1, 'Öl é ÿ');\nCOPY t FROM stdin;\n2\tü\n\\.\n`, 'latin1')
    const expected = [
      ['1', 'Öl é ÿ'],
      ['2', 'ü'],
    ]
    assert.deepEqual(await rowsOf(t, Buffer.concat([Buffer.from("SET client_encoding = 'LATIN1';\n"), body])), expected)
    assert.deepEqual(await rowsOf(t, body, { encoding: 'WIN1252' }), expected)
    assert.equal((await refusal(t, body)).code, 'SOURCE_INVALID')
    const unknown = await refusal(t, `SET client_encoding = 'EUC_JP';\n${TABLE}`)
    assert.equal(unknown.code, 'SOURCE_REFUSED')
    assert.match(unknown.next, /--encoding=UTF8/)
  })

  test('dumps in LATIN1 say the same in every format', async t => {
    for (const name of ['15-latin1.sql', '15-latin1.custom']) {
      const source = openDumpAt(t, fixturePath(name))
      const rows = await readAll(source, await relationNamed(source, 'Straße'))
      assert.deepEqual(
        rows.map(row => row[1]?.toString()),
        ['Ölmühle é ÿ', 'tab\tü'],
        name,
      )
    }
  })

  test('rows that leave a numbered column out get the numbers a server would give them', async t => {
    const script = `CREATE TABLE t (id serial PRIMARY KEY, b text);
      INSERT INTO t (b) VALUES ('a'), ('b');
      INSERT INTO t VALUES (70, 'c'), (DEFAULT, 'd');
      INSERT INTO t (b) VALUES ('e');`
    assert.deepEqual(await rowsOf(t, script), [
      ['1', 'a'],
      ['2', 'b'],
      ['70', 'c'],
      ['3', 'd'],
      ['4', 'e'],
    ])
    const source = await openDumpOf(t, script)
    const relation = await relationNamed(source, 't')
    const snapshot = await source.openSnapshot()
    const after = ['70']
    const parts: Buffer[] = []
    const asked = {
      relation,
      columns: ['id'],
      key: { kind: 'columns', names: ['id'] },
      after,
      signal: new AbortController().signal,
    } as const
    for await (const chunk of snapshot.read(asked)) parts.push(chunk)
    assert.deepEqual(Buffer.concat(parts).toString('hex'), '0001000000040000000300010000000400000004')
    const set = await refusal(t, `${script}\nSELECT setval('t_id_seq', 100); INSERT INTO t (b) VALUES ('f');`)
    assert.equal(set.code, 'SOURCE_INVALID')
    assert.equal((await rowsOf(t, `${script}\nSELECT setval('t_id_seq', 100);`)).length, 5)
  })

  test('statements of several tables and rows of COPY stand among each other, whatever the names are', async t => {
    const script = `CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (a integer, b text); CREATE TABLE b.t (a integer, b text);
SET search_path = a, b;
INSERT INTO b.t VALUES (1, 'of b');
INSERT INTO t VALUES (2, 'of a');
INSERT INTO b.t VALUES (3, 'of b');
COPY t FROM stdin;
4\tit's; no quote
\\.
INSERT INTO b.t VALUES (5, 'of b');
SET search_path = b;
INSERT INTO t VALUES (6, 'of b');
INSERT INTO a.t VALUES (7, 'of a');
`
    const source = await openDumpOf(t, script)
    const { relations } = await source.describe()
    const read = await Promise.all(relations.map(relation => readAll(source, relation)))
    assert.deepEqual(
      relations.map(({ schema }, i) => [schema, read[i]?.map(row => row[0]?.readInt32BE(0))]),
      [
        ['a', [2, 4, 7]],
        ['b', [1, 3, 5, 6]],
      ],
    )
  })

  test('a column left out gets a default that is a constant, and no other', async t => {
    const script = (value: string): string => `CREATE TABLE t (a integer, b text DEFAULT ${value});\nINSERT INTO t (a) VALUES (1);\n`
    assert.deepEqual(await rowsOf(t, script("'x''y'::text")), [['1', "x'y"]])
    assert.deepEqual(await rowsOf(t, script('NULL')), [['1', null]])
    const computed = await refusal(t, script('now()::text'))
    assert.equal(computed.where.column, 'b')
    assert.match(computed.message, /row 1, byte \d+/)
  })

  test('rows that a server would have to compute are refused, with the place; other tables are read', async t => {
    for (const change of [
      'INSERT INTO t SELECT 1;',
      'INSERT INTO t VALUES (1, now());',
      "INSERT INTO t VALUES (1, 'x'::varchar(1));",
      "INSERT INTO t VALUES (1, 'x') ON CONFLICT (a) DO UPDATE SET b = 'y';",
      "UPDATE t SET b = 'x';",
      'DELETE FROM t;',
      'WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x;',
      "COPY t FROM '/tmp/x';",
      "INSERT INTO t VALUES (1, 'x'); TRUNCATE t;",
      "INSERT INTO t VALUES (1, 'x'); ALTER TABLE t ADD COLUMN c text;",
      "INSERT INTO t VALUES (1, E'\\v');",
    ]) {
      const script = `${TABLE}CREATE TABLE other (a integer);\n${change}\nINSERT INTO other VALUES (7);\n`
      assert.equal((await refusal(t, script)).code, 'SOURCE_REFUSED', change)
      assert.deepEqual(await rowsOf(t, script, {}, 'other'), [['7']], change)
    }
  })

  test('scripts that need more than themselves are refused', async t => {
    for (const [script, code] of [
      [`${TABLE}\\i other.sql\n`, 'SOURCE_REFUSED'],
      [`BEGIN; ${TABLE} ROLLBACK;`, 'SOURCE_REFUSED'],
      ['COPY t (a) FROM stdin;\n1\n\\.\n', 'SOURCE_INVALID'],
      ['SELECT 1;', 'SOURCE_INVALID'],
      ['', 'SOURCE_INVALID'],
      ['CREATE TABLE t (a integer) DISTRIBUTED BY (a);', 'SOURCE_INVALID'],
    ] as const)
      assert.equal((await refusal(t, script)).code, code, script)
  })

  test('of several databases one must be chosen', async t => {
    const several = await openDumpAt(t, fixturePath('15-all.sql'))
      .describe()
      .catch((thrown: unknown) => thrown)
    assert.ok(several instanceof RehouseError)
    assert.equal(several.code, 'SOURCE_REFUSED')
    assert.match(several.message, /shop, small/)
    const { database, relations } = await openDumpAt(t, fixturePath('15-all.sql'), { database: 'small' }).describe()
    assert.deepEqual([database, relations.map(({ name }) => name)], ['small', ['small']])
    await assert.rejects(openDumpAt(t, fixturePath('15-all.sql'), { database: 'absent' }).describe(), { code: 'SOURCE_REFUSED' })
    await assert.rejects(openDumpAt(t, fixturePath('15.sql'), { databse: 'x' }).describe(), { code: 'CONFIG_INVALID' })
  })

  test('a dump that leaves out the rows of a table says so, and does not deliver none', async t => {
    const source = await openDumpOf(t, `--\n-- PostgreSQL database dump\n--\n\n${TABLE}-- PostgreSQL database dump complete\n`)
    const relation = await relationNamed(source, 't')
    assert.deepEqual(relation.denied, { columns: ['a', 'b'], rows: true })
    await assert.rejects(readAll(source, { ...relation, denied: { columns: [], rows: false } }), { code: 'SOURCE_REFUSED' })
  })
})

suite('chinook', () => {
  test('the script is read as it stands', async t => {
    const path = sharedFile('data/chinook-postgres.sql')
    if (path === null)
      return t.skip('the real database chinook-postgres.sql is not beside the project (set REHOUSE_SHARED to the folder that holds data/)')
    const source = openDumpAt(t, path)
    const { database, relations } = await source.describe()
    assert.equal(database, 'chinook_serial')
    const counts = new Map<string, number>()
    for (const relation of relations) counts.set(relation.name, (await readAll(source, relation)).length)
    assert.deepEqual([counts.size, [...counts.values()].reduce((all, count) => all + count, 0), counts.get('track')], [11, 15_607, 3503])
  })
})
