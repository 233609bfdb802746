import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InitResult, MigrateResult } from '../../src/index.ts'
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
