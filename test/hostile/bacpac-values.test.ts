import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { crc32 } from 'node:zlib'
import type { FieldRow, TableDescription } from '../support/bacpac/database-description.ts'
import { type WriteOptions, writeBacpac } from '../support/bacpac/write-bacpac.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { workFolder } from '../support/rehouse-process.ts'
import { type MigrateJson, manifestFor, migrateJson } from './two-sides.ts'

/** Files through the whole of `migrate`: what a database cannot hold is quarantined, what a file lies about ends the tenant, and no other row is ever loaded. */
const TABLE: TableDescription = {
  name: 'items',
  columns: [
    { name: 'id', type: 'int', nullable: false },
    { name: 'words', type: 'nvarchar(max)' },
  ],
  primaryKey: { columns: ['id'] },
}

interface Migrated {
  readonly status: number
  readonly json: MigrateJson
  readonly target: TestDatabase
}

async function migrateFile(t: TestContext, rows: readonly FieldRow[], options: WriteOptions = {}): Promise<Migrated> {
  const target = await newDatabase(t)
  await target.script('create table items (id uuid primary key, tenant_id uuid not null, legacy_id integer not null, words text)')
  const entity = { service: 'main', from: 'dbo.items', into: { 'public.items': { columns: { legacy_id: 'id', words: 'words' } } } }
  const folder = workFolder(t, {
    'rehouse.yaml': JSON.stringify(manifestFor({ item: entity }, { sources: { legacy: 'bacpac:legacy.bacpac' } })),
  })
  await writeBacpac(join(folder, 'legacy.bacpac'), { tables: [TABLE] }, () => rows, options)
  const env = { MAIN: await target.writerUrl({ bypassRowSecurity: true, ownsTables: true }) }
  return { ...(await migrateJson({ folder, env }, ['--batch-rows', '50'])), target }
}

async function loaded(target: TestDatabase): Promise<readonly (readonly (string | null)[])[]> {
  return target.sql('select legacy_id::text, words from items order by items.legacy_id')
}

test('half a surrogate and NUL are quarantined with their rows, everything around them arrives as it was', async t => {
  const bad = new Map([
    [7, 'high \ud83c alone'],
    [60, '\udfbb'],
    [61, 'low \udfbb first \ud83c'],
    [120, 'NUL \0 inside'],
    [121, '\0'],
  ])
  const rows = Array.from({ length: 130 }, (_, i): FieldRow => [i, bad.get(i) ?? (i % 9 === 0 ? null : `row ${i} 🎻 \ufffd \uffff`)])
  const { json, target } = await migrateFile(t, rows)
  assert.deepEqual(json.failures, [])
  assert.equal(json.totals.quarantined, bad.size)
  assert.equal(json.totals.loaded, rows.length - bad.size)
  assert.deepEqual(
    await loaded(target),
    rows.filter(([id]) => !bad.has(Number(id))).map(([id, words]) => [String(id), words]),
  )
  const quarantined = await target.sql('select key from rehouse.quarantined')
  assert.equal(quarantined.length, bad.size)
})

test('a file that is damaged in the middle loads no row that is not in it', async t => {
  // Long enough not to be held in memory whole.
  const noise = (i: number): string =>
    Array.from({ length: 1000 }, (_, k) => String.fromCharCode(33 + ((i * 7919 + k * 104_729 + ((i * k) % 977)) % 90))).join('')
  const rows = Array.from({ length: 9000 }, (_, i): FieldRow => [i, noise(i)])
  let sum = 0
  const alter = (name: string, bytes: Buffer): Buffer => {
    if (!name.endsWith('.BCP')) return bytes
    sum = crc32(bytes)
    assert.ok(bytes.length > 17_000_000)
    const damaged = Buffer.from(bytes)
    // Inside the text of the eleventh row.
    damaged[10 * (4 + 8 + 2000) + 100] = (damaged[10 * (4 + 8 + 2000) + 100] ?? 0) ^ 1
    return damaged
  }
  const { status, json, target } = await migrateFile(t, rows, {
    alter,
    zip: { lies: name => (name.endsWith('.BCP') ? { crc: sum } : null) },
  })
  assert.equal(status, 4, JSON.stringify(json))
  assert.deepEqual(
    json.failures.map(failure => failure.code),
    ['SOURCE_INVALID'],
  )
  for (const [id, words] of await loaded(target)) assert.equal(words, noise(Number(id)))
})

test('a total that does not hold is told at the end, not passed over', async t => {
  const { status, json } = await migrateFile(t, [[1, 'one']], { statedRows: 2n })
  assert.equal(status, 4, JSON.stringify(json))
  assert.deepEqual(
    (json.failures ?? []).map(failure => failure.code),
    ['SOURCE_INVALID'],
  )
})
