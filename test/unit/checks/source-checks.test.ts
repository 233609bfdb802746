import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceKey } from '../../../src/checks/source-key.ts'
import { sourceKeyEquality } from '../../../src/checks/source-key-equality.ts'
import { sourceRights } from '../../../src/checks/source-rights.ts'
import { sourceShared } from '../../../src/checks/source-shared.ts'
import { sourceVersion } from '../../../src/checks/source-version.ts'
import { sourceWritable } from '../../../src/checks/source-writable.ts'
import { stagingShared } from '../../../src/checks/staging-shared.ts'
import type { Collation, Relation } from '../../../src/model/catalogue.ts'
import { column, findingsOf, GOOD_RELATIONS, manifestWith, oneFinding, relation, surveyOf, unique } from '../../support/survey.ts'

const schoolWith = (change: Partial<Relation>): readonly Relation[] =>
  GOOD_RELATIONS.map(good => (good.name === 'school' ? { ...good, ...change } : good))
const one = [{ code: 'ADAMS' }]

test('a login that could write is a warning for each tenant in the same words', () => {
  const found = findingsOf(sourceWritable, surveyOf({ sourceFacts: tenant => ({ canWrite: tenant === 'BAKER' }) }))
  assert.deepEqual(found, [
    {
      code: 'SOURCE_WRITABLE',
      severity: 'warning',
      where: { tenant: 'BAKER' },
      message: 'expected a login that can only read source legacy, got one that could write',
      next: 'Make a login that can only read: `rehouse check --grants` prints the SQL.',
    },
  ])
})

test('a source is PostgreSQL 15 to 18: older is an error, newer a warning', () => {
  const at = (sourceVersion_: number) => findingsOf(sourceVersion, surveyOf({ sourceVersion: sourceVersion_, tenants: one }))
  assert.deepEqual([...at(150_000), ...at(180_004)], [])
  const [old, untried] = [...at(130_011), ...at(190_000)]
  assert.equal(old?.severity, 'error')
  assert.equal(old?.message, 'expected PostgreSQL 15 to 18 as source legacy, got 13.11')
  assert.equal(old?.next, 'Restore a dump of it into a newer server and read that.')
  assert.equal(untried?.severity, 'warning')
  assert.equal(untried?.next, 'Compare the counts of a dry run with your own, and look for a newer Rehouse.')
})

test('two tenants with one database are a warning, and so is a source that is a service', () => {
  const twice = oneFinding(sourceShared, surveyOf({ sourceFacts: () => ({ identity: 'postgres:2:7' }) }))
  assert.deepEqual(twice.where, { tenant: 'BAKER' })
  assert.equal(
    twice.message,
    'expected a database of its own as source legacy of tenant BAKER, got that of tenant ADAMS: each row would arrive for both',
  )
  assert.equal(twice.next, 'Correct the tenant’s column that the address is made of.')
  const target = oneFinding(sourceShared, surveyOf({ tenants: one, sourceFacts: () => ({ identity: 'postgres:1:app' }) }))
  assert.equal(target.message, 'expected source legacy and service app to be two databases, got one')
  assert.match(target.next, /exclude the target’s own tables from the source\.$/)
})

test('a key that may be NULL or double is a warning with what happens to such rows', () => {
  const of = (change: Partial<Relation>) => findingsOf(sourceKey, surveyOf({ tenants: one, relations: schoolWith(change) }))
  const [double] = of({ uniqueKeys: [] })
  assert.equal(double?.code, 'SOURCE_KEY')
  assert.deepEqual(double?.where, { file: 'rehouse.yaml', line: 10, column: 3, tenant: 'ADAMS', entity: 'school', table: 'public.school' })
  assert.equal(double?.message, 'expected a key of public.school that is unique and never NULL, got (id): nothing makes it unique')
  assert.match(double?.next ?? '', /^Rows it concerns go into quarantine \(duplicate_key\); how many is known when they are read\./)
  const nullable = { columns: [column('id int4'), column('name text!')] }
  assert.match(of(nullable)[0]?.message ?? '', /: id may be NULL$/)
  assert.match(of(nullable)[0]?.next ?? '', /\(null_key\)/)
  assert.match(of({ ...nullable, uniqueKeys: [] })[0]?.message ?? '', /: id may be NULL and nothing makes it unique$/)
  const partial = { uniqueKeys: [unique('some', ['id'], { isPartialOrExpression: true })] }
  assert.match(of(partial)[0]?.message ?? '', /: nothing makes it unique$/)
  assert.deepEqual(findingsOf(sourceKey, surveyOf({ tenants: one })), [])
})

test('rows told apart by content need no unique key', () => {
  const manifest = manifestWith('    from: public.school\n    key: id', '    from: public.school\n    key: { content: true }').replace(
    'school_id: { ref: school, from: school_id }',
    'school_id: { id: hashed, from: school_id }',
  )
  assert.deepEqual(findingsOf(sourceKey, surveyOf({ tenants: one, manifest, relations: schoolWith({ uniqueKeys: [] }) })), [])
})

