import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mappingCircle } from '../../../src/checks/mapping-circle.ts'
import { mappingFinish } from '../../../src/checks/mapping-finish.ts'
import { mappingHeadWithoutId } from '../../../src/checks/mapping-head-without-id.ts'
import { mappingIdTaken } from '../../../src/checks/mapping-id-taken.ts'
import { mappingKeyLeftToTarget } from '../../../src/checks/mapping-key-left-to-target.ts'
import { mappingNoTenantColumn } from '../../../src/checks/mapping-no-tenant-column.ts'
import { mappingNoTenants } from '../../../src/checks/mapping-no-tenants.ts'
import { mappingOtherService } from '../../../src/checks/mapping-other-service.ts'
import { mappingPartWithoutHead } from '../../../src/checks/mapping-part-without-head.ts'
import { mappingServiceWithoutTenant } from '../../../src/checks/mapping-service-without-tenant.ts'
import { mappingTargetDefaults } from '../../../src/checks/mapping-target-defaults.ts'
import { mappingTimeDefaults } from '../../../src/checks/mapping-time-defaults.ts'
import { mappingUnused } from '../../../src/checks/mapping-unused.ts'
import { mappingZoneUnused } from '../../../src/checks/mapping-zone-unused.ts'
import { column, findingsOf, GOOD_TABLES, manifestWith, oneFinding, relation, surveyOf, table, tablesWith } from '../../support/survey.ts'

test('an empty list of tenants is an error where entities need one', () => {
  const found = oneFinding(mappingNoTenants, surveyOf({ tenants: [] }))
  assert.equal(found.code, 'TENANT_INVALID')
  assert.equal(found.where.line, 4)
  assert.equal(found.message, 'expected at least one tenant, whose rows 2 entities read, got none')
  assert.equal(found.next, 'Add the tenants under `tenants`, each with its code.')
  const csv = manifestWith(/tenants: \[.*\]/, 'tenants: { from: tenants.csv }')
  assert.equal(
    oneFinding(mappingNoTenants, surveyOf({ tenants: [], manifest: csv })).next,
    'Add the tenants to tenants.csv, one line each.',
  )
})

test('several tenants in a service without tenant_column are a warning', () => {
  const manifest = manifestWith(', tenant_column: tenant_id', '')
  const found = oneFinding(mappingServiceWithoutTenant, surveyOf({ manifest }))
  assert.equal(found.code, 'MAPPING_NO_TENANT')
  assert.equal(
    found.message,
    'expected a tenant_column in service app, to which 2 tenants bring rows, got none: nothing would tell their rows apart',
  )
  assert.match(found.next, /^Write under services\.app: `tenant_column: tenant_id`/)
  assert.deepEqual(findingsOf(mappingServiceWithoutTenant, surveyOf({ manifest, tenants: [{}] })), [])
})

test('a table that tenants’ rows go to must have the tenant column', () => {
  const columns = [column('id uuid!'), column('name text!')]
  const found = oneFinding(mappingNoTenantColumn, surveyOf({ targets: tablesWith('core.schools', { columns }) }))
  assert.equal(found.severity, 'error')
  assert.equal(found.where.entity, 'school')
  assert.equal(found.message, 'expected column tenant_id in core.schools, to which school brings rows of tenants, got none')
  assert.equal(
    found.next,
    'Run: ALTER TABLE "core"."schools" ADD COLUMN "tenant_id" uuid NOT NULL; or write `tenant: none` for school if its rows are shared by all tenants.',
  )
})

test('rows shared by all tenants need no tenant column', () => {
  const manifest = manifestWith('{tenant.code}"', '{tenant.code}", common: "postgres://reader@common/common"').replace(
    '    service: app\n    from: public.school',
    '    service: app\n    tenant: none\n    from: common/public.school',
  )
  const columns = [column('id uuid!'), column('name text!')]
  assert.deepEqual(findingsOf(mappingNoTenantColumn, surveyOf({ manifest, targets: tablesWith('core.schools', { columns }) })), [])
})

test('a part must refer to its own head from the entity’s key', () => {
  const without = (by: string) =>
    oneFinding(mappingPartWithoutHead, surveyOf({ manifest: manifestWith('student_id: { ref: student, from: id }', by) }))
  const found = without('student_id: { ref: student, from: school_id }')
  assert.equal(found.code, 'MAPPING_NO_WAY_BACK')
  assert.equal(found.severity, 'error')
  assert.equal(found.where.table, 'core.contacts')
  assert.equal(found.message, 'expected a column of core.contacts that refers to the row’s own head in core.students, got none')
  assert.equal(found.next, 'Add a uuid column to core.contacts and fill it with { ref: student, from: id }.')
  assert.equal(without('student_id: { ref: school, from: school_id }').message, found.message)
})

