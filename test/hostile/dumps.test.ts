import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { RehouseError } from '../../src/errors.ts'
import { openPgdumpSource } from '../../src/source/pgdump/pgdump-source.ts'
import type { SourceTable } from '../contract/source.ts'
import { column } from '../contract/source.ts'
import { customArchive, entriesOf, folderArchive, tarArchive } from '../support/archive-writer.ts'
import { readAll, testFolder } from '../support/dump-file.ts'
import { copyScript, insertScript } from '../support/dump-writer.ts'
import { lz4Frame } from '../support/lz4-writer.ts'

/** Dumps that were cut off, damaged, or made to do harm: an error that says where, or the rows as they were. Never an error of ours, never memory by a claimed size. */

const IS_FULL = process.env.REHOUSE_HOSTILE === 'full'
const MOST_MS = 5000

const TABLES: readonly SourceTable[] = [
  {
    spec: { name: 'one', columns: [{ name: 'id', type: 'int4' }, column('t', 'text'), column('n', 'numeric')], primaryKey: ['id'] },
    rows: [
      [1, 'quoted\nnewline', '1.50'],
      [2, 'ü 漢 😀 \t \\', null],
      [3, null, '-12345678901234567890.5'],
    ],
  },
  {
    spec: { name: 'other "table"', columns: [{ name: 'k', type: 'uuid' }, column('b', 'bool')] },
    rows: [['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', true]],
  },
]
const ENTRIES = entriesOf(TABLES)
const SCRIPT = Buffer.from(copyScript(TABLES))

const DUMPS: Readonly<Record<string, Buffer>> = {
  'a script of COPY': SCRIPT,
  'a script of INSERTs': Buffer.from(insertScript(TABLES, 2)),
  gzip: gzipSync(SCRIPT),
  zstd: zstdCompressSync(SCRIPT),
  lz4: lz4Frame(SCRIPT),
  'custom, gzip': customArchive(ENTRIES, { version: 14, compression: 'gzip', hasOffsets: true }),
  'custom, none': customArchive(ENTRIES, { version: 16, compression: 'none', hasOffsets: false }),
  'custom, lz4': customArchive(ENTRIES, { version: 16, compression: 'lz4', hasOffsets: false }),
  tar: tarArchive(ENTRIES, 15),
}
/** A checksum is over everything they hold. */
const CHECKED = new Set(['gzip'])

suite('dumps that were cut off', () => {
  for (const [name, whole] of Object.entries(DUMPS))
    test(`${name}: an error, or every row`, async t => {
      const expected = await outcomeOf(t, whole)
      assert.match(expected, /quoted/)
      for (let length = 0; length < whole.length; length += stepOf(whole)) {
        const outcome = await outcomeOf(t, whole.subarray(0, length))
        assert.ok(outcome.startsWith('SOURCE_') || outcome === expected, `cut after ${length} of ${whole.length} bytes: ${outcome}`)
      }
      const last = await outcomeOf(t, whole.subarray(0, Math.floor(whole.length / 2)))
      assert.ok(last.startsWith('SOURCE_INVALID'), last)
    })

  test('a folder: an error where a file is missing or cut', async t => {
    const files = folderArchive(ENTRIES, { version: 15, compression: 'gzip', hasOffsets: false })
    const expected = await outcomeOf(t, files)
    assert.match(expected, /quoted/)
    for (const [name, bytes] of files) {
      const without = new Map([...files].filter(([other]) => other !== name))
      assert.match(await outcomeOf(t, without), /^SOURCE_INVALID/, name)
      for (let length = 0; length < bytes.length; length += IS_FULL ? 1 : 17)
        assert.match(
          await outcomeOf(t, new Map([...files, [name, bytes.subarray(0, length)]])),
          /^SOURCE_INVALID/,
          `${name} cut after ${length} bytes`,
        )
    }
  })
})

suite('dumps that were damaged', () => {
  for (const [name, whole] of Object.entries(DUMPS))
    test(`${name}: an error that says where, or rows`, async t => {
      const expected = await outcomeOf(t, whole)
      for (let at = 3; at < whole.length; at += stepOf(whole)) {
        const damaged = Buffer.from(whole)
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
        const outcome = await outcomeOf(t, damaged)
        if (CHECKED.has(name)) assert.ok(outcome.startsWith('SOURCE_') || outcome === expected, `byte ${at}: ${outcome}`)
      }
    })
})

