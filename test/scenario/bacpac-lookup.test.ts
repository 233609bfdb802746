import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { InitResult, LookupResult, MigrateResult } from '../../src/index.ts'
import type { TableDescription } from '../support/bacpac/database-description.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'
import { newDatabase } from '../support/postgres.ts'
import { rehouseHereJson, workFolder } from '../support/rehouse-process.ts'

test('rows of a BACPAC are looked up, and referred to, under the equality of their collation', async t => {
  const target = await newDatabase(t)
  const folder = workFolder(t)
  const tables: readonly TableDescription[] = [
    {
      name: 'Course',
      columns: [
        { name: 'Code', type: 'varchar(10)', nullable: false },
        { name: 'Title', type: 'nvarchar(50)' },
      ],
      primaryKey: { name: 'PK_Course', columns: ['Code'] },
    },
    {
      name: 'Seat',
      columns: [
        { name: 'Id', type: 'int', nullable: false },
        { name: 'Course', type: 'varchar(10)' },
      ],
      primaryKey: { name: 'PK_Seat', columns: ['Id'] },
      foreignKeys: [{ name: 'FK_Seat', columns: ['Course'], references: { name: 'Course', columns: ['Code'] } }],
    },
  ]
  const rows: Readonly<Record<string, readonly (readonly (string | number | null)[])[]>> = {
    Course: [
      ['Abc', 'first'],
      ['Ärz', 'second'],
    ],
    Seat: [
      [1, 'aBC'],
      [2, 'ÄRZ   '],
      [3, null],
    ],
  }
  await writeBacpac(join(folder, 'north.bacpac'), { name: 'north', tables }, table => rows[table.name] ?? [])
  await rehouseHereJson<InitResult>(['init', 'bacpac:north.bacpac', '--out', '.', '--target', target.url], { folder })
  const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
  const { json } = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
  assert.deepEqual([json.status, json.totals.loaded], ['clean', 5])
  const found = async (key: string): Promise<readonly string[]> => {
    const asked = ['lookup', 'course', '--tenant', 'north', '--legacy', key]
    const { json } = await rehouseHereJson<LookupResult>(asked, { folder, env })
    return json.matches.map(match => match.key.join(','))
  }
  assert.deepEqual(await found('ABC'), ['abc'])
  assert.deepEqual(await found('Ärz  '), ['ärz'])
  assert.deepEqual(await found('abd'), [])
})
