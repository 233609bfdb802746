import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openIdentifiers } from '../../src/cast/identifiers.ts'
import { runChecks } from '../../src/checks/all-checks.ts'
import type { DraftSource } from '../../src/draft/draft.ts'
import { draftMigration } from '../../src/draft/draft-migration.ts'
import { manifestText } from '../../src/draft/manifest-text.ts'
import { targetSql } from '../../src/draft/target-sql.ts'
import { loadParser } from '../../src/expression/parse-expression.ts'
import { openMemoryLedger } from '../../src/ledger/memory/memory-ledger.ts'
import { MemoryStore } from '../../src/ledger/memory/memory-store.ts'
import { readManifest } from '../../src/manifest/read-manifest.ts'
import type { Finding } from '../../src/model/finding.ts'
import type { Migration } from '../../src/run/migration.ts'
import { surveyMigration } from '../../src/run/survey-migration.ts'
import { MemorySource } from '../../src/source/memory/memory-source.ts'
import { openPostgresTarget } from '../../src/target/postgres/postgres-target.ts'
import type { Target } from '../../src/target/target.ts'
import { newDatabase } from '../support/postgres.ts'
import { draftSources } from '../support/random-catalogues.ts'

await loadParser()

/** Everything but what the server came with. */
const EMPTY =
  "do $$ declare s text; begin for s in select nspname from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema' loop execute format('drop schema %I cascade', s); end loop; create schema public; end $$"

test('whatever the sources are called and hold, target.sql applies, applies again, and nothing stands in the way of a run', async t => {
  const database = await newDatabase(t)
  const target = openPostgresTarget({ service: 'main', url: database.url, settings: {}, applicationName: 'rehouse test' })
  await fc.assert(
    fc.asyncProperty(draftSources, async sources => {
      const draft = draftMigration(sources)
      if (draft.tables.length === 0) return
      const script = targetSql(draft)
      await database.script(script)
      await database.script(script)
      const text = manifestText(draft, {
        migration: 'm',
        source: 'postgres://host/{tenant.code}',
        target: 'embedded:',
        examples: new Map(),
      })
      assert.deepEqual(await errorsOf(text, sources, target), [])
      await database.script(EMPTY)
    }),
    { numRuns: process.env.REHOUSE_HOSTILE === 'full' ? 60 : 5 },
  )
  await target.close()
})

/** What planning and every check find that forbids a run; no row is there. */
async function errorsOf(text: string, sources: readonly DraftSource[], target: Target): Promise<readonly Finding[]> {
  const mapping = readManifest({ file: 'rehouse.yaml', text, options: { set: {} } })
  const [ref] = mapping.services
  assert.ok(ref)
  const tenants = sources.map(({ code }, i) => ({
    code,
    id: `00000000-0000-4000-8000-00000000000${i + 1}`,
    name: code,
    zone: null,
    columns: { code },
  }))
  const migration: Migration = {
    mapping,
    identifiers: openIdentifiers({ salt: Buffer.from('a salt for tests, 32 bytes long..'), migration: 'm' }),
    identity: { migration: 'm', saltFingerprint: '0123456789abcdef' },
    services: [
      {
        name: 'main',
        ref,
        label: 'main',
        target,
        ledger: openMemoryLedger({ store: new MemoryStore(), endBackend: () => Promise.resolve() }),
      },
    ],
    tenants: () => Promise.resolve(tenants),
    isPerTenant: () => true,
    openSource: (_name, tenant) => {
      const source = sources.find(({ code }) => code === tenant?.code)
      return Promise.resolve(
        new MemorySource(tenant?.code ?? '', source?.catalogue.relations.map(relation => ({ relation, rows: [] })) ?? []),
      )
    },
  }
  const survey = await surveyMigration(migration, null)
  return [...survey.findings, ...runChecks(survey)].filter(({ severity }) => severity === 'error')
}
