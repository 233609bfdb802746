import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { RelatedWay } from '../../src/plan/related-way.ts'
import { Session } from '../../src/postgres/session.ts'
import { MemorySource } from '../../src/source/memory/memory-source.ts'
import { openPostgresSource } from '../../src/source/postgres/postgres-source.ts'
import type { Source } from '../../src/source/source.ts'
import { stagedSource } from '../../src/staging/staged-source.ts'
import type { StagingPlace } from '../../src/staging/staging-place.ts'
import { fieldsOf, type SourceTable } from '../support/memory-migration.ts'
import { newDatabase, type TestDatabase } from '../support/postgres.ts'
import { aCase, bedOf, type Case, tablesOf } from '../support/related-cases.ts'
import { stagingPlace } from '../support/staging.ts'
import { tuplesOf } from './table-spec.ts'

const NIGHTLY = process.env.REHOUSE_NIGHTLY === '1'
const RUNS = NIGHTLY ? 200 : 4
const TENANT = 'ADAMS'

/** Everything a run leaves behind, whatever order its source has. */
async function made(of: Case, wish: { readonly way: RelatedWay; readonly wrap?: (source: Source) => Source }): Promise<unknown> {
  const bed = bedOf(of, wish)
  const { end, counts, outcomes } = await bed.run({ batchRows: 3 })
  assert.deepEqual(end.failures, [])
  const rows = bed.rows('app', 'core.students').map(row => row.map(String).join('|'))
  // Rows without a key are numbered as they come.
  const refused = (await bed.quarantine()).map(row => JSON.stringify(row).replace(/#\d+/, '#'))
  const again = await bed.run({ batchRows: 1000 })
  assert.deepEqual([again.end.failures, again.counts[`student/${TENANT}`]?.loaded], [[], undefined])
  return { rows: rows.sort(), refused: refused.sort(), counts, outcomes: outcomes.toSorted() }
}

/** The case’s tables in a database of their own. */
async function fill(database: TestDatabase, tables: readonly SourceTable[]): Promise<void> {
  const session = await Session.open({ url: database.url, applicationName: 'test', side: 'target' })
  try {
    for (const { relation, rows } of tables) {
      const name = `public."${relation.name}"`
      const columns = relation.columns.map(column => `"${column.name}" ${column.type.text}`).join(', ')
      await session.script(`drop table if exists ${name}; create table ${name} (${columns})`)
      const fields = (rows[TENANT] ?? []).map(row => fieldsOf(relation, row))
      await session.copyIn(`copy ${name} from stdin (format binary)`, [tuplesOf(fields)])
    }
  } finally {
    await session.close()
  }
}

function file(tables: readonly SourceTable[], place: StagingPlace): Source {
  const own = tables.map(({ relation, rows }) => ({ relation, rows: (rows[TENANT] ?? []).map(row => fieldsOf(relation, row)) }))
  return stagedSource(new MemorySource('file', own, { capability: 'scan' }), { place, name: 'legacy', texts: 'any' })
}

const WAYS: readonly RelatedWay[] = ['memory', 'merge', 'pushed']

async function assertAlike(
  of: Case,
  { database, place }: { readonly database: TestDatabase; readonly place: StagingPlace },
): Promise<void> {
  const expected = await made(of, { way: 'memory' })
  const tables = tablesOf(of)
  for (const way of WAYS) assert.deepEqual(await made(of, { way, wrap: () => file(tables, place) }), expected, `${way}, through staging`)
  // A collation of SQL Server’s is nothing a PostgreSQL has.
  if (of.folds) return
  await fill(database, tables)
  for (const way of WAYS) {
    const live = (): Source => openPostgresSource({ url: database.url, applicationName: 'test' })
    assert.deepEqual(await made(of, { way, wrap: live }), expected, `${way}, in PostgreSQL`)
  }
}

async function places(t: TestContext): Promise<{ readonly database: TestDatabase; readonly place: StagingPlace }> {
  return { database: await newDatabase(t), place: await stagingPlace(t) }
}

test(`related rows in memory, read beside, pushed into PostgreSQL and through staging are the same bytes${NIGHTLY ? '' : ' (a few cases; REHOUSE_NIGHTLY=1 tries 200)'}`, {
  timeout: 1_800_000,
}, async t => {
  const at = await places(t)
  await fc.assert(
    fc.asyncProperty(aCase, of => assertAlike(of, at)),
    { numRuns: RUNS },
  )
})
