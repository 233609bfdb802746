import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingsOf, manifest } from './support.ts'

const entity = (text: string): string => manifest({ entity: `    ${text}` })

/** Everything the language has and Rehouse does not build yet: what it is called → a manifest that uses it. */
const LATER: Readonly<Record<string, string>> = {
  '`id_map`': entity('id_map: derived'),
  'SQL Server': manifest().replace('env:LEGACY_DB', '"sqlserver://host/db"'),
  MySQL: manifest().replace('env:LEGACY_DB', '"mysql://host/db"'),
}

for (const [name, text] of Object.entries(LATER))
  test(`refuses ${name} by name, with its place, never ignoring it`, () => {
    const findings = findingsOf(text)
    assert.equal(findings.length, 1, JSON.stringify(findings, null, 2))
    assert.equal(findings[0]?.code, 'MANIFEST_NOT_SUPPORTED')
    assert.match(findings[0]?.message ?? '', /is part of the language but not supported yet$/)
    assert.ok(findings[0]?.message.includes(name.replace(/ (?:as from|in let|of an entity)$/, '')), findings[0]?.message)
    assert.ok(Number(findings[0]?.where.line) > 1)
  })

test('accepts `staging: embedded` and `on_conflict: quarantine`, which are what is built', () => {
  assert.deepEqual(
    findingsOf(manifest({ top: 'staging: embedded\ndefaults: { on_conflict: quarantine }', entity: '    on_conflict: quarantine' })),
    [],
  )
})

test('staging is the built-in server or a PostgreSQL; anything else is refused without showing it, a password in it is pointed out', () => {
  for (const where of ['embedded', 'env:STAGING', 'file:staging.url', 'postgres://stager@host/postgres'])
    assert.deepEqual(findingsOf(manifest({ top: `staging: "${where}"` })), [])
  const [wrong] = findingsOf(manifest({ top: 'staging: "mysql://secret@host/db"' }))
  assert.equal(wrong?.code, 'MANIFEST_INVALID')
  assert.ok(!wrong?.message.includes('secret'))
  assert.deepEqual(
    findingsOf(manifest({ top: 'staging: "postgres://stager:secret@host/postgres"' })).map(({ code }) => code),
    ['MANIFEST_SECRET'],
  )
})
