import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Relation } from '../../src/model/catalogue.ts'
import { openBacpacSource } from '../../src/source/bacpac/bacpac-source.ts'
import type { SourceSnapshot } from '../../src/source/source.ts'
import type { FieldRow, TableDescription } from '../support/bacpac/database-description.ts'
import { textRows } from '../support/bacpac/tuple-text.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'

const skip = process.env.REHOUSE_TEST_LARGE === undefined && 'takes gigabytes of disk and minutes: set REHOUSE_TEST_LARGE=1'
const MOST_MEMORY = 400 * 1024 * 1024
const MOST_GROWTH = 150 * 1024 * 1024

const table = (name: string): TableDescription => ({
  name,
  columns: [
    { name: 'id', type: 'bigint', nullable: false },
    { name: 'text', type: 'nvarchar(max)' },
  ],
  primaryKey: { columns: ['id'] },
})

function* rows(count: number, units: number): Generator<FieldRow> {
  const text = 'The quick brown fox; '.repeat(Math.ceil(units / 21)).slice(0, units)
  for (let i = 0; i < count; i++) yield [i, i % 10 === 0 ? null : text]
}

interface Reading {
  readonly rows: bigint
  readonly bytes: number
  readonly mostMemory: number
}

async function readWhole(snapshot: SourceSnapshot, relation: Relation): Promise<Reading> {
  let bytes = 0
  let mostMemory = 0
  const request = {
    relation,
    columns: ['id', 'text'],
    key: { kind: 'columns' as const, names: ['id'] },
    after: null,
    signal: new AbortController().signal,
  }
  for await (const chunk of snapshot.read(request)) {
    bytes += chunk.length
    mostMemory = Math.max(mostMemory, process.memoryUsage.rss())
  }
  return { rows: await snapshot.count(relation), bytes, mostMemory }
}

async function withFile(
  write: (path: string) => Promise<unknown>,
  work: (snapshot: SourceSnapshot, relations: readonly Relation[], path: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-bacpac-large-'))
  const path = join(folder, 'large.bacpac')
  try {
    await write(path)
    const source = openBacpacSource({ path, options: new Map(), label: path, privateFolder: folder })
    const { relations } = await source.describe()
    await work(await source.openSnapshot(relations), relations, path)
    await source.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a BACPAC of 5 GB, one data file of more than 4 GiB and another behind it, is written and read in flat memory', {
  skip,
  timeout: 1_800_000,
}, async t => {
  const [count, units] = [140_000, 20_000]
  const write = (path: string): Promise<unknown> =>
    writeBacpac(path, { tables: [table('big'), table('behind')] }, ({ name }) => (name === 'big' ? rows(count, units) : rows(1000, 10)), {
      hasBigFiles: true,
      zip: { level: 0 },
    })
  const before = process.memoryUsage.rss()
  await withFile(write, async (snapshot, relations, path) => {
    assert.ok(statSync(path).size > 5e9)
    assert.ok(process.memoryUsage.rss() - before < MOST_GROWTH, `writing took ${process.memoryUsage.rss() - before} bytes`)
    const [big, behind] = relations
    assert.ok(big && behind)
    const read = await readWhole(snapshot, big)
    assert.equal(read.rows, BigInt(count))
    assert.equal(read.bytes, count * (2 + 4 + 8 + 4) + (count - count / 10) * units)
    assert.ok(read.mostMemory < MOST_MEMORY, `reading took ${read.mostMemory} bytes`)
    assert.equal((await readWhole(snapshot, behind)).rows, 1000n)
    await snapshot.confirm?.(new AbortController().signal)
    t.diagnostic(`${Math.round(read.mostMemory / 1024 / 1024)} MiB while reading`)
  })
})

test('a BACPAC of 70 000 data files is read in the order of their numbers', { skip, timeout: 600_000 }, async () => {
  const files = 70_000
  const write = (path: string): Promise<unknown> =>
    writeBacpac(path, { tables: [table('many')] }, () => rows(files, 1), { fileRows: 1, shuffle: 1 })
  await withFile(write, async (snapshot, [many]) => {
    assert.ok(many)
    const request = {
      relation: many,
      columns: ['id'],
      key: { kind: 'columns' as const, names: ['id'] },
      after: null,
      signal: new AbortController().signal,
    }
    const ids = await textRows(
      snapshot.read(request),
      many.columns.slice(0, 1).map(column => column.type),
    )
    assert.deepEqual(
      ids.map(([id]) => Number(id)),
      Array.from({ length: files }, (_, i) => i),
    )
    await snapshot.confirm?.(new AbortController().signal)
  })
})