test('parts of rows without a key cannot name their head', () => {
  const manifest = manifestWith('from: public.student\n    key: id', 'from: public.student\n    key: { content: true }').replace(
    'student_id: { ref: student, from: id }',
    'student_id: { id: hashed, from: id }',
  )
  const found = oneFinding(mappingPartWithoutHead, surveyOf({ manifest }))
  assert.match(found.next, /^Rows of student are told apart by their content.*: make core\.contacts an entity of its own/)
})

test('a head without an identifier is a warning, and one the target numbers is pointed out', () => {
  const numbered = table('core.schools', ['number int4!=', 'tenant_id uuid!', 'name text!'])
  const manifest = manifestWith('school_id: { ref: school, from: school_id }, ', '')
  const students = GOOD_TABLES.map(good => ({ ...good, columns: good.columns.filter(({ name }) => name !== 'school_id') }))
  const survey = surveyOf({ manifest, targets: { app: [numbered, ...students.slice(1)] } })
  const lost = oneFinding(mappingHeadWithoutId, survey)
  assert.equal(lost.code, 'MAPPING_NO_WAY_BACK')
  assert.equal(lost.severity, 'warning')
  assert.equal(
    lost.message,
    'expected a column of core.schools that holds the row’s identifier, got none: rows of school cannot be taken back',
  )
  assert.match(lost.next, /^Mark a uuid column with `\{ id: hashed \}`/)
  const left = oneFinding(mappingKeyLeftToTarget, survey)
  assert.equal(left.severity, 'info')
  assert.equal(
    left.message,
    'expected a uuid in primary key column number, which the mapping leaves open, got integer: the target numbers it',
  )
  assert.match(left.next, /Otherwise map the column, or make it a uuid\.$/)
  assert.deepEqual(findingsOf(mappingTargetDefaults, survey), [])
})

test('after the load nothing runs but the refreshing of one materialized view, named with its schema', () => {
  const withFinish = (sql: string) => surveyOf({ manifest: manifestWith('phases:', `finish: ["${sql}"]\nphases:`) })
  const found = oneFinding(mappingFinish, withFinish('update core.schools set name = null'))
  assert.equal(found.code, 'MANIFEST_INVALID')
  assert.equal(found.where.service, 'app')
  assert.equal(found.message, 'expected REFRESH MATERIALIZED VIEW [CONCURRENTLY] schema.view under `finish`, got another statement')
  for (const view of ['core.counts', 'concurrently core.\\"Odd name\\"', 'core.counts with data;'])
    assert.deepEqual(findingsOf(mappingFinish, withFinish(`refresh materialized view ${view}`)), [])
})

test('two entities that keep UUIDs in one table are a warning', () => {
  const manifest = manifestWith(
    '  student:\n',
    '  college:\n    service: app\n    from: public.college\n    key: id\n    id: keep\n    into:\n      core.schools:\n        columns: { name: name }\n  student:\n',
  )
    .replace('[school, student]', '[school, college, student]')
    .replace('    from: public.school\n    key: id\n', '    from: public.school\n    key: id\n    id: keep\n')
  const relations = [
    relation('public.school', ['id uuid!', 'name text!']),
    relation('public.college', ['id uuid!', 'name text!']),
    relation('public.student', ['id int4!', 'school_id uuid!', 'name text!', 'created timestamp!', 'phone text!']),
  ]
  const found = oneFinding(mappingIdTaken, surveyOf({ manifest, relations }))
  assert.equal(found.code, 'MAPPING_ID_TAKEN')
  assert.equal(found.where.entity, 'college')
  assert.equal(found.message, 'expected identifiers of college that school cannot have too, got both kept from the source')
  assert.match(found.next, /\(id_taken\)\. Otherwise write `id: hashed` for one of them\.$/)
  const hashed = manifest.replace(
    '    id: keep\n    into:\n      core.schools:\n        columns: { name: name }\n  student',
    '    id: hashed\n    into:\n      core.schools:\n        columns: { name: name }\n  student',
  )
  assert.deepEqual(findingsOf(mappingIdTaken, surveyOf({ manifest: hashed, relations })), [])
})

