import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { RehouseError } from '../../src/errors.ts'
import type { DatabaseDescription, FieldRow } from '../support/bacpac/database-description.ts'
import { randomNumbers } from '../support/bacpac/random-order.ts'
import { readBacpacSource } from '../support/bacpac/read-source.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'

/** Files that were cut off, or in which a bit changed on the way: an error or the same rows, never other rows. */
const FOLDER = mkdtempSync(join(tmpdir(), 'rehouse-bacpac-damage-'))
after(() => rmSync(FOLDER, { recursive: true }))
const IS_FULL = process.env.REHOUSE_HOSTILE === 'full'
/** Bits tried; `REHOUSE_HOSTILE=full` tries one of each byte, and every place to cut at. */
const FLIPS = 200

const DATABASE: DatabaseDescription = {
  tables: [
    {
      name: 'every',
      columns: [
        { name: 'id', type: 'int', nullable: false },
        { name: 'name', type: 'nvarchar(20)' },
        { name: 'amount', type: 'decimal(9,2)' },
        { name: 'at', type: 'datetime2(3)' },
        { name: 'long', type: 'varbinary(max)' },
        { name: 'guid', type: 'uniqueidentifier', nullable: false },
      ],
      primaryKey: { name: 'PK_every', columns: ['id'] },
    },
    { name: 'other', columns: [{ name: 'n', type: 'smallint', nullable: false }] },
  ],
}
const EVERY: readonly FieldRow[] = Array.from({ length: 12 }, (_, i) => [
  i,
  i % 3 === 0 ? null : `row ${i} 王`,
  `${i}.50`,
  `2024-02-${10 + i} 01:02:03.004`,
  Buffer.alloc(i, i),
  `00112233-4455-6677-8899-aabbccddee${10 + i}`,
])
const rowsOf = (name: string): readonly FieldRow[] => (name === 'every' ? EVERY : Array.from({ length: 9 }, (_, i) => [i]))

let whole: Buffer = Buffer.alloc(0)
let expected = ''

before(async () => {
  const path = join(FOLDER, 'whole.bacpac')
  await writeBacpac(path, DATABASE, table => rowsOf(table.name), { fileRows: 5 })
  whole = readFileSync(path)
  expected = await rowsIn(path)
})

/** The rows of every table, whatever their order: a number in a name of a part is not protected by anything. */
async function rowsIn(path: string): Promise<string> {
  const tables = await readBacpacSource(path)
  return JSON.stringify(tables.map(({ relation, rows }) => [relation.name, rows.map(row => JSON.stringify(row)).sort()]))
}

/** What became of reading these bytes: the error, or null where the rows are those that were written. */
async function damage(bytes: Buffer, about: string): Promise<RehouseError | null> {
  const path = join(FOLDER, 'damaged.bacpac')
  writeFileSync(path, bytes)
  try {
    assert.equal(await rowsIn(path), expected, about)
    return null
  } catch (error) {
    if (!(error instanceof RehouseError)) throw error
    assert.ok(['SOURCE_INVALID', 'SOURCE_REFUSED'].includes(error.code), `${about}: ${error.code} ${error.message}`)
    assert.equal(error.where.file, path, about)
    assert.match(error.message, /^expected .+, got .+$/s, about)
    return error
  }
}

test('a file that is cut off anywhere is refused with a sentence', async () => {
  const records = [...'\x01\x03\x05'].flatMap(kind => placesOf(`PK${kind}`))
  const even = Array.from({ length: 40 }, (_, i) => Math.floor((whole.length * i) / 40))
  const places = new Set([
    0,
    1,
    3,
    4,
    21,
    22,
    ...even,
    ...records.flatMap(at => [at, at + 1, at + 29, at + 46]),
    whole.length - 1,
    whole.length - 22,
  ])
  for (const length of places) {
    if (length >= whole.length) continue
    const error = await damage(whole.subarray(0, length), `cut to ${length} bytes`)
    assert.equal(error?.code, 'SOURCE_INVALID', `cut to ${length} bytes`)
  }
})

test('a bit that changed anywhere is an error or changes no row', async t => {
  const random = randomNumbers(7)
  const total = IS_FULL ? whole.length : FLIPS
  let noticed = 0
  for (let i = 0; i < total; i++) {
    const at = IS_FULL ? i : Math.floor(random() * whole.length)
    const bit = Math.floor(random() * 8)
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
    if ((await damage(bytes, `bit ${bit} of byte ${at}`)) !== null) noticed++
  }
  t.diagnostic(`${noticed} of ${total} noticed`)
  assert.ok(noticed > total / 2)
})

test('bytes that were overwritten, swapped or inserted are an error or change no row', async () => {
  const random = randomNumbers(8)
  for (let i = 0; i < 120; i++) {
    const at = Math.floor(random() * whole.length)
    const length = 1 + Math.floor(random() * 64)
    const pieces = [
      [whole.subarray(0, at), Buffer.alloc(length, i), whole.subarray(Math.min(at + length, whole.length))],
      [whole.subarray(0, at), Buffer.alloc(length, i), whole.subarray(at)],
      [whole.subarray(0, at), whole.subarray(Math.min(at + length, whole.length))],
    ][i % 3]
    await damage(Buffer.concat(pieces ?? []), `piece ${i} at ${at}`)
  }
})

test('a data file that ends in the middle of a row is refused with file, table and row', async () => {
  const path = join(FOLDER, 'cut.bacpac')
  let size = 1
  for (let cut = 0; cut < size; cut += IS_FULL ? 1 : 5) {
    const alter = (name: string, bytes: Buffer): Buffer => {
      if (name !== 'Data/dbo.every/TableData-000-00000.BCP') return bytes
      size = bytes.length
      return bytes.subarray(0, cut)
    }
    await writeBacpac(path, DATABASE, table => rowsOf(table.name), { fileRows: 5, alter })
    const error = await rowsIn(path).then(
      () => null,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof RehouseError, `cut to ${cut} bytes`)
    assert.equal(error.code, 'SOURCE_INVALID')
    assert.equal(error.where.file, path)
    // Between two rows nothing but the total tells.
    if (error.where.table === undefined) assert.match(error.message, /21 rows/)
    else {
      assert.equal(error.where.table, 'dbo.every')
      assert.match(error.message, /row [1-5], byte \d+ of Data\/dbo\.every\/TableData-000-00000\.BCP/)
    }
  }
})

function placesOf(mark: string): readonly number[] {
  const places: number[] = []
  for (let at = whole.indexOf(mark, 0, 'latin1'); at >= 0; at = whole.indexOf(mark, at + 1, 'latin1')) places.push(at)
  return places
}
