import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { tableLabel } from '../../../src/base/table-label.ts'
import type { Draft, DraftSource } from '../../../src/draft/draft.ts'
import { draftMigration } from '../../../src/draft/draft-migration.ts'
import { manifestText } from '../../../src/draft/manifest-text.ts'
import { targetSql } from '../../../src/draft/target-sql.ts'
import { loadParser } from '../../../src/expression/parse-expression.ts'
import { readManifest } from '../../../src/manifest/read-manifest.ts'
import type { Mapping } from '../../../src/model/mapping.ts'
import { columnsUsed } from '../../../src/plan/collect-names.ts'
import { findUncovered } from '../../../src/plan/coverage.ts'
import { findRelation } from '../../../src/plan/tenant-plan.ts'
import { draftSources } from '../../support/random-catalogues.ts'

await loadParser()

function mappingOf(draft: Draft): Mapping {
  const text = manifestText(draft, { migration: 'm', source: 'env:LEGACY', target: 'embedded:', examples: new Map() })
  return readManifest({ file: 'rehouse.yaml', text, options: { set: {} } })
}

function uncovered(mapping: Mapping, source: DraftSource): readonly unknown[] {
  const used = new Map<string, Set<string>>()
  for (const entity of mapping.entities) {
    const relation = findRelation(source.catalogue, entity.from)
    if (relation === undefined) continue
    const label = tableLabel(relation.schema, relation.name)
    const own = Array.isArray(entity.key) ? entity.key : (relation.primaryKey ?? [])
    used.set(label, new Set([...(used.get(label) ?? []), ...columnsUsed(entity, relation, []), ...(entity.key === 'content' ? [] : own)]))
  }
  return findUncovered({ mapping, source: 'legacy', tenant: source.code, relations: source.catalogue.relations, used })
}

test('whatever the sources are called and hold, the manifest can be read, and every table and column is used or excluded', () => {
  fc.assert(
    fc.property(draftSources, sources => {
      const draft = draftMigration(sources)
      if (draft.tables.length === 0) return
      const mapping = mappingOf(draft)
      assert.equal(mapping.entities.length, draft.tables.length)
      for (const source of sources) assert.deepEqual(uncovered(mapping, source), [])
    }),
    { numRuns: 100 },
  )
})

test('every finding has a table or a source, and says what to do', () => {
  fc.assert(
    fc.property(draftSources, sources => {
      for (const finding of draftMigration(sources).findings) {
        assert.match(finding.code, /^INIT_/)
        assert.ok(finding.next.length > 0 && finding.where.table !== undefined)
      }
    }),
    { numRuns: 100 },
  )
})

test('parents come before their children in the target, and references in a circle may be NULL', () => {
  fc.assert(
    fc.property(draftSources, sources => {
      const { tables } = draftMigration(sources)
      const place = new Map(tables.map((table, i) => [table.entity, i]))
      for (const [i, table] of tables.entries())
        for (const { value, isNullable } of table.columns) {
          if (value.kind !== 'reference') continue
          if (value.isCircular) assert.ok(isNullable)
          else assert.ok((place.get(value.entity) ?? Infinity) < i)
        }
    }),
    { numRuns: 200 },
  )
})

test('the same catalogues give the same draft', () => {
  fc.assert(
    fc.property(draftSources, sources => {
      assert.equal(targetSql(draftMigration(sources)), targetSql(draftMigration(sources)))
    }),
    { numRuns: 50 },
  )
})