test('times left to a default are a warning, other columns a note, computed ones nothing', () => {
  const columns = ['id uuid!', 'tenant_id uuid!', 'name text!', 'created_at timestamptz!=', 'kind text!=', 'rank int4!='].map(column)
  const number = { ...column('number int4!'), generated: 'identity_by_default' } as const
  const computed = { ...column('label text='), generated: 'stored' } as const
  const survey = surveyOf({ targets: tablesWith('core.schools', { columns: [...columns, number, computed] }) })
  const time = oneFinding(mappingTimeDefaults, survey)
  assert.equal(time.code, 'MAPPING_DEFAULTS')
  assert.equal(time.severity, 'warning')
  assert.match(time.message, /^expected times to come from the source, got created_at left to the target’s default: if that is now\(\)/)
  assert.match(time.next, /^Map it, .*: created_at: \{ from: COLUMN, if_null: \{ quarantine: no_timestamp \} \}\.$/)
  const rest = oneFinding(mappingTargetDefaults, survey)
  assert.equal(rest.severity, 'info')
  assert.equal(rest.message, 'expected every column to be filled by the mapping, got kind, rank, number left to the target’s default')
  assert.equal(rest.next, 'Nothing, if the default is meant; otherwise map the column.')
})

test('references into another service are pointed out once per entity and service', () => {
  const manifest = manifestWith('phases:', '  places: { url: "postgres://writer@app/places", tenant_column: tenant_id }\nphases:').replace(
    'service: app\n    from: public.school',
    'service: places\n    from: public.school',
  )
  const found = oneFinding(
    mappingOtherService,
    surveyOf({ manifest, targets: { app: GOOD_TABLES.slice(1), places: GOOD_TABLES.slice(0, 1) } }),
  )
  assert.equal(found.severity, 'info')
  assert.equal(found.where.entity, 'student')
  assert.equal(
    found.message,
    'expected a foreign key behind each reference, got school_id of student leading into service places, where none can follow',
  )
  assert.match(found.next, /^Nothing: the rows are looked up when they are loaded\./)
})

test('references of an entity to itself are pointed out, its parts’ references to their head are not', () => {
  const manifest = manifestWith('name: name, created_at', 'tutor_id: { ref: student, from: tutor }, name: name, created_at')
  const targets = {
    app: GOOD_TABLES.map(good => (good.name === 'students' ? { ...good, columns: [...good.columns, column('tutor_id uuid')] } : good)),
  }
  const relations = [
    relation('public.school', ['id int4!', 'name text!']),
    relation('public.student', ['id int4!', 'school_id int4!', 'name text!', 'created timestamp!', 'phone text!', 'tutor int4']),
  ]
  const found = oneFinding(mappingCircle, surveyOf({ manifest, targets, relations }))
  assert.equal(found.code, 'MAPPING_CIRCLE')
  assert.equal(
    found.message,
    'expected parents to be loaded before their children, got references from student to student, which are checked after the load',
  )
  assert.match(found.next, /^Nothing: rows that refer to nothing are taken back/)
  const byPrimaryKey = manifestWith('from: public.student\n    key: id', 'from: public.student')
  assert.deepEqual(findingsOf(mappingCircle, surveyOf({ manifest: byPrimaryKey })), [])
})

test('what nothing uses is a warning: a source, a service, a phase', () => {
  const manifest = manifestWith('{tenant.code}"', '{tenant.code}", old: "postgres://reader@old/old"')
    .replace('phases:', '  spare: { url: "postgres://writer@app/spare" }\nphases:')
    .replace('  - all: [school, student]', '  - all: [school, student]\n  - later: []')
  const found = findingsOf(mappingUnused, surveyOf({ manifest, targets: { app: GOOD_TABLES } }))
  assert.deepEqual(
    found.map(({ message, where }) => [message, where.line]),
    [
      ['expected an entity that reads source old, got none', 3],
      ['expected an entity that writes to service spare, got none', 7],
      ['expected entities in phase later, got none', undefined],
    ],
  )
  assert.ok(
    found.every(({ code, severity, next }) => code === 'MAPPING_UNUSED' && severity === 'warning' && next.startsWith('Take it out')),
  )
})

test('zones that no time needs are pointed out', () => {
  const manifest = manifestWith(', created_at: created', '')
  const targets = { app: GOOD_TABLES.map(good => ({ ...good, columns: good.columns.filter(({ name }) => name !== 'created_at') })) }
  const found = oneFinding(mappingZoneUnused, surveyOf({ manifest, targets }))
  assert.equal(found.severity, 'info')
  assert.equal(found.message, 'expected a local time to convert by the tenants’ zones, got no mapped column that holds a time')
  assert.match(found.next, /^Nothing\. If the sources have local times/)
  assert.deepEqual(findingsOf(mappingZoneUnused, surveyOf({ manifest, targets, tenants: [{ zone: null }] })), [])
  assert.deepEqual(findingsOf(mappingZoneUnused, surveyOf({ manifest, targets, relations: [] })), [])
})
