import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { RehouseError } from '../../src/errors.ts'
import type { ColumnDescription, DatabaseDescription, TableDescription } from '../support/bacpac/database-description.ts'
import { readBacpacSource, type SourceTable } from '../support/bacpac/read-source.ts'
import { type WriteOptions, writeBacpac } from '../support/bacpac/write-bacpac.ts'
import type { Stated } from '../support/bacpac/zip-writer.ts'

/** Files that are whole and say what is not so. Each is an error with a sentence; none takes the memory or the time it claims to need. */
const FOLDER = mkdtempSync(join(tmpdir(), 'rehouse-bacpac-lies-'))
after(() => rmSync(FOLDER, { recursive: true }))
const PART = 'Data/dbo.t/TableData-000-00000.BCP'
const MOST_MEMORY = 400 * 1024 * 1024
const MOST_MS = 10_000

/** NULL of types whose length is not one byte. */
const NULLS: Readonly<Record<string, string>> = {
  nvarchar: 'ffff',
  varbinary: 'ffff',
  char: 'ffff',
  rowversion: 'ffff',
  image: 'ffffffff',
  sql_variant: '00000000',
  'nvarchar(max)': 'ff'.repeat(8),
  'varbinary(max)': 'ff'.repeat(8),
}

const ID: ColumnDescription = { name: 'id', type: 'int', nullable: false }
const table = (...columns: readonly ColumnDescription[]): TableDescription => ({ name: 't', columns })

/** Writes one table of one row of ids, says what is not so, and reads it. */
async function read(
  options: WriteOptions,
  tables: readonly TableDescription[] = [table(ID)],
  more: Partial<DatabaseDescription> = {},
): Promise<readonly SourceTable[]> {
  const path = join(FOLDER, 'lie.bacpac')
  await writeBacpac(path, { tables, ...more }, ({ name }) => (name === 't' ? [[1]] : []), options)
  return readBacpacSource(path)
}

async function refused(reading: Promise<unknown>, about: string, message = /^expected .+, got .+$/s): Promise<RehouseError> {
  const memory = process.memoryUsage.rss()
  const began = performance.now()
  const error = await reading.then(
    () => assert.fail(`${about}: expected an error`),
    (reason: unknown) => reason,
  )
  if (!(error instanceof RehouseError)) throw error
  assert.ok(['SOURCE_INVALID', 'SOURCE_REFUSED'].includes(error.code), `${about}: ${error.code} ${error.message}`)
  assert.ok(error.where.file?.startsWith(FOLDER), about)
  assert.match(error.message, message, about)
  assert.ok(performance.now() - began < MOST_MS, `${about}: took ${performance.now() - began} ms`)
  assert.ok(process.memoryUsage.rss() - memory < MOST_MEMORY, `${about}: took ${process.memoryUsage.rss() - memory} bytes`)
  return error
}

