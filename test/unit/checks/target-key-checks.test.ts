import assert from 'node:assert/strict'
import { test } from 'node:test'
import { targetCircle } from '../../../src/checks/target-circle.ts'
import { targetConstraints } from '../../../src/checks/target-constraints.ts'
import { targetForeignKeysWithoutTenant } from '../../../src/checks/target-foreign-keys-without-tenant.ts'
import { targetSetNull } from '../../../src/checks/target-set-null.ts'
import { targetUniqueKeysWithoutTenant } from '../../../src/checks/target-unique-keys-without-tenant.ts'
import type { TargetRelation, UniqueKey } from '../../../src/model/catalogue.ts'
import {
  column,
  findingsOf,
  foreignKey,
  GOOD_TABLES,
  index,
  manifestWith,
  oneFinding,
  relation,
  surveyOf,
  tablesWith,
  unique,
} from '../../support/survey.ts'

const TUTORED = manifestWith('name: name, created_at', 'tutor_id: { ref: student, from: tutor }, name: name, created_at')
const WITH_TUTOR = [
  relation('public.school', ['id int4!', 'name text!']),
  relation('public.student', ['id int4!', 'school_id int4!', 'name text!', 'created timestamp!', 'phone text!', 'tutor int4']),
]

/** Students who refer to students, behind a foreign key. */
function tutored(change: Partial<TargetRelation>): Parameters<typeof surveyOf>[0] {
  const students = GOOD_TABLES[1] ?? assert.fail()
  const columns = [...students.columns, column('tutor_id uuid')]
  const foreignKeys = [...students.foreignKeys, foreignKey('students_tutor', ['tenant_id', 'tutor_id'], 'core.students (tenant_id, id)')]
  return {
    manifest: TUTORED,
    relations: WITH_TUTOR,
    targets: tablesWith('core.students', { columns, foreignKeys, isOwnedByUs: true, ...change }),
  }
}

test('a key behind references to later rows can be set aside on a table that is ours and empty', () => {
  assert.deepEqual(findingsOf(targetCircle, surveyOf(tutored({}))), [])
  assert.deepEqual(findingsOf(targetCircle, surveyOf(tutored({ foreignKeys: [], isEmpty: false }))), [])
})

/** The same with a column that may not be NULL, so that the reference cannot be set later. */
function mustTutor(change: Partial<TargetRelation>): Parameters<typeof surveyOf>[0] {
  const students = GOOD_TABLES[1] ?? assert.fail()
  return tutored({ columns: [...students.columns, { ...column('tutor_id uuid'), isNullable: false }], ...change })
}

test('a reference that may be NULL for a while is set when all rows are there, so nothing is wrong', () => {
  assert.deepEqual(findingsOf(targetCircle, surveyOf(tutored({ isEmpty: false }))), [])
  assert.deepEqual(findingsOf(targetCircle, surveyOf(tutored({ isOwnedByUs: false }))), [])
})

test('where such a key cannot be set aside it is an error with the way out', () => {
  const of = (change: Partial<TargetRelation>) => oneFinding(targetCircle, surveyOf(mustTutor(change)))
  const notOurs = of({ isOwnedByUs: false })
  assert.equal(notOurs.code, 'TARGET_UNSUITED')
  assert.equal(notOurs.severity, 'error')
  assert.deepEqual(notOurs.where, { service: 'app', entity: 'student', table: 'core.students', column: 'tutor_id' })
  assert.equal(
    notOurs.message,
    'expected to set foreign key students_tutor aside until all rows are there, got a table of owner, not of writer',
  )
  assert.equal(
    notOurs.next,
    'As an administrator run: GRANT "owner" TO "writer"; or, if owner is a superuser: ALTER TABLE "core"."students" OWNER TO "writer";',
  )
  const full = of({ isEmpty: false })
  assert.equal(full.severity, 'error')
  assert.match(full.message, /got a table that holds rows already$/)
  assert.match(full.next, /run ALTER TABLE "core"\."students" DROP CONSTRAINT "students_tutor"; before the migration/)
  assert.match(of({ kind: 'partitioned' }).message, /got a partitioned table$/)
  assert.match(of({ primaryKey: null }).message, /got a table whose rows could not be taken back/)
})

test('after the first run a filled table is only a warning, so that a rerun is not refused', () => {
  const found = oneFinding(targetCircle, surveyOf({ ...mustTutor({ isEmpty: false }), ledger: 'current' }))
  assert.equal(found.severity, 'warning')
  assert.match(found.next, /^Nothing, if new rows refer to rows that are there\..*\(foreign_key_violation\)\.$/)
})

test('a foreign key between tables with tenants must contain the tenant', () => {
  const of = (references: string) =>
    findingsOf(
      targetForeignKeysWithoutTenant,
      surveyOf({ targets: tablesWith('core.students', { foreignKeys: [foreignKey('fk', ['school_id'], references)] }) }),
    )
  const [found] = of('core.schools (id)')
  assert.equal(found?.code, 'TARGET_TENANT_KEYS')
  assert.equal(found?.severity, 'warning')
  assert.equal(
    found?.message,
    'expected tenant_id in foreign key fk, got (school_id): the target itself would let a row refer to another tenant’s',
  )
  assert.equal(
    found?.next,
    'Give "core"."schools" a UNIQUE ("tenant_id", "id") and make the key again as FOREIGN KEY ("tenant_id", "school_id") REFERENCES "core"."schools" ("tenant_id", "id").',
  )
  assert.deepEqual(of('core.tenants (id)'), [])
})

