import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { RehouseError } from '../../../../src/errors.ts'
import { newCsvFolder, type ReadRelation, readRelation } from '../../../support/csv-folder.ts'

type Options = Readonly<Record<string, string>>

function read(t: TestContext, content: string | Uint8Array, options: Options = {}, name = 'people.csv'): Promise<ReadRelation> {
  const folder = newCsvFolder({ after: work => t.after(work) })
  folder.write(name, content)
  return readRelation(folder.open(options))
}

async function refuses(reading: Promise<unknown>, code: string, message: RegExp): Promise<RehouseError> {
  let caught: unknown
  await reading.catch((error: unknown) => {
    caught = error
  })
  assert.ok(caught instanceof RehouseError, `expected an error, got ${String(caught)}`)
  assert.equal(caught.code, code, caught.message)
  assert.match(caught.message, message)
  return caught
}

const ROWS = [
  ['1', 'äöü €'],
  ['2', '😀'],
]
const TEXT = 'id,name\n1,äöü €\n2,😀\n'

test('reads UTF-8, with and without a byte order mark', async t => {
  assert.deepEqual((await read(t, TEXT)).rows, ROWS)
  const marked = await read(t, `\ufeff${TEXT}`)
  assert.deepEqual(marked.rows, ROWS)
  assert.deepEqual(
    marked.relation.columns.map(column => column.name),
    ['id', 'name'],
  )
})

test('reads UTF-16 of both byte orders by its byte order mark, and without one where it was declared', async t => {
  const little = Buffer.from(`\ufeff${TEXT}`, 'utf16le')
  assert.deepEqual((await read(t, little)).rows, ROWS)
  assert.deepEqual((await read(t, Buffer.from(little).swap16())).rows, ROWS)
  assert.deepEqual((await read(t, little.subarray(2), { encoding: 'utf-16le' })).rows, ROWS)
  assert.deepEqual((await read(t, Buffer.from(little.subarray(2)).swap16(), { encoding: 'UTF16BE' })).rows, ROWS)
  await refuses(read(t, little.subarray(2)), 'SOURCE_INVALID', /NUL byte/)
})

test('never takes bytes that are no UTF-8 for letters: they are refused with their byte and what to declare', async t => {
  const bytes = Buffer.from('id,name\n1,ABC\n2,M\xfcller\n', 'latin1')
  const error = await refuses(read(t, bytes), 'SOURCE_INVALID', /expected UTF-8, got a byte that is none \(byte 17\)/)
  assert.match(error.next, /encoding=windows-1252/)
  assert.deepEqual((await read(t, bytes, { encoding: 'windows-1252' })).rows, [
    ['1', 'ABC'],
    ['2', 'Müller'],
  ])
})

test('finds bytes that are no UTF-8 wherever they are, also far into a file', async t => {
  const far = Buffer.concat([Buffer.from(`id,name\n${'1,äöüß\n'.repeat(200_000)}`), Buffer.from([0x31, 0x2c, 0xc3, 0x0a])])
  await refuses(read(t, far), 'SOURCE_INVALID', new RegExp(`byte ${far.length - 2}\\)`))
  const cut = Buffer.concat([Buffer.from('id,name\n1,x'), Buffer.from([0xf0, 0x9f, 0x98])])
  await refuses(read(t, cut), 'SOURCE_INVALID', /whole UTF-8 character at the end of the file.*byte 11/)
})

test('refuses a byte the declared encoding has no character for, and half a surrogate pair', async t => {
  await refuses(
    read(t, Buffer.from('id,name\n1,\x81\n', 'latin1'), { encoding: 'windows-1252' }),
    'SOURCE_INVALID',
    /no character for \(byte 10\)/,
  )
  await refuses(read(t, Buffer.from('\ufeffid\n\ud800x\n', 'utf16le')), 'SOURCE_INVALID', /half of a surrogate pair \(byte 8\)/)
  await refuses(read(t, Buffer.from('\ufeffid\nxy\n', 'utf16le').subarray(0, -1)), 'SOURCE_INVALID', /odd number of bytes/)
  await refuses(read(t, `\ufeff${TEXT}`, { encoding: 'windows-1252' }), 'SOURCE_INVALID', /byte order mark of utf-8/)
})

const LETTERS: Readonly<Record<string, readonly [number[], string]>> = {
  'windows-1250': [[0x9c, 0xb9], 'śą'],
  'windows-1251': [[0xcf, 0xf0], 'Пр'],
  'windows-1252': [[0x80, 0x92, 0xe9], '€’é'],
  'iso-8859-1': [[0xa4, 0xe9], '¤é'],
  'iso-8859-15': [[0xa4, 0xe9], '€é'],
  'koi8-r': [[0xd0, 0xd2], 'пр'],
}