/** The bytes of a column's field as they are said to be, before an id. */
const FIELDS: readonly (readonly [about: string, column: Omit<ColumnDescription, 'name'>, hex: string])[] = [
  ['an int of 3 bytes', { type: 'int' }, '03 010203'],
  ['an int of no bytes', { type: 'int' }, '00'],
  ['a bit of 2', { type: 'bit' }, '01 02'],
  ['NULL in a bit that has none', { type: 'bit', nullable: false }, 'ff'],
  ['a GUID of 15 bytes', { type: 'uniqueidentifier' }, `0f ${'00'.repeat(15)}`],
  ['NULL in a GUID that has none', { type: 'uniqueidentifier', nullable: false }, 'ff'],
  ['a decimal of 18 bytes', { type: 'decimal(9,2)' }, `12 ${'00'.repeat(18)}`],
  ['a decimal of another scale', { type: 'decimal(9,2)' }, `13 090301 01${'00'.repeat(15)}`],
  ['a decimal of a scale above its precision', { type: 'decimal(9,2)' }, `13 092601 01${'00'.repeat(15)}`],
  ['a decimal of precision 255', { type: 'decimal(9,2)' }, `13 ff0201 01${'00'.repeat(15)}`],
  ['a decimal of more digits than declared', { type: 'decimal(9,2)' }, `13 090201 ${'ff'.repeat(16)}`],
  ['a decimal of sign 2', { type: 'decimal(9,2)' }, `13 090202 01${'00'.repeat(15)}`],
  ['a date after year 9999', { type: 'date' }, '03 dbb937'],
  ['a date of all ones', { type: 'date', nullable: false }, 'ffffff'],
  ['a time of 24 hours', { type: 'time(7)' }, '05 00c0692ac9'],
  ['a time of all ones', { type: 'time(3)', nullable: false }, 'ffffffffff'],
  ['a datetime2 of 24 hours', { type: 'datetime2(7)', nullable: false }, '00c0692ac9 010000'],
  ['a datetime2 after year 9999', { type: 'datetime2(0)', nullable: false }, '0000000000 ffffff'],
  ['a datetimeoffset of 15 hours', { type: 'datetimeoffset(7)', nullable: false }, '0000000000 010000 8403'],
  ['a datetimeoffset of −32768 minutes', { type: 'datetimeoffset(7)', nullable: false }, '0000000000 010000 0080'],
  ['a datetime of 24 hours', { type: 'datetime', nullable: false }, '00000000 00 82 8b 01'],
  ['a datetime of year −5 million', { type: 'datetime', nullable: false }, '00000080 00000000'],
  ['a datetime of negative time', { type: 'datetime', nullable: false }, '00000000 ffffffff'],
  ['a smalldatetime of 24 hours', { type: 'smalldatetime', nullable: false }, '0000 a005'],
  ['a text of more than declared', { type: 'nvarchar(2)' }, '0600 610062006300'],
  ['a text of half a unit', { type: 'nvarchar(20)' }, '0300 610062'],
  ['a text of 65534 bytes', { type: 'nvarchar(20)' }, 'feff 6100'],
  ['NULL in a text that has none', { type: 'nvarchar(20)', nullable: false }, 'ffff'],
  ['a long text of half a unit', { type: 'nvarchar(max)' }, '0300000000000000 610062'],
  ['a long text of 2 GB', { type: 'nvarchar(max)' }, 'feffff7f00000000 6100'],
  ['a long text of 8 EB', { type: 'nvarchar(max)' }, 'feffffffffffff7f 6100'],
  ['a long text of −2 bytes', { type: 'varbinary(max)' }, 'feffffffffffffff 6100'],
  ['a long text behind the part', { type: 'varbinary(max)' }, '0900000000000000 6100'],
  ['an image of 4 GB', { type: 'image' }, 'feffffff 6100'],
  ['a binary of more than declared', { type: 'varbinary(2)' }, '0300 010203'],
  ['a rowversion of 7 bytes', { type: 'rowversion' }, `0700 ${'00'.repeat(7)}`],
  ['a sql_variant of one byte', { type: 'sql_variant' }, '01000000 38'],
  ['a sql_variant of an unknown type', { type: 'sql_variant' }, '06000000 9900 01000000'],
  ['a sql_variant whose properties are longer than itself', { type: 'sql_variant' }, '06000000 38ff 01000000'],
  ['a sql_variant of 4 GB', { type: 'sql_variant' }, 'feffffff 3800 01000000'],
]

for (const [about, column, hex] of FIELDS)
  test(`${about} is refused with file, table and row`, async () => {
    const first = column.nullable === false ? '' : `${NULLS[column.type.replace(/\(\d.*/, '')] ?? 'ff'}05000000`
    const bytes = Buffer.from(`${first}${hex}01000000`.replaceAll(' ', ''), 'hex')
    const tables = [table({ name: 'a', ...column }, ID)]
    const path = join(FOLDER, 'field.bacpac')
    await writeBacpac(path, { tables }, () => [], { extras: { [PART]: bytes }, statedRows: first === '' ? 1n : 2n })
    const error = await refused(readBacpacSource(path), about)
    assert.equal(error.where.table, 'dbo.t')
    assert.match(error.message, first === '' ? /row 1, byte \d+ of Data/ : /row 2, byte \d+ of Data/)
  })

test('what looks odd and can be is delivered as it is', async () => {
  const column = async (type: string, hex: string): Promise<string | null | undefined> => {
    const path = join(FOLDER, 'odd.bacpac')
    const extras = { [PART]: Buffer.from(hex.replaceAll(' ', ''), 'hex') }
    await writeBacpac(path, { tables: [table({ name: 'a', type })] }, () => [], { extras, statedRows: 1n })
    return (await readBacpacSource(path))[0]?.rows[0]?.[0]
  }
  assert.equal(await column('float', '08 000000000000f87f'), 'NaN')
  assert.equal(await column('real', '04 000080ff'), '-Infinity')
  // ANSI_PADDING OFF.
  assert.equal(await column('char(3)', '0400 61006200'), 'ab')
})

