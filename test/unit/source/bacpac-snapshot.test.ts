import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RehouseError } from '../../../src/errors.ts'
import { openBacpacSource } from '../../../src/source/bacpac/bacpac-source.ts'
import type { SourceSnapshot } from '../../../src/source/source.ts'
import type { DatabaseDescription, FieldRow } from '../../support/bacpac/database-description.ts'
import { textRows } from '../../support/bacpac/tuple-text.ts'
import { type WriteOptions, writeBacpac } from '../../support/bacpac/write-bacpac.ts'

const folder = mkdtempSync(join(tmpdir(), 'rehouse-bacpac-'))
after(() => rmSync(folder, { recursive: true }))
const { signal } = new AbortController()
let files = 0

const DATABASE: DatabaseDescription = {
  tables: [
    {
      name: 'Pupil',
      columns: [
        { name: 'Id', type: 'int', nullable: false },
        { name: 'Code', type: 'nvarchar(20)', nullable: false },
        { name: 'At', type: 'datetime2(7)' },
      ],
      primaryKey: { name: 'PK', columns: ['Id'] },
      uniqueKeys: [{ name: 'UQ', columns: ['Code', 'Id'] }],
    },
    { name: 'Other', columns: [{ name: 'v', type: 'int' }] },
  ],
}
const PUPILS: readonly FieldRow[] = [
  [7, 'seven', '2024-01-01 00:00:00.0000001'],
  [3, 'Three ', null],
  [5, 'five', null],
]

async function write(options: WriteOptions = {}, database = DATABASE): Promise<string> {
  const path = join(folder, `${++files}.bacpac`)
  await writeBacpac(path, database, table => (table.name === 'Pupil' ? PUPILS : [[1], [null]]), options)
  return path
}

function open(path: string) {
  return openBacpacSource({ path, options: new Map(), label: `bacpac:${path}`, privateFolder: folder })
}

async function withSnapshot<T>(
  path: string,
  work: (snapshot: SourceSnapshot, relations: Awaited<ReturnType<ReturnType<typeof open>['describe']>>['relations']) => Promise<T>,
): Promise<T> {
  const source = open(path)
  try {
    const { relations } = await source.describe()
    return await work(await source.openSnapshot(relations), relations)
  } finally {
    await source.close()
  }
}

const isError = (code: string) => (error: unknown) => {
  assert.ok(error instanceof RehouseError, String(error))
  assert.equal(error.code, code, error.message)
  return true
}

test('says what it is without a server, and lists its tables', async () => {
  const path = await write({}, { ...DATABASE, serverVersion: 'Microsoft SQL Server 2019 (RTM) - 15.0.2000.5 (X64)' })
  const source = open(path)
  assert.deepEqual([source.engine, source.capability, source.label], ['bacpac', 'scan', `bacpac:${path}`])
  const { relations, database, version } = await source.describe()
  assert.deepEqual([relations.map(relation => relation.name), database, version], [['Pupil', 'Other'], String(files), 0])
  const { identity, canWrite, serverVersion } = await source.facts()
  assert.match(identity, /^bacpac:[0-9a-f]{16}$/)
  assert.deepEqual([canWrite, serverVersion], [false, 152_000])
  assert.equal((await source.extras?.())?.dialect, 'sqlserver')
  await source.close()
})

test('refuses options it does not know', () => {
  assert.throws(
    () => openBacpacSource({ path: 'x', options: new Map([['zone', 'UTC']]), label: 'x', privateFolder: folder }),
    isError('MANIFEST_INVALID'),
  )
})

test('a file that is not there or no file is SOURCE_UNREACHABLE, and one that comes later is read', async () => {
  await assert.rejects(open(folder).describe(), isError('SOURCE_UNREACHABLE'))
  const path = join(folder, 'later.bacpac')
  const source = open(path)
  await assert.rejects(source.describe(), isError('SOURCE_UNREACHABLE'))
  copyFileSync(await write(), path)
  assert.equal((await source.describe()).relations.length, 2)
  await source.close()
})

test('goes on behind the row with a key, in the file’s order, whatever the case the key is asked in exactly', async () => {
  await withSnapshot(await write(), async (snapshot, relations) => {
    const [relation] = relations
    assert.ok(relation)
    const read = async (names: readonly string[], position: readonly string[] | null) => {
      const types = ['Id', 'Code'].map(name => relation.columns.find(column => column.name === name)?.type)
      const columns = ['Id', 'Code']
      return textRows(
        snapshot.read({ relation, columns, key: { kind: 'columns', names }, after: position, signal }),
        types.filter(type => type !== undefined),
      )
    }
    assert.deepEqual(await read(['Id'], null), [
      ['7', 'seven'],
      ['3', 'Three '],
      ['5', 'five'],
    ])
    assert.deepEqual(await read(['Id'], ['7']), [
      ['3', 'Three '],
      ['5', 'five'],
    ])
    assert.deepEqual(await read(['Code', 'Id'], ['Three ', '3']), [['5', 'five']])
    assert.deepEqual(await read(['Id'], ['5']), [])
    await assert.rejects(read(['Code', 'Id'], ['three', '3']), isError('SOURCE_CHANGED'))
    await assert.rejects(read(['Code'], null), isError('SOURCE_REFUSED'))
  })
})

