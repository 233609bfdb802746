import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { decodeBacpac, statedRows } from '../support/bacpac/independent-decoder.ts'
import { readBacpacSource } from '../support/bacpac/read-source.ts'

/** Real exports, which are no part of the project. */
const FILES = ['AdventureWorksLT.bacpac', 'Clinic.bacpac'].map(name =>
  fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url)),
)

for (const path of FILES) {
  const skip = existsSync(path) ? false : `${basename(path)} is not beside the project (../shared/data)`

  test(`every value of ${basename(path)} is read as a decoder that shares no code reads it`, { skip }, async () => {
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
}