test('a total that is not the number of rows is refused', async () => {
  await refused(read({ statedRows: 2n }), 'one too many', /expected 2 rows in all tables, as Origin.xml says, got 1/)
  await refused(read({ statedRows: 0n }), 'one too few', /got 1/)
  await refused(read({ statedRows: 10n ** 30n }), 'a number nobody can count to')
  await refused(read({ statedRows: -1n }), 'less than none')
})

test('a model that is not the one the export hashed is refused', async () => {
  const alter = (name: string, bytes: Buffer): Buffer => (name === 'model.xml' ? Buffer.concat([bytes, Buffer.from(' ')]) : bytes)
  await refused(read({ alter }), 'a blank more', /checksum/)
})

test('a package that lacks a part is refused, or says nothing that could be checked', async () => {
  const without = (gone: string) => ({ alter: (name: string, bytes: Buffer) => (name === gone ? null : bytes) })
  await refused(read(without('model.xml')), 'no model', /model\.xml/)
  await refused(read(without(PART)), 'no rows', /expected 1 rows/)
  for (const gone of ['Origin.xml', '_rels/.rels', 'DacMetadata.xml', '[Content_Types].xml'])
    assert.deepEqual((await read(without(gone)))[0]?.rows, [['1']], gone)
})

test('data of no table, data files of other names and the same part twice are refused', async () => {
  const row = Buffer.from('01000000', 'hex')
  for (const name of [
    'Data/dbo.none/TableData-000-00000.BCP',
    'Data/dbo.t/Other.BCP',
    'Data/dbo.t/TableData-x-1.BCP',
    'Data/../dbo.t/TableData-001-00000.BCP',
    'Data/dbo.t/deep/TableData-001-00000.BCP',
  ])
    await refused(read({ extras: { [name]: row }, statedRows: 2n }), name)
  await refused(read({ extras: { [PART]: row }, statedRows: 2n }), 'the same part twice', /twice/)
})

/** What a header says of the rows' part instead of the truth. */
const LIES: Readonly<Record<string, Partial<Stated>>> = {
  'a checksum of another part': { crc: 1 },
  'fewer bytes than there are': { size: 3 },
  'more bytes than there are': { size: 5 },
  'a thousand times more bytes': { size: 4000 },
  '4 GiB': { size: 0xffff_fffe },
  '9 PB': { size: Number.MAX_SAFE_INTEGER },
  'fewer packed bytes': { packed: 2 },
  'packed bytes behind the end of the file': { packed: 0xffff_ff00 },
}

test('sizes and checksums that are not so are refused', async () => {
  for (const zip64 of ['needed', 'always'] as const)
    for (const [about, lie] of Object.entries(LIES)) {
      if (zip64 === 'needed' && Number(lie.size ?? 0) > 0xffff_ffff) continue
      await refused(read({ zip: { zip64, lies: name => (name === PART ? lie : null) } }), `${about}, ${zip64}`)
    }
})

test('an entry that inflates to far more than it says is given up at what it says', async () => {
  const bomb = Buffer.alloc(64 * 1024 * 1024)
  const alter = (name: string, bytes: Buffer): Buffer => (name === PART || name === 'model.xml' ? bomb : bytes)
  for (const bombed of [PART, 'model.xml', 'Origin.xml', '_rels/.rels'])
    await refused(
      read({
        alter: (name, bytes) => (name === bombed ? alter(PART, bytes) : bytes),
        zip: { level: 1, lies: name => (name === bombed ? { size: 4 } : null) },
      }),
      bombed,
    )
})

test('80 MB of blanks in place of XML are given up', async () => {
  const blanks = Buffer.alloc(80 * 1024 * 1024, 32)
  for (const bombed of ['model.xml', 'Origin.xml', '_rels/.rels'])
    await refused(read({ alter: (name, bytes) => (name === bombed ? blanks : bytes), zip: { level: 1 } }), bombed)
})