test('reads encodings of one byte per letter where they are declared', async t => {
  for (const [encoding, [bytes, letters]] of Object.entries(LETTERS)) {
    const content = Buffer.concat([Buffer.from('a,b\nx,'), Buffer.from(bytes), Buffer.from('\n')])
    assert.deepEqual((await read(t, content, { encoding })).rows, [['x', letters]], encoding)
  }
})

test('finds the delimiter: comma, semicolon, tab or bar', async t => {
  for (const delimiter of [',', ';', '\t', '|'])
    assert.deepEqual((await read(t, `a${delimiter}b\n1${delimiter}"x,y;z|\t"\n`)).rows, [['1', 'x,y;z|\t']], JSON.stringify(delimiter))
  assert.deepEqual((await read(t, 'a;b\n1,5;2,5\n')).rows, [['1,5', '2,5']])
  assert.deepEqual((await read(t, 'a,b\tc\n1,5\tx\n', {}, 'x.tsv')).rows, [['1,5', 'x']])
})

test('refuses to guess between two delimiters that cut every record alike', async t => {
  await refuses(read(t, 'a;b,c\n1;2,3\n'), 'SOURCE_INVALID', /one delimiter/)
  assert.deepEqual((await read(t, 'a;b,c\n1;2,3\n', { delimiter: ';' })).rows, [['1', '2,3']])
})

test('takes single quotes for quotes only where they are all there is', async t => {
  assert.deepEqual((await read(t, "a,b\n1,'x,''y'''\n2,'z'\n")).rows, [
    ['1', "x,'y'"],
    ['2', 'z'],
  ])
  assert.deepEqual((await read(t, "a,b\n1,it's\n2,'z'\n")).rows, [
    ['1', "it's"],
    ['2', "'z'"],
  ])
})

const names = ({ relation }: ReadRelation): readonly string[] => relation.columns.map(column => column.name)

test('takes the first record for a header if it could be one', async t => {
  assert.deepEqual(names(await read(t, 'a,b\nx,y\n')), ['a', 'b'])
  const bare = await read(t, '1,x\n2,y\n')
  assert.deepEqual(names(bare), ['column1', 'column2'])
  assert.equal(bare.rows.length, 2)
  assert.deepEqual(names(await read(t, 'a,b\nx,y\n', { header: 'no' })), ['column1', 'column2'])
  assert.deepEqual(names(await read(t, '2019,2020\nx,y\n', { header: 'yes' })), ['2019', '2020'])
  assert.equal((await read(t, 'a,b\n')).rows.length, 0)
})

test('refuses a header with a name that is missing or comes twice, an empty file, and more columns than a table can have', async t => {
  await refuses(read(t, 'a,,c\nx,y,z\n'), 'SOURCE_INVALID', /a name for column 2/)
  await refuses(read(t, 'a,b,a\nx,y,z\n'), 'SOURCE_INVALID', /each name once/)
  await refuses(read(t, ''), 'SOURCE_INVALID', /an empty file/)
  await refuses(read(t, `${Array.from({ length: 1700 }, (_, i) => `c${i}`).join()}\n`), 'SOURCE_INVALID', /at most/)
  await refuses(read(t, Array.from({ length: 1_000_000 }, (_, i) => `c${i}`).join()), 'SOURCE_INVALID', /at most/)
})

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  integer: ['0', '-1', '2147483647', '-2147483648'],
  bigint: ['1', '2147483648', '-9223372036854775808', '9223372036854775807'],
  numeric: ['1', '1.50', '-0.001', '.5', '9223372036854775808', '123456789012345678901234567890.123'],
  boolean: ['true', 'FALSE', 't', 'f'],
  date: ['2024-02-29', '0001-01-01', '9999-12-31'],
  'timestamp without time zone': ['2020-01-01 00:00:00', '2020-01-01T23:59', '1900-02-28 01:02:03.123456', '2020-01-01 00:00:00.1234560'],
  'timestamp with time zone': ['2020-01-01 00:00:00Z', '2020-01-01T23:59:00+05:30', '1900-02-28 01:02:03.5-08'],
  uuid: ['3f2504e0-4f89-11d3-9a0c-0305e82c3301', '3F2504E0-4F89-11D3-9A0C-0305E82C3302'],
}

/** Values that would lose something as anything else. */
const TEXTS: readonly (readonly string[])[] = [
  ['007'],
  ['+1'],
  ['-0'],
  ['-0.0'],
  ['1.'],
  ['1e5'],
  ['1,5'],
  [' 1'],
  ['1 '],
  ['0x10'],
  ['NaN'],
  ['yes'],
  ['1', 'true'],
  ['2023-02-29'],
  ['2020-1-1'],
  ['03/04/2020'],
  ['2020-01-01', '2020-01-01 00:00:00'],
  ['2020-01-01 00:00:00', '2020-01-01 00:00:00Z'],
  ['2020-01-01 00:00:00.1234567'],
  ['2020-01-01 24:00:00'],
  ['12:00'],
  ['{3f2504e0-4f89-11d3-9a0c-0305e82c3301}'],
  ['1', 'x'],
]

