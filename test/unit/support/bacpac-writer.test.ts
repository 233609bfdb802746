import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { DatabaseDescription, FieldRow, TableDescription } from '../../support/bacpac/database-description.ts'
import { EDGE_FIELDS, EDGE_VARIANTS, textOfField } from '../../support/bacpac/edge-fields.ts'
import { decodeBacpac, statedRows } from '../../support/bacpac/independent-decoder.ts'
import { unzip } from '../../support/bacpac/independent-zip.ts'
import { randomTable } from '../../support/bacpac/random-tables.ts'
import { type WriteOptions, writeBacpac } from '../../support/bacpac/write-bacpac.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'rehouse-bacpac-'))
after(() => rmSync(FOLDER, { recursive: true }))

const NUMBERS: TableDescription = {
  schema: 'Odd [names] & more',
  name: 'Table "1" ]x',
  columns: [
    { name: 'Id', type: 'int', nullable: false, identity: [10n, 5n] },
    { name: 'Double', type: 'x', computed: '([Id]*(2))' },
    { name: 'Name ]]"<&>', type: 'dbo.Name' },
  ],
  primaryKey: { columns: ['Id'] },
}
const database = (tables: readonly TableDescription[]): DatabaseDescription => ({ tables, aliases: { 'dbo.Name': 'nvarchar(50)' } })
const numberRows = (count: number): readonly FieldRow[] => Array.from({ length: count }, (_, i) => [i, i % 3 === 0 ? null : `row ${i}`])

async function written(tables: readonly TableDescription[], rows: readonly FieldRow[], options: WriteOptions = {}): Promise<string> {
  const path = join(FOLDER, `${createHash('sha256').update(String(Math.random())).digest('hex').slice(0, 12)}.bacpac`)
  await writeBacpac(path, database(tables), () => rows, options)
  return path
}

test('every type and edge value, nullable and not, is written so that the independent decoder reads it back', async () => {
  for (const { type, values } of [...EDGE_FIELDS, EDGE_VARIANTS]) {
    const columns = [
      { name: 'a', type, nullable: false as const },
      { name: 'b', type },
      { name: 'end', type: 'int', nullable: false as const },
    ]
    const rows = values.flatMap(value => [
      [value, value, 7],
      [value, null, 8],
    ])
    const [table] = decodeBacpac(await written([{ name: 't', columns }], rows))
    const expected = rows.map(row => row.map(textOfField))
    assert.equal(
      table?.rows.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(expected[i])),
      -1,
      type,
    )
    assert.equal(table.rows.length, expected.length, type)
  }
})

test('names, aliases, computed columns and inline keys are written as SQL Server writes them', async () => {
  const path = await written([NUMBERS], numberRows(2))
  const [table] = decodeBacpac(path)
  assert.deepEqual(
    { schema: table?.schema, name: table?.name, columns: table?.columns.map(column => [column.name, column.type, column.length]) },
    {
      schema: NUMBERS.schema,
      name: NUMBERS.name,
      columns: [
        ['Id', 'int', 0],
        ['Name ]]"<&>', 'nvarchar', 50],
      ],
    },
  )
  const model = String(unzip(readFileSync(path)).get('model.xml'))
  assert.ok(model.includes('Name="[Odd [names]] &amp; more].[Table &quot;1&quot; ]]x].[Id]"'))
  assert.ok(model.includes('<Property Name="IdentitySeed" Value="10" />'))
})

test('Origin.xml states the rows and the SHA-256 of model.xml', async () => {
  const path = await written([NUMBERS], numberRows(11), { fileRows: 4 })
  const entries = unzip(readFileSync(path))
  const hash = createHash('sha256').update(entries.get('model.xml') ?? '')
  assert.equal(statedRows(path), 11n)
  assert.ok(String(entries.get('Origin.xml')).includes(`<Checksum Uri="/model.xml">${hash.digest('hex').toUpperCase()}</Checksum>`))
  assert.equal([...entries.keys()].filter(name => name.endsWith('.BCP')).length, 3)
})

test('the same rows give the same bytes, and the order of files and numbers changes no row', async () => {
  const tables = [NUMBERS, { ...NUMBERS, schema: 'dbo', name: 'Other' }]
  const plain = await written(tables, numberRows(40))
  const again = await written(tables, numberRows(40))
  assert.deepEqual(readFileSync(plain), readFileSync(again))
  for (const options of [{ shuffle: 1, fileRows: 3 }, { shuffle: 2, fileRows: 1, paths: 'plain' as const }, { fileRows: 7 }])
    assert.deepEqual(decodeBacpac(await written(tables, numberRows(40), options)), decodeBacpac(plain))
})

test('zip64 records and sizes after the data say the same as plain ones', async () => {
  const expected = decodeBacpac(await written([NUMBERS], numberRows(40)))
  for (const zip of [
    { zip64: 'always' as const },
    { sizes: 'after' as const },
    { zip64: 'always' as const, sizes: 'after' as const, level: 0 },
  ])
    assert.deepEqual(decodeBacpac(await written([NUMBERS], numberRows(40), { zip, shuffle: 3, fileRows: 9 })), expected)
})

test('a table without rows has no data file', async () => {
  assert.deepEqual(
    [...unzip(readFileSync(await written([NUMBERS], []))).keys()].filter(name => name.startsWith('Data/')),
    [],
  )
})

test('random tables come back from the independent decoder as they were written', async () => {
  await fc.assert(
    fc.asyncProperty(randomTable(12, 12), async ({ table, rows, options }) => {
      const [decoded] = decodeBacpac(await written([table], rows, options))
      assert.deepEqual(
        decoded?.rows,
        rows.map(row => row.map(textOfField)),
      )
    }),
    { numRuns: 40 },
  )
})