test('keys that are equal in different spellings are pointed out: citext is followed, other collations are not', () => {
  const of = (text: string, isDeterministic: boolean) => {
    const id = { ...column(text), collation: { name: 'folded', isDeterministic } }
    const school = relation('public.school', ['id text!', 'name text!'])
    return findingsOf(
      sourceKeyEquality,
      surveyOf({ tenants: one, relations: [{ ...school, columns: [id, column('name text!')] }, ...GOOD_RELATIONS.slice(1)] }),
    )
  }
  assert.deepEqual(of('id text!', true), [])
  const [folded] = of('id citext!', false)
  assert.equal(folded?.severity, 'info')
  assert.equal(folded?.message, 'expected equal keys to be equal texts, got a key of type citext: ABC and abc are one key')
  assert.equal(folded?.next, 'Nothing: references that differ in upper and lower case find their row.')
  const [unknown] = of('id text!', false)
  assert.equal(unknown?.severity, 'warning')
  assert.equal(
    unknown?.message,
    'expected equal keys to be equal texts, got a key with collation folded, which holds different texts for equal',
  )
  assert.match(unknown?.next ?? '', /counts as an orphan/)
})

test('a collation whose rule is known is followed and said so; accents and width it holds equal are a warning', () => {
  const of = (collation: Collation) => {
    const school = relation('public.school', ['id text!', 'name text!'])
    const columns = [{ ...column('id text!'), collation }, column('name text!')]
    return findingsOf(sourceKeyEquality, surveyOf({ tenants: one, relations: [{ ...school, columns }, ...GOOD_RELATIONS.slice(1)] }))[0]
  }
  const folded = of({ name: 'SQL_Latin1_General_CP1_CI_AS', isDeterministic: false, equality: 'fold_trim' })
  assert.equal(folded?.severity, 'info')
  assert.equal(
    folded?.message,
    'expected equal keys to be equal texts, got a key with collation SQL_Latin1_General_CP1_CI_AS: ABC and abc, and texts that differ in blanks at their end, are one key',
  )
  assert.equal(folded?.next, 'Nothing: references that differ in upper and lower case or in blanks at their end find their row.')
  assert.equal(of({ name: 'Latin1_General_BIN2', isDeterministic: true, equality: 'trim' })?.severity, 'info')
  for (const name of ['Latin1_General_CI_AI', 'Japanese_CI_AS', 'Chinese_PRC_CI_AS_KS']) {
    const found = of({ name, isDeterministic: false, equality: 'fold_trim' })
    assert.equal(found?.severity, 'warning', name)
    assert.match(found?.next ?? '', /^ABC and abc, .* are one key\. A reference written otherwise/)
  }
  assert.equal(of({ name: 'Japanese_CI_AS_KS_WS', isDeterministic: false, equality: 'fold_trim' })?.severity, 'info')
})

test('what the login may not read is an error where the mapping reads it, and only there', () => {
  const denied = (columns: readonly string[], rows = 'all') =>
    findingsOf(sourceRights, surveyOf({ tenants: one, relations: schoolWith({ denied: { columns, rows: rows === 'some' } }) }))
  assert.deepEqual(denied(['somewhere_else']), [])
  assert.equal(denied(['name'])[0]?.message, 'expected a login that may read public.school of source legacy, got no right to select name')
  assert.equal(denied(['id', 'name'])[0]?.message, 'expected a login that may read public.school of source legacy, got no right to select')
  assert.match(denied([], 'some')[0]?.message ?? '', /got row-level security that may hide rows from it$/)
  assert.equal(denied(['name'])[0]?.severity, 'error')
  const survey = surveyOf({ tenants: one, relations: schoolWith({ denied: { columns: ['id', 'name'], rows: true } }) })
  const file = { ...survey, sources: survey.sources.map(source => ({ ...source, capability: 'scan' as const })) }
  assert.match(findingsOf(sourceRights, file)[0]?.message ?? '', /^expected rows of public.school in the file of source legacy, got none/)
})

test('staging has a database of its own: that of a service or of a source is an error', () => {
  assert.deepEqual(findingsOf(stagingShared, surveyOf({ tenants: one })), [])
  assert.deepEqual(findingsOf(stagingShared, surveyOf({ tenants: one, staging: 'postgres:3:staging' })), [])
  const service = oneFinding(stagingShared, surveyOf({ tenants: one, staging: 'postgres:1:app' }))
  assert.equal(service.severity, 'error')
  assert.equal(service.message, 'expected a database of its own for staging, got that of service app')
  const source = oneFinding(stagingShared, surveyOf({ tenants: one, staging: 'postgres:2:legacy:ADAMS' }))
  assert.equal(source.message, 'expected a database of its own for staging, got that of source legacy')
  assert.equal(source.where.tenant, 'ADAMS')
})
