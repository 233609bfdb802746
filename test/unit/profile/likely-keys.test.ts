import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../../../src/draft/draft.ts'
import { ProfileFindings } from '../../../src/profile/findings.ts'
import { ManifestLines } from '../../../src/profile/manifest-lines.ts'
import { profileSource } from '../../../src/profile/profile-source.ts'
import { sourceFindings } from '../../../src/profile/table-findings.ts'
import { MemorySource } from '../../../src/source/memory/memory-source.ts'
import { fieldsOf, type Row, relationOf, type TableSpec } from '../../contract/table-spec.ts'
import { type Watch, watched } from '../../support/watched-source.ts'

const SEAT: TableSpec = {
  name: 'seat',
  columns: [
    { name: 'remark', type: 'text' },
    { name: 'hall', type: 'int4' },
    { name: 'line', type: 'int4' },
    { name: 'chair', type: 'int4' },
  ],
}

/** Lines for a manifest are not looked at here. */
const NOTHING_DRAFTED: Draft = { tables: [], enums: [], extensions: [], excludedTables: [], excludedColumns: [], findings: [] }

/** What is said of a table nobody declared a key of, and how often it was read. */
async function told(spec: TableSpec, rows: readonly Row[]): Promise<{ readonly message: string | undefined; readonly reads: number }> {
  const watch: Watch = { reads: [], confirms: 0 }
  const memory = new MemorySource('m', [{ relation: relationOf(spec), rows: rows.map(row => fieldsOf(spec, row)) }], { capability: 'scan' })
  const source = watched(memory, watch)
  const catalogue = await source.describe()
  const { signal } = new AbortController()
  const facts = await profileSource({ tenant: 't', source, catalogue, mostRows: null, signal, emit: () => undefined })
  await source.close()
  const findings = new ProfileFindings(new ManifestLines(NOTHING_DRAFTED))
  sourceFindings(facts, findings)
  const finding = findings.all().find(({ code }) => code === 'PROFILE_NO_KEY')
  return { message: finding?.message, reads: watch.reads.length }
}

const rowsOf = (count: number, row: (i: number) => Row): readonly Row[] => Array.from({ length: count }, (_, i) => row(i))
const REMARK = ['a', 'b', 'a']

test('two columns that tell every row apart are named where nobody declared a key', async () => {
  const { message, reads } = await told(
    SEAT,
    rowsOf(60, i => [REMARK[i % 3] ?? '', 1, Math.floor(i / 10), i % 10]),
  )
  assert.equal(message, 'no key is declared; line, chair tell all 60 rows apart')
  assert.equal(reads, 2)
})

test('three are, where no two do', async () => {
  const { message } = await told(
    SEAT,
    rowsOf(64, i => ['x', Math.floor(i / 16), Math.floor(i / 4) % 4, i % 4]),
  )
  assert.equal(message, 'no key is declared; hall, line, chair tell all 64 rows apart')
})

test('a column that holds no value twice is named, whatever it is called, and the table is read once', async () => {
  const { message, reads } = await told(
    SEAT,
    rowsOf(20, i => ['x', 1, 1, 1000 - i]),
  )
  assert.equal(message, 'no key is declared; chair tells all 20 rows apart')
  assert.equal(reads, 1)
})

test('nothing is named where rows are the same, where a part is missing, or where there are too few rows to say', async () => {
  const doubled = rowsOf(60, i => ['x', 1, Math.floor((i % 50) / 10), i % 10])
  const spec = { ...SEAT, columns: SEAT.columns.map(column => ({ ...column, isNullable: true })) }
  const missing = rowsOf(60, i => ['x', 1, i === 7 ? null : Math.floor(i / 10), i % 10])
  for (const [table, rows] of [
    [SEAT, doubled],
    [spec, missing],
    [SEAT, rowsOf(5, i => ['x', 1, 1, i])],
  ] as const)
    assert.equal((await told(table, rows)).message, 'no key is declared')
})