suite('dumps that lie', () => {
  const archive = customArchive(ENTRIES, { version: 16, compression: 'none', hasOffsets: true })

  test('sizes beyond the file are refused, whatever they are', async t => {
    const huge = Buffer.of(0, 0xff, 0xff, 0xff, 0x7f)
    for (let at = 12; at < archive.length - 5; at += stepOf(archive)) {
      const lying = Buffer.from(archive)
      huge.copy(lying, at)
      await outcomeOf(t, lying)
    }
    const member = tarArchive(ENTRIES, 15)
    member.write('77777777777 ', 124)
    assert.match(await outcomeOf(t, member), /^SOURCE_INVALID/)
  })

  test('an end of rows among the rows of an archive is refused', async t => {
    const entries = ENTRIES.map(entry => ({ ...entry, rows: entry.rows?.replace('\n', '\n\\.\n') ?? null }))
    assert.match(
      await outcomeOf(t, customArchive(entries, { version: 16, compression: 'gzip', hasOffsets: true })),
      /^SOURCE_INVALID.*nothing after/,
    )
  })

  test('rows with more fields than there are columns are refused with their place', async t => {
    const head = 'CREATE TABLE t (a text, b text);\n'
    for (const body of [
      `COPY t FROM stdin;\nx\ty\n${'\t'.repeat(2_000_000)}\n\\.\n`,
      `COPY t FROM stdin;\nx\ty\nx\n\\.\n`,
      'COPY t FROM stdin;\nx\ty\nx\ty\tz\n\\.\n',
    ])
      assert.match(await outcomeOf(t, Buffer.from(head + body)), /^SOURCE_INVALID.*fields.*row 2, byte 4 /)
    assert.match(await outcomeOf(t, Buffer.from(`${head}INSERT INTO t VALUES (${"'x',".repeat(100_000)}'x');`)), /^SOURCE_/)
    const columns = Array.from({ length: 5000 }, (_, i) => `c${i} text`).join(', ')
    await outcomeOf(t, Buffer.from(`CREATE TABLE t (${columns});`))
  })

  test('half a character, NUL and escapes that make neither are refused', async t => {
    const head = 'CREATE TABLE t (a text);\nCOPY t FROM stdin;\nx\n'
    for (const body of ['\xc3\n', 'a\0b\n', '\\xc3\n', '\\000\n', '\\303(\n', '\xed\xa0\x80\n'])
      assert.match(await outcomeOf(t, Buffer.from(`${head}${body}\\.\n`, 'latin1')), /^SOURCE_INVALID.*row 2/, JSON.stringify(body))
    const inserts = "CREATE TABLE t (a text);\nINSERT INTO t VALUES ('"
    for (const body of ['\xc3', 'a\0b'])
      assert.match(await outcomeOf(t, Buffer.from(`${inserts}${body}');`, 'latin1')), /^SOURCE_INVALID.*row 1/)
  })

  test('values that are none of their type are refused with table, column and row, and not shown', async t => {
    for (const [type, text] of [
      ['integer', '12x'],
      ['integer', '2147483648'],
      ['smallint', '40000'],
      ['bigint', '9223372036854775808'],
      ['boolean', 'maybe'],
      ['uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g'],
      ['date', '2024-02-30'],
      ['timestamp', '2024-01-01 24:00:01'],
      ['timestamptz', '2024-01-01 12:00:00'],
      ['numeric(4,2)', '123.45'],
      ['varchar(2)', 'abc'],
      ['integer[]', '{1,{2}}'],
      ['integer[]', '{1,2'],
      ['int4range', '[1,5]'],
      ['jsonb', '{"a":}'],
      ['bytea', '\\\\xabc'],
    ] as const) {
      const outcome = await outcomeOf(t, Buffer.from(`CREATE TABLE t (a ${type});\nCOPY t FROM stdin;\n\\N\n${text}\n\\.\n`))
      assert.match(outcome, /^SOURCE_INVALID.*row 2, byte 3 /, `${type} ${text}`)
      assert.ok(!outcome.includes(text), outcome)
    }
  })

  test('deep nesting and long texts end in time', async t => {
    for (const body of [
      `CREATE TABLE t (a integer[]);\nCOPY t FROM stdin;\n${'{'.repeat(200_000)}\n\\.\n`,
      `CREATE TABLE t (a text);\nINSERT INTO t VALUES (${'cast('.repeat(50_000)}1);`,
      `CREATE TABLE t (a integer);\n${'/*'.repeat(200_000)}`,
      `CREATE TABLE t (a integer);\nselect ${'('.repeat(200_000)};`,
      `CREATE TABLE t (a integer default ${'('.repeat(100_000)}1${')'.repeat(100_000)});`,
      `CREATE TABLE t (a integer);\n${'$a$'.repeat(100_001)}`,
    ])
      await outcomeOf(t, Buffer.from(body))
  })

  test('a small file that unpacks to a large one costs no memory', async t => {
    const before = process.memoryUsage().rss
    const rows = Buffer.alloc(40_000_000, 'x\n')
    const bomb = gzipSync(Buffer.concat([Buffer.from('CREATE TABLE t (a text);\nCOPY t FROM stdin;\n'), rows]), { level: 1 })
    assert.match(await outcomeOf(t, bomb), /^SOURCE_INVALID.*row 20000001 /)
    assert.ok(process.memoryUsage().rss - before < 300_000_000)
  })
})

/** So that about forty places are tried, or all. */
function stepOf({ length }: Buffer): number {
  return IS_FULL ? 1 : Math.ceil(length / 40)
}

/** All rows of all tables, or the error’s code and message. Fails on any other error, and on one that takes too long. */
async function outcomeOf(t: TestContext, content: Buffer | ReadonlyMap<string, Buffer>): Promise<string> {
  const folder = testFolder(t)
  const path = join(folder, 'dump')
  if (Buffer.isBuffer(content)) await writeFile(path, content)
  else {
    await mkdir(path)
    for (const [name, bytes] of content) await writeFile(join(path, name), bytes)
  }
  const source = openPgdumpSource({ path, options: new Map(), label: 'dump', privateFolder: join(folder, 'private') })
  const begun = performance.now()
  try {
    const rows: string[] = []
    for (const relation of (await source.describe()).relations)
      for (const row of await readAll(source, relation))
        rows.push(`${relation.name}: ${row.map(field => field?.toString('latin1') ?? 'NULL').join('|')}`)
    return rows.join('; ')
  } catch (error) {
    if (!(error instanceof RehouseError) || !error.code.startsWith('SOURCE_')) throw error
    assert.equal(error.where.file?.startsWith('dump'), true, 'expected the file to be named')
    return `${error.code} ${error.message}`
  } finally {
    await source.close()
    await rm(folder, { recursive: true, force: true })
    assert.ok(performance.now() - begun < MOST_MS, 'expected an end within 5 seconds')
  }
}
