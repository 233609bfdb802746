import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { InitResult, MigrateResult } from '../../src/index.ts'
import { EDGE_FIELDS, EDGE_VARIANTS } from '../support/bacpac/edge-fields.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'
import { newDatabase } from '../support/postgres.ts'
import { rehouseHereJson, sharedFile, workFolder } from '../support/rehouse-process.ts'

/** Real databases, with the rows their Origin.xml states. */
const REAL = [
  {
    name: 'AdventureWorksLT',
    rows: 4277,
    computed: ['SalesLT.SalesOrderDetail LineTotal', 'SalesLT.SalesOrderHeader SalesOrderNumber', 'SalesLT.SalesOrderHeader TotalDue'],
  },
  { name: 'Clinic', rows: 287, computed: [] },
] as const

for (const { name, rows, computed } of REAL) {
  const file = sharedFile(`data/${name}.bacpac`)
  test(`${name}.bacpac becomes a database without an edit: ${rows} rows read and loaded, and a rerun changes nothing`, {
    skip: file === null && `the real database ${name}.bacpac is not beside the project (set REHOUSE_SHARED to the folder that holds data/)`,
  }, async t => {
    const target = await newDatabase(t)
    const folder = workFolder(t)
    const { json: made, status } = await rehouseHereJson<InitResult>(['init', `bacpac:${file}`, '--out', '.', '--target', target.url], {
      folder,
    })
    assert.equal(status, 0)
    const found = made.findings.filter(({ code }) => code === 'INIT_COMPUTED').map(({ where }) => `${where.table} ${where.column}`)
    assert.deepEqual([...found].sort(), computed)
    assert.deepEqual(
      made.tenants.map(({ tenant }) => tenant),
      [name],
    )

    const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
    const first = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
    assert.deepEqual(first.json.failures, [])
    assert.equal(first.status, 0)
    assert.equal(first.json.totals.read, rows)
    assert.equal(first.json.totals.loaded, rows)
    const again = await rehouseHereJson<MigrateResult>(['migrate'], { folder, env })
    assert.equal(again.status, 0)
    assert.equal(again.json.totals.unchanged, rows)
  })
}

test('a BACPAC with every type and edge value becomes a database without an edit: no row is refused, and the examples hold', async t => {
  const target = await newDatabase(t)
  const folder = workFolder(t)
  const all = [...EDGE_FIELDS, EDGE_VARIANTS]
  const tables = all.map(({ type }, i) => ({
    name: `T${i}`,
    columns: [
      { name: 'Id', type: 'int', nullable: false as const },
      { name: 'Value', type },
    ],
    primaryKey: { columns: ['Id'] },
  }))
  const rowsOf = new Map(tables.map((table, i) => [table.name, [...(all[i]?.values ?? []), null].map((value, id) => [id, value])]))
  const { rows } = await writeBacpac(join(folder, 'edge.bacpac'), { tables }, table => rowsOf.get(table.name) ?? [])
  const { status } = await rehouseHereJson<InitResult>(['init', 'bacpac:edge.bacpac', '--out', '.', '--target', target.url], { folder })
  assert.equal(status, 0)
  const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
  const { json } = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
  assert.deepEqual(json.failures, [])
  assert.equal(String(json.totals.loaded), String(rows))
  assert.equal(json.status, 'clean')
})

test('383 files by one pattern become 383 tenants with one mapping, in seconds', async t => {
  const folder = workFolder(t)
  mkdirSync(join(folder, 'exports'))
  const [first = '', ...others] = Array.from({ length: 383 }, (_, i) =>
    join(folder, 'exports', `district ${String(i).padStart(3, '0')}.bacpac`),
  )
  const table = { name: 'Student', columns: [{ name: 'Id', type: 'int', nullable: false as const }], primaryKey: { columns: ['Id'] } }
  await writeBacpac(first, { tables: [table] }, () => [[1], [2]])
  for (const path of others) copyFileSync(first, path)
  const began = performance.now()
  const { json } = await rehouseHereJson<InitResult>(['init', 'bacpac:exports/*.bacpac', '--out', 'all'], { folder })
  assert.ok(performance.now() - began < 60_000)
  assert.equal(json.tenants.length, 383)
  assert.deepEqual(
    json.entities.map(({ entity }) => entity),
    ['student'],
  )
  assert.match(readFileSync(join(folder, 'all', 'rehouse.yaml'), 'utf8'), /legacy: "bacpac:\.\.\/exports\/\{tenant\.file\}\.bacpac"/)
})