for (const [type, values] of Object.entries(COLUMNS))
  test(`infers ${type}`, async t => {
    const read1 = await read(t, `key_,value\n${values.map((value, i) => `k${i},${value}`).join('\n')}\nk_,\n`)
    assert.deepEqual(read1.types, ['text', type])
    assert.equal(read1.rows.at(-1)?.[1], null)
    const asText = await read(t, `key_,value\n${values.map((value, i) => `k${i},${value}`).join('\n')}\n`, { types: 'text' })
    assert.deepEqual(
      asText.rows.map(row => row[1]),
      values,
    )
  })

test('leaves as text what would lose something as a number, a time or a truth value', async t => {
  for (const values of TEXTS) {
    const { types, rows } = await read(t, `key_;value\n${values.map((value, i) => `k${i};${value}`).join('\n')}\n`, { delimiter: ';' })
    assert.deepEqual([types[1], rows.map(row => row[1])], ['text', values], values.join())
  }
})

test('looks at every row before it says a type', async t => {
  const { types, rows } = await read(t, `k,v\n${Array.from({ length: 50_000 }, (_, i) => `${i},${i}`).join('\n')}\n50000,x\n`)
  assert.deepEqual(types, ['integer', 'text'])
  assert.equal(rows.length, 50_001)
})

test('keeps the scale of every number', async t => {
  const values = ['1', '1.0', '1.50', '100.000', '0.00']
  const { rows } = await read(t, `k,v\n${values.map((value, i) => `${i},${value}`).join('\n')}\n`)
  assert.deepEqual(
    rows.map(row => row[1]),
    values,
  )
})

test('takes an empty field that is not quoted for NULL, a quoted one for an empty text', async t => {
  assert.deepEqual((await read(t, 'a,b\nx,\ny,""\nz,"NULL"\n')).rows, [
    ['x', null],
    ['y', ''],
    ['z', 'NULL'],
  ])
})

test('takes \\N for NULL where it stands, and what is empty for an empty text then', async t => {
  const { rows, types } = await read(t, 'a,b,c\nx,\\N,1\ny,,\\N\nz,w,\n')
  assert.deepEqual(rows, [
    ['x', null, '1'],
    ['y', '', null],
    ['z', 'w', null],
  ])
  assert.deepEqual(types, ['text', 'text', 'integer'])
})

test('takes NULL for NULL only where a column of numbers or times shows it', async t => {
  assert.deepEqual((await read(t, 'a,b,c\nx,NULL,1\ny,,NULL\n')).rows, [
    ['x', null, '1'],
    ['y', '', null],
  ])
  assert.deepEqual((await read(t, 'a,b\nx,NULL\ny,\n')).rows, [
    ['x', 'NULL'],
    ['y', null],
  ])
})

test('takes for NULL what was declared, and nothing else', async t => {
  assert.deepEqual((await read(t, 'a,b\n1,-\n2,\n3,NULL\n', { null: '-' })).rows, [
    ['1', null],
    ['2', ''],
    ['3', 'NULL'],
  ])
})

test('reads gzip and Zstandard as they come, and refuses them cut, damaged or with something behind', async t => {
  const rows = `id,name\n${Array.from({ length: 60_000 }, (_, i) => `${i},name ${(i * 7919) % 10_007}`).join('\n')}\n`
  for (const [name, packed] of [
    ['people.csv.gz', gzipSync(rows)],
    ['people.csv.zst', zstdCompressSync(rows)],
  ] as const) {
    assert.equal((await read(t, packed, {}, name)).rows.length, 60_000, name)
    const more = name.endsWith('gz') ? gzipSync('70000,more\n') : zstdCompressSync('70000,more\n')
    assert.equal(
      (await read(t, Buffer.concat([packed, more]), {}, name)).rows.length,
      60_001,
      'expected files packed in pieces to be read whole',
    )
    await refuses(read(t, packed.subarray(0, packed.length >> 1), {}, name), 'SOURCE_INVALID', /cut or damaged/)
    await refuses(read(t, Buffer.concat([packed, Buffer.from('garbage')]), {}, name), 'SOURCE_INVALID', /cut or damaged/)
    const damaged = Buffer.from(packed)
    damaged[packed.length >> 1] = (damaged[packed.length >> 1] ?? 0) ^ 0xff
    await refuses(read(t, damaged, {}, name), 'SOURCE_INVALID', /./)
  }
})
