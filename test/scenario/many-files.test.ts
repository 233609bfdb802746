import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { InitResult, MigrateResult } from '../../src/index.ts'
import type { DatabaseDescription, FieldRow } from '../support/bacpac/database-description.ts'
import { writeBacpac } from '../support/bacpac/write-bacpac.ts'
import { newDatabase } from '../support/postgres.ts'
import { rehouseHereJson, workFolder } from '../support/rehouse-process.ts'

const IS_LARGE = process.env.REHOUSE_TEST_LARGE !== undefined
/** Small exports of one system, whose schemas have drifted; `REHOUSE_TEST_LARGE` writes as many as a real state has districts. */
const FILES = IS_LARGE ? 383 : 40

function describe(file: number): DatabaseDescription {
  return {
    name: `school_${file}`,
    tables: [
      {
        name: 'person',
        columns: [
          { name: 'Id', type: 'int', nullable: false, identity: [1n, 1n] },
          { name: 'Name', type: 'nvarchar(50)', nullable: false },
          { name: 'BossId', type: 'int' },
          ...(hasExtra(file) ? [{ name: 'Extra', type: 'bit' }] : []),
        ],
        primaryKey: { columns: ['Id'] },
        foreignKeys: [{ name: 'FK_boss', columns: ['BossId'], references: { name: 'person', columns: ['Id'] } }],
      },
      {
        name: 'payment',
        columns: [
          { name: 'Id', type: 'int', nullable: false, identity: [1n, 1n] },
          { name: 'PersonId', type: 'int', nullable: false },
          { name: 'Amount', type: 'money', nullable: false },
        ],
        primaryKey: { columns: ['Id'] },
        foreignKeys: [{ name: 'FK_person', columns: ['PersonId'], references: { name: 'person', columns: ['Id'] } }],
      },
    ],
  }
}

const hasExtra = (file: number): boolean => file % 5 === 0

function people(file: number): readonly FieldRow[] {
  return Array.from({ length: 3 + (file % 4) }, (_, i) => {
    const person = [i, `person ${i} of ${file}`, i === 0 ? null : i - 1]
    return hasExtra(file) ? [...person, 1] : person
  })
}

function payments(file: number): readonly FieldRow[] {
  return Array.from({ length: 2 }, (_, i) => [i, i, `${file}.${i}500`])
}

test(`${FILES} files named by a glob become one database: every row under its own tenant, references inside it`, {
  timeout: 600_000,
}, async t => {
  const target = await newDatabase(t)
  const folder = workFolder(t)
  mkdirSync(join(folder, 'exports'))
  for (let file = 0; file < FILES; file++)
    await writeBacpac(join(folder, 'exports', `school-${file}.bacpac`), describe(file), ({ name }) =>
      name === 'person' ? people(file) : payments(file),
    )

  const { json: made } = await rehouseHereJson<InitResult>(['init', 'bacpac:exports/*.bacpac', '--out', '.', '--target', target.url], {
    folder,
  })
  assert.equal(made.tenants.length, FILES)
  const env = { TARGET_PASSWORD: decodeURIComponent(new URL(target.url).password) }
  const { json } = await rehouseHereJson<MigrateResult>(['migrate', '--create-target'], { folder, env })
  assert.deepEqual([json.status, json.failures], ['clean', []])

  const stored = await target.sql(
    `select t.code, p.legacy_id, p.name, b.legacy_id, p.extra::int::text from person p join rehouse.tenant t on t.id = p.tenant_id left join person b on b.id = p.boss_id and b.tenant_id = p.tenant_id`,
  )
  const expected = Array.from({ length: FILES }, (_, file) =>
    people(file).map(([id, name, boss, extra]) => [
      `school-${file}`,
      String(id),
      name,
      boss === null ? null : String(boss),
      extra === undefined ? null : String(extra),
    ]),
  ).flat()
  assert.deepEqual(sorted(stored), sorted(expected))
  const paid = await target.sql(
    `select t.code, y.legacy_id, p.legacy_id, y.amount::text from payment y join rehouse.tenant t on t.id = y.tenant_id join person p on p.id = y.person_id and p.tenant_id = y.tenant_id`,
  )
  const due = Array.from({ length: FILES }, (_, file) =>
    payments(file).map(([id, person, amount]) => [`school-${file}`, String(id), String(person), amount]),
  ).flat()
  assert.deepEqual(sorted(paid), sorted(due))
})

function sorted(rows: readonly (readonly unknown[])[]): readonly string[] {
  return rows.map(row => JSON.stringify(row)).sort()
}