test('a unique key without the tenant is a warning, unless an identifier in it contains the tenant', () => {
  const of = (key: UniqueKey, name = 'core.students') =>
    findingsOf(targetUniqueKeysWithoutTenant, surveyOf({ targets: tablesWith(name, { uniqueKeys: [key] }) }))
  const [found] = of(unique('students_name', ['name']))
  assert.equal(found?.code, 'TARGET_TENANT_KEYS')
  assert.equal(found?.severity, 'warning')
  assert.match(
    found?.message ?? '',
    /^expected tenant_id in unique key students_name, got \(name\): rows of two tenants with the same values collide/,
  )
  assert.match(found?.next ?? '', /^Make it unique within the tenant: UNIQUE \("tenant_id", "name"\)\./)
  assert.match(of(unique('students_lower', [], { isPartialOrExpression: true }))[0]?.message ?? '', /got an expression:/)
  const safe = [
    ...of(unique('a', ['tenant_id', 'name'])),
    ...of(unique('students_pkey', ['id'])),
    ...of(unique('c', ['school_id', 'name'])),
    ...of(unique('d', ['student_id']), 'core.contacts'),
    ...of(unique('contacts_pkey', ['id']), 'core.contacts'),
  ]
  assert.deepEqual(safe, [])
})

test('a unique key over UUIDs kept from several tenants is pointed out, over one tenant not', () => {
  const manifest = manifestWith('    from: public.school\n    key: id\n', '    from: public.school\n    key: id\n    id: keep\n')
  const relations = [
    relation('public.school', ['id uuid!', 'name text!']),
    relation('public.student', ['id int4!', 'school_id uuid!', 'name text!', 'created timestamp!', 'phone text!']),
  ]
  const found = oneFinding(targetUniqueKeysWithoutTenant, surveyOf({ manifest, relations }))
  assert.equal(found.code, 'MAPPING_ID_TAKEN')
  assert.equal(found.severity, 'info')
  assert.equal(found.where.table, 'core.schools')
  assert.match(found.message, /^expected identifiers that contain the tenant in unique key schools_pkey, got ones kept from the sources/)
  assert.match(found.next, /\(id_taken\)\.$/)
  const single = manifest.replace(/tenants: \[.*\]/, 'tenants: single').replace('/{tenant.code}', '/legacy')
  assert.deepEqual(findingsOf(targetUniqueKeysWithoutTenant, surveyOf({ manifest: single, relations, tenants: [{}] })), [])
})

test('SET NULL without a column list would null the tenant', () => {
  const of = (change: object) =>
    findingsOf(
      targetSetNull,
      surveyOf({
        targets: tablesWith('core.students', {
          foreignKeys: [foreignKey('fk', ['tenant_id', 'school_id'], 'core.schools (tenant_id, id)', change)],
        }),
      }),
    )
  const [found] = of({ onDelete: 'set null' })
  assert.equal(found?.code, 'TARGET_TENANT_KEYS')
  assert.deepEqual(found?.where, { service: 'app', table: 'core.students', column: 'tenant_id' })
  assert.equal(
    found?.message,
    'expected foreign key fk to leave tenant_id alone when its parent is deleted, got ON DELETE SET NULL on all its columns',
  )
  assert.equal(found?.next, 'Make the key again with a column list (PostgreSQL 15 and newer): ON DELETE SET NULL ("school_id").')
  assert.equal(of({ onDelete: 'set null', setNullColumns: ['tenant_id', 'school_id'] }).length, 1)
  assert.deepEqual([...of({ onDelete: 'set null', setNullColumns: ['school_id'] }), ...of({ onDelete: 'cascade' })], [])
})

test('a foreign key that is not validated and an index that is not valid are warnings with the statement', () => {
  const change = {
    foreignKeys: [foreignKey('fk', ['tenant_id', 'school_id'], 'core.schools (tenant_id, id)', { isValidated: false })],
    indexes: [index('good'), index('half', { isValid: false }), index('keyed', { isValid: false, isUnique: true })],
  }
  const found = findingsOf(targetConstraints, surveyOf({ targets: tablesWith('core.students', change) }))
  assert.ok(found.every(({ code, severity }) => code === 'TARGET_CONSTRAINT' && severity === 'warning'))
  assert.deepEqual(
    found.map(({ message }) => message),
    [
      'expected foreign key fk to hold for every row, got one that was never validated',
      'expected index half to be usable, got an invalid one',
      'expected index keyed to be usable, got an invalid one, which does not keep rows unique',
    ],
  )
  assert.match(found[0]?.next ?? '', /^Run: ALTER TABLE "core"\."students" VALIDATE CONSTRAINT "fk";/)
  assert.equal(found[1]?.next, 'Run: REINDEX INDEX "core"."half"; or drop it.')
})
