import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { InitResult, MigrateResult, VerifyResult } from '../../src/index.ts'
import { decodeBacpac, statedRows } from '../support/bacpac/independent-decoder.ts'
import { readBacpacSource } from '../support/bacpac/read-source.ts'
import { newDatabase } from '../support/postgres.ts'
import { rehouseHereJson, sharedFile, workFolder } from '../support/rehouse-process.ts'
import { assertMigrated } from './bacpac-oracle.ts'

/** Real exports, which are no part of the project. */
for (const name of ['AdventureWorksLT', 'Clinic']) {
  const file = sharedFile(`data/${name}.bacpac`)
  const path = file ?? ''
  const skip =
    file === null && `the real database ${name}.bacpac is not beside the project (set REHOUSE_SHARED to the folder that holds data/)`

  test(`every value of ${name}.bacpac is read as a decoder that shares no code reads it`, { skip }, async () => {
    const decoded = decodeBacpac(path)
    const read = new Map((await readBacpacSource(path)).map(table => [`${table.relation.schema}.${table.relation.name}`, table]))
    assert.equal(read.size, decoded.length)
    for (const { schema, name, columns, rows } of decoded) {
      const table = read.get(`${schema}.${name}`)
      assert.deepEqual(
        table?.columns,
        columns.map(column => column.name),
      )
      assert.equal(table.rows.length, rows.length, name)
      const other = rows.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(table.rows[i]))
      if (other >= 0) assert.deepEqual(table.rows[other], rows[other], `${name}, row ${other + 1}`)
    }
    assert.equal(
      decoded.reduce((sum, table) => sum + BigInt(table.rows.length), 0n),
      statedRows(path),
    )
  })

  test(`every value of ${name}.bacpac arrives in a database init proposed, references too`, { skip }, async t => {
    const target = await newDatabase(t)
    const folder = workFolder(t)
    await rehouseHereJson<InitResult>(['init', `bacpac:${path}`, '--out', '.', '--target', target.url], { folder })
    const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
    const { json } = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
    assert.deepEqual([json.status, BigInt(json.totals.loaded)], ['clean', statedRows(path)])
    const compared = await assertMigrated(target, readFileSync(join(folder, 'rehouse.yaml'), 'utf8'), path)
    assert.ok(compared > 1000)
    t.diagnostic(`${compared} values compared`)
    const verified = await rehouseHereJson<VerifyResult>(['verify'], { folder, env })
    const { outcome, witness } = verified.json
    assert.deepEqual([outcome, witness.filter(line => line.state === 'different')], ['equal', []])
    const declared = new Set(witness.filter(line => line.measure === 'declared_rows').map(line => line.target))
    assert.deepEqual([...declared], [String(statedRows(path))])
    assert.ok(witness.some(line => line.measure === 'row_sum' && line.state === 'equal'))
    assert.deepEqual(
      witness.filter(line => line.reason === 'an engine that computes no sums'),
      [],
    )
  })
}
