import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeSourceBacpac } from '../../bench/source-bacpac.ts'
import { decodeBacpac } from '../support/bacpac/independent-decoder.ts'
import { newDatabase } from '../support/postgres.ts'

const RESULTS = 3000

test('the bench’s BACPAC holds the rows of source.sql', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'rehouse-bench-bacpac-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'bench.bacpac')
  await writeSourceBacpac(path, RESULTS)
  const legacy = await newDatabase(t)
  await legacy.script(`set bench.rows = ${RESULTS};\n${readFileSync(new URL('../../bench/source.sql', import.meta.url), 'utf8')}`)
  const tables = decodeBacpac(path)
  assert.deepEqual(
    tables.map(table => table.rows.length),
    [50_000, 200, RESULTS],
  )
  for (const { name, rows } of tables) {
    const times = ['taken_at', 'updated_at']
    const columns = (
      await legacy.sql(`select attname from pg_attribute where attrelid = '${name}'::regclass and attnum > 0 order by attnum`)
    ).map(([column]) => column ?? '')
    const text = (column: string): string => {
      if (times.includes(column)) return `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS${column === 'updated_at' ? '.MS' : ''}')`
      return column === 'is_retake' ? `${column}::int::text` : `${column}::text`
    }
    const expected = await legacy.sql(`select ${columns.map(text).join(', ')} from ${name} order by ${name}.id`)
    assert.equal(
      rows.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(expected[i])),
      -1,
      name,
    )
  }
})