test('the total of Origin.xml is compared with the rows of all tables, read before or not', async () => {
  for (const options of [{}, { fileRows: 1 }, { shuffle: 5, fileRows: 1 }])
    await withSnapshot(await write(options), async (snapshot, [pupil, other]) => {
      assert.ok(pupil && other)
      assert.equal(await snapshot.count(pupil), 3n)
      await snapshot.confirm?.(signal)
      assert.equal(await snapshot.count(other), 2n)
    })
  await withSnapshot(await write({ statedRows: 6n }), async snapshot => {
    await assert.rejects(Promise.resolve(snapshot.confirm?.(signal)), (error: unknown) => {
      isError('SOURCE_INVALID')(error)
      assert.match(String(error), /expected 6 rows in all tables, as Origin.xml says, got 5/)
      return true
    })
  })
})

test('a table whose type is not read leaves the others readable, and the total is an upper bound', async () => {
  const database: DatabaseDescription = {
    ...DATABASE,
    aliases: {},
    otherElements: [
      '<Element Type="SqlTable" Name="[dbo].[Odd]"><Relationship Name="Columns"><Entry><Element Type="SqlSimpleColumn" Name="[dbo].[Odd].[j]"><Relationship Name="TypeSpecifier"><Entry><Element Type="SqlTypeSpecifier"><Relationship Name="Type"><Entry><References ExternalSource="BuiltIns" Name="[json]" /></Entry></Relationship></Element></Entry></Relationship></Element></Entry></Relationship></Element>',
    ],
  }
  const path = await write({ statedRows: 9n, extras: { 'Data/dbo.Odd/TableData-000-00000.BCP': Buffer.from('rows') } }, database)
  await withSnapshot(path, async (snapshot, relations) => {
    const odd = relations.find(relation => relation.name === 'Odd')
    assert.ok(odd)
    await assert.rejects(snapshot.count(odd), isError('SOURCE_REFUSED'))
    await snapshot.confirm?.(signal)
  })
})

test('a file written to after it was opened is SOURCE_CHANGED', async () => {
  const path = await write()
  await withSnapshot(path, async (snapshot, [relation]) => {
    assert.ok(relation)
    utimesSync(path, new Date(0), new Date(0))
    await assert.rejects(snapshot.count(relation), isError('SOURCE_CHANGED'))
  })
  await withSnapshot(path, async (snapshot, [relation]) => {
    assert.ok(relation)
    truncateSync(path, statSync(path).size - 1)
    await assert.rejects(snapshot.count(relation), isError('SOURCE_CHANGED'))
  })
})

test('a char of a UTF-8 collation may have a length before it or not: its rows tell which', async () => {
  const database: DatabaseDescription = {
    collation: 'Latin1_General_100_CI_AS_SC_UTF8',
    tables: [
      {
        name: 'Coded',
        columns: [
          { name: 'Id', type: 'int', nullable: false },
          { name: 'Code', type: 'char(3)', nullable: false },
        ],
        primaryKey: { name: 'PK', columns: ['Id'] },
      },
    ],
  }
  const read = async (hex: string) => {
    const path = join(folder, `${++files}.bacpac`)
    const alter = (name: string, bytes: Buffer): Buffer => (name.endsWith('.BCP') ? Buffer.from(hex.replaceAll(' ', ''), 'hex') : bytes)
    await writeBacpac(path, database, () => [[1, 'abc']], { alter, statedRows: 2n })
    return withSnapshot(path, async (snapshot, [relation]) => {
      assert.ok(relation)
      const request = { relation, columns: ['Code'], key: { kind: 'columns' as const, names: [] }, after: null, signal }
      const rows = await textRows(
        snapshot.read(request),
        relation.columns.slice(1).map(column => column.type),
      )
      await snapshot.confirm?.(signal)
      return rows
    })
  }
  assert.deepEqual(await read('01000000 610062006300 02000000 640065006600'), [['abc'], ['def']])
  assert.deepEqual(await read('01000000 0600 610062006300 02000000 0400 64006500'), [['abc'], ['de']])
  await assert.rejects(read('01000000 0600 6100'), isError('SOURCE_INVALID'))
})

test('names of tables that read alike are told apart by what the package says of each part', async () => {
  const columns = [{ name: 'v', type: 'int', nullable: false as const }]
  const database: DatabaseDescription = {
    tables: [
      { schema: 'a', name: 'b.c', columns },
      { schema: 'a.b', name: 'c', columns },
    ],
  }
  const second = 'Data/a.b.c/TableData-001-00000.BCP'
  const extras = { [second]: Buffer.from('0200000003000000', 'hex') }
  const said = `<Relationship Type="table=c" Target="/${second}" Id="R1" /><Relationship Type="schema=a.b" Target="/${second}" Id="R2" /></Relationships>`
  const alter = (name: string, bytes: Buffer): Buffer =>
    name === '_rels/.rels' ? Buffer.from(String(bytes).replace('</Relationships>', said)) : bytes
  const counts = async (options: WriteOptions) => {
    const path = join(folder, `${++files}.bacpac`)
    await writeBacpac(path, database, table => (table.schema === 'a' ? [[1]] : []), { extras, statedRows: 3n, ...options })
    return withSnapshot(path, (snapshot, relations) => Promise.all(relations.map(relation => snapshot.count(relation))))
  }
  assert.deepEqual(await counts({ alter }), [1n, 2n])
  await assert.rejects(counts({}), isError('SOURCE_INVALID'))
})
