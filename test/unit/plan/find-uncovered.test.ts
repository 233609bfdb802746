import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readManifest } from '../../../src/manifest/read-manifest.ts'
import { findUncovered } from '../../../src/plan/coverage.ts'
import { relation } from '../../support/survey.ts'

const RELATIONS = [relation('dbo.Student', ['Id int4!', 'Name text', 'Old_Id int4']), relation('dbo.Log', ['Id int4!', 'Line text'])]

function uncovered(top: string, of: { used?: Readonly<Record<string, readonly string[]>>; source?: string; tenant?: string | null } = {}) {
  const text = `
migration: cover
sources: { legacy: env:LEGACY, other: env:OTHER }
services: { app: { url: env:APP } }
${top}
entities:
  s: { service: app, from: dbo.Student, key: Id, into: { core.s: { columns: { name: Name } } } }
`
  const mapping = readManifest({ file: 'rehouse.yaml', text, options: { set: {} } })
  const used = new Map(Object.entries(of.used ?? { 'dbo.Student': ['Id', 'Name'] }).map(([table, columns]) => [table, new Set(columns)]))
  return findUncovered({ mapping, source: of.source ?? 'legacy', tenant: of.tenant ?? null, relations: RELATIONS, used })
}

test('every table and column is used or excluded; what is neither is found, with the line to add', () => {
  const found = uncovered('')
  assert.deepEqual(
    found.map(({ code, severity, message }) => [code, severity, message]),
    [
      ['MAPPING_NOT_COVERED', 'error', 'expected column dbo.Student.Old_Id of source legacy to be used or excluded, got neither'],
      ['MAPPING_NOT_COVERED', 'error', 'expected table dbo.Log of source legacy to be used or excluded, got neither'],
    ],
  )
  assert.match(found[1]?.next ?? '', /exclude\.tables: dbo\.Log: \{ reason/)
  assert.deepEqual([found[0]?.where.table, found[0]?.where.column], ['dbo.Student', 'Old_Id'])
})

test('what is excluded, by name or by pattern, is not found', () => {
  assert.deepEqual(uncovered('exclude: { tables: { dbo.Log: { reason: noise } }, columns: { "*.Old_*": { reason: old } } }'), [])
  assert.deepEqual(uncovered('exclude: { tables: { "dbo.*": { reason: all of it } } }'), [])
})

test('a pattern without a source speaks of the first source only', () => {
  const exclude = 'exclude: { tables: { "dbo.*": { reason: r } } }'
  assert.equal(uncovered(exclude, { source: 'other' }).length, 2)
  assert.deepEqual(uncovered('exclude: { tables: { "other/dbo.*": { reason: r } } }', { source: 'other' }), [])
  assert.match(uncovered('', { source: 'other', used: {} })[1]?.next ?? '', /other\/dbo\.Log/)
})

test('where unmapped is `warn` it is a warning, and a tenant’s source names the tenant', () => {
  const found = uncovered('defaults: { unmapped: warn }', { tenant: 'ADAMS' })
  assert.deepEqual([...new Set(found.map(({ severity, where }) => `${severity} ${where.tenant}`))], ['warning ADAMS'])
})
