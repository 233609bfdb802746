import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { FieldRow, TableDescription } from '../../support/bacpac/database-description.ts'
import { EDGE_FIELDS, textOfField } from '../../support/bacpac/edge-fields.ts'
import { decodeBacpac } from '../../support/bacpac/independent-decoder.ts'
import { type RandomTable, randomTable } from '../../support/bacpac/random-tables.ts'
import { readBacpacSource } from '../../support/bacpac/read-source.ts'
import { type WriteOptions, writeBacpac } from '../../support/bacpac/write-bacpac.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'rehouse-bacpac-'))
after(() => rmSync(FOLDER, { recursive: true }))
let files = 0

async function written(table: TableDescription, rows: Iterable<FieldRow>, options: WriteOptions = {}): Promise<string> {
  const path = join(FOLDER, `${files++}.bacpac`)
  await writeBacpac(path, { tables: [table] }, () => rows, options)
  return path
}

/** The reader and the decoder find what was written. Only the place of the first other row is told: values may be long. */
async function assertRead(tables: readonly Omit<RandomTable, 'options'>[], options: WriteOptions): Promise<void> {
  const path = join(FOLDER, `${files++}.bacpac`)
  const rowsOf = new Map(tables.map(({ table, rows }) => [table.name, rows]))
  await writeBacpac(path, { tables: tables.map(({ table }) => table) }, table => rowsOf.get(table.name) ?? [], options)
  const read = new Map((await readBacpacSource(path)).map(found => [found.relation.name, found]))
  const decoded = new Map(decodeBacpac(path).map(found => [found.name, found.rows]))
  for (const { table, rows } of tables) {
    const stored = table.columns.filter(column => column.computed === undefined)
    assert.deepEqual(
      read.get(table.name)?.columns,
      stored.map(column => column.name),
    )
    const expected = rows.map(row => row.map(textOfField))
    for (const [who, found] of [
      ['reader', read.get(table.name)?.rows ?? []],
      ['decoder', decoded.get(table.name) ?? []],
    ] as const) {
      assert.equal(found.length, expected.length, `${who}, ${table.name}`)
      const other = found.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(expected[i]))
      if (other >= 0) assert.deepEqual(found[other], expected[other], `${who}, row ${other + 1}, ${table.name}`)
    }
  }
}

test('every type and edge value, nullable and not, is read as it was written', async () => {
  const tables = EDGE_FIELDS.map(({ type, values }) => ({
    table: {
      name: type,
      columns: [
        { name: 'a', type, nullable: false as const },
        { name: 'b', type },
        { name: 'end', type: 'int', nullable: false as const },
      ],
    },
    rows: values.flatMap(value => [
      [value, value, 7],
      [value, null, 8],
    ]),
  }))
  await assertRead(tables, {})
})

test('random tables in random files are read as they were written', async () => {
  await fc.assert(
    fc.asyncProperty(randomTable(40, 12), random => assertRead([random], random.options)),
    { numRuns: 60 },
  )
})

test('a table of 350 columns is read as it was written', async () => {
  const types = EDGE_FIELDS.filter(({ type }) => !/max|text|8000|4000/.test(type))
  const columns = Array.from({ length: 350 }, (_, i) => ({ ...types[i % types.length], name: `column ${i}`, nullable: i % 3 === 0 }))
  const table = {
    name: 'wide',
    columns: columns.map(({ name, type, nullable }) => ({ name, type: type ?? '', ...(nullable ? {} : { nullable: false as const }) })),
  }
  const rows = Array.from({ length: 40 }, (_, row) =>
    columns.map(({ values = [], nullable }, i) => (nullable && (row + i) % 5 === 0 ? null : (values[(row + i) % values.length] ?? null))),
  )
  await assertRead([{ table, rows }], { fileRows: 7, shuffle: 350 })
})

test('rows that lie across the pieces a file comes in are read as they were written', async () => {
  const table = {
    name: 't',
    columns: [
      { name: 'id', type: 'bigint', nullable: false as const },
      { name: 'text', type: 'nvarchar(max)' },
      { name: 'bytes', type: 'varbinary(max)' },
    ],
  }
  const rows = Array.from({ length: 60 }, (_, i) => [
    BigInt(i),
    '王'.repeat((i * 7919) % 50_000),
    i % 4 === 0 ? null : Buffer.alloc((i * 104_729) % 300_000, i),
  ])
  await assertRead([{ table, rows }], { fileRows: 25 })
})

test('stored and deflated parts, zip64 and sizes after the data are read the same', async () => {
  const table = {
    name: 't',
    columns: [
      { name: 'id', type: 'int' },
      { name: 'name', type: 'nvarchar(20)' },
    ],
  }
  const rows = Array.from({ length: 30 }, (_, i) => [i, `row ${i}`])
  const zips = [
    { level: 0 },
    { level: 9 },
    { zip64: 'always' as const },
    { sizes: 'after' as const },
    { zip64: 'always' as const, sizes: 'after' as const },
  ]
  for (const zip of zips) await assertRead([{ table, rows }], { zip, fileRows: 8, shuffle: 1 })
})

test('names with blanks, brackets, quotes, dots and other scripts are found, written plain or escaped', async () => {
  const names = ['Order Details', 'a]b', '[x]', 'quote"d', "it's", 'dots.in.it', '名前 %20', 'a/b']
  for (const paths of ['plain', 'escaped'] as const)
    for (const name of paths === 'plain' ? names.filter(plain => !plain.includes('/')) : names) {
      const table = { schema: 'Odd schéma', name, columns: [{ name: `${name} id`, type: 'int' }] }
      const path = await written(table, [[1], [2]], { paths })
      const [read] = await readBacpacSource(path)
      assert.deepEqual(
        [read?.relation.schema, read?.relation.name, read?.columns, read?.rows],
        [table.schema, name, [`${name} id`], [['1'], ['2']]],
        `${paths}: ${name}`,
      )
    }
})

test('a system-versioned table and its history are two tables, with the columns of their period', async () => {
  const columns = (isHistory: boolean): TableDescription['columns'] => [
    { name: 'id', type: 'int', nullable: false },
    { name: 'name', type: 'nvarchar(20)' },
    { name: 'from', type: 'datetime2(7)', nullable: false, ...(isHistory ? {} : { period: 'start' as const }) },
    { name: 'to', type: 'datetime2(7)', nullable: false, ...(isHistory ? {} : { period: 'end' as const }) },
  ]
  const table = {
    name: 'item',
    columns: columns(false),
    primaryKey: { columns: ['id'] },
    historyTable: { schema: 'History', name: 'item' },
  }
  const history = { schema: 'History', name: 'item', columns: columns(true) }
  const rows = [
    [1, 'new', '2024-02-29 12:00:00.1234567', '9999-12-31 23:59:59.9999999'],
    [1, 'old', '2020-01-01 00:00:00.0000000', '2024-02-29 12:00:00.1234567'],
  ]
  const path = join(FOLDER, `${files++}.bacpac`)
  await writeBacpac(path, { tables: [table, history] }, ({ schema }) => (schema === 'History' ? rows.slice(1) : rows.slice(0, 1)))
  const read = await readBacpacSource(path)
  assert.deepEqual(
    read.map(({ relation, columns, rows }) => [relation.schema, relation.name, columns, rows.map(String)]),
    [
      ['dbo', 'item', ['id', 'name', 'from', 'to'], [rows[0]?.join()]],
      ['History', 'item', ['id', 'name', 'from', 'to'], [rows[1]?.join()]],
    ],
  )
})
