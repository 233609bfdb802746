import assert from 'node:assert/strict'
import { test } from 'node:test'
import { targetBeforeTriggers } from '../../../src/checks/target-before-triggers.ts'
import { targetRights } from '../../../src/checks/target-rights.ts'
import { targetRowSecurity } from '../../../src/checks/target-row-security.ts'
import { targetTableKind } from '../../../src/checks/target-table-kind.ts'
import { targetTableMissing } from '../../../src/checks/target-table-missing.ts'
import { targetTriggersNotOurs } from '../../../src/checks/target-triggers-not-ours.ts'
import { targetTriggersUnsaid } from '../../../src/checks/target-triggers-unsaid.ts'
import { findingsOf, GOOD_TABLES, manifestWith, oneFinding, surveyOf, tablesWith, trigger } from '../../support/survey.ts'

const says = (triggers: 'fire' | 'disable'): string =>
  manifestWith('tenant_column: tenant_id', `tenant_column: tenant_id, triggers: ${triggers}`)

test('a missing table is told once, by the compiler where it could and by the check where it could not', () => {
  const targets = { app: GOOD_TABLES.filter(table => table.name !== 'contacts') }
  const compiled = surveyOf({ targets })
  assert.deepEqual(findingsOf(targetTableMissing, compiled), [])
  assert.ok(compiled.compiled.some(entity => entity.compiled.findings.some(finding => finding.code === 'MAPPING_UNKNOWN_COLUMN')))
  const found = oneFinding(targetTableMissing, surveyOf({ targets, relations: [] }))
  assert.equal(found.code, 'MAPPING_UNKNOWN_COLUMN')
  assert.equal(found.where.table, 'core.contacts')
  assert.equal(found.message, 'expected table core.contacts in service app, got none')
  assert.equal(found.next, 'Create the table, or let `--create-target` apply target.sql.')
})

test('only a table or a partitioned table can be loaded', () => {
  const of = (kind: 'view' | 'materialized_view' | 'foreign_table' | 'partitioned') =>
    findingsOf(targetTableKind, surveyOf({ targets: tablesWith('core.schools', { kind }) }))
  assert.deepEqual(of('partitioned'), [])
  assert.deepEqual(
    (['view', 'materialized_view', 'foreign_table'] as const).flatMap(of).map(({ message }) => message),
    [
      'expected a table, got a view',
      'expected a table, got a materialized view',
      'expected a table, got a foreign table, which does not commit with the batch',
    ],
  )
  assert.equal(of('view')[0]?.next, 'Name the table under `into`, not what shows it.')
})

test('a right that lacks is named, with the statement that gives it', () => {
  const found = oneFinding(targetRights, surveyOf({ targets: tablesWith('core.students', { canInsert: false }) }))
  assert.equal(found.code, 'TARGET_POLICY_DENIED')
  assert.deepEqual(found.where, { service: 'app', table: 'core.students' })
  assert.equal(found.message, 'expected role writer to have the rights to insert and read, got none to INSERT')
  assert.ok(
    found.next.startsWith(
      'As the owner, owner, run: GRANT USAGE ON SCHEMA "core" TO "writer"; GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "core"."students" TO "writer";',
    ),
  )
  const both = oneFinding(targetRights, surveyOf({ targets: tablesWith('core.students', { canInsert: false, canSelect: false }) }))
  assert.match(both.message, /to INSERT and SELECT$/)
})

test('row-level security that binds our role forbids the load, and who could lift it is told', () => {
  const of = (change: object) =>
    oneFinding(targetRowSecurity, surveyOf({ targets: tablesWith('core.students', { isRowSecurityActive: true, ...change }) }))
  const plain = of({})
  assert.equal(plain.code, 'TARGET_POLICY_DENIED')
  assert.equal(
    plain.message,
    'expected a role that row-level security does not bind, got writer: COPY FROM is refused under row-level security',
  )
  assert.match(plain.next, /^As a superuser run: ALTER ROLE "writer" BYPASSRLS; Or migrate as the owner, owner,/)
  assert.match(of({ forcesRowSecurity: true }).next, /Being the owner is not enough: the table has FORCE ROW LEVEL SECURITY\.$/)
  assert.match(of({ forcesRowSecurity: true, isOwnedByUs: true }).next, /ALTER TABLE "core"\."students" NO FORCE ROW LEVEL SECURITY;$/)
  assert.deepEqual(findingsOf(targetRowSecurity, surveyOf({ targets: tablesWith('core.students', { hasRowSecurity: true }) })), [])
})

test('triggers must be spoken of where a load can set them off', () => {
  const of = (change: object, manifest?: string) =>
    findingsOf(
      targetTriggersUnsaid,
      surveyOf({ targets: tablesWith('core.students', { triggers: [trigger('stamp', change)] }), ...(manifest ? { manifest } : {}) }),
    )
  const [found] = of({})
  assert.equal(found?.code, 'TARGET_UNSUITED')
  assert.deepEqual(found?.where, { file: 'rehouse.yaml', line: 6, column: 16, service: 'app', table: 'core.students' })
  assert.equal(found?.message, 'expected service app to say what becomes of triggers, got nothing about stamp')
  assert.match(found?.next ?? '', /^Write under services\.app: `triggers: disable` .* or `triggers: fire`/)
  assert.equal(of({ events: ['update'] }).length, 1)
  assert.deepEqual([...of({ events: ['truncate'] }), ...of({ isEnabled: false }), ...of({}, says('fire')), ...of({}, says('disable'))], [])
})

test('only an owner may disable triggers', () => {
  const of = (isOwnedByUs: boolean, manifest: string) =>
    findingsOf(
      targetTriggersNotOurs,
      surveyOf({ manifest, targets: tablesWith('core.students', { triggers: [trigger('stamp')], isOwnedByUs }) }),
    )
  const [found] = of(false, says('disable'))
  assert.equal(found?.severity, 'error')
  assert.equal(found?.message, 'expected role writer to own the table whose triggers are to be disabled (stamp), got owner as its owner')
  assert.ok(
    found?.next.startsWith(
      'As an administrator run: GRANT "owner" TO "writer"; or, if owner is a superuser: ALTER TABLE "core"."students" OWNER TO "writer";',
    ),
  )
  assert.deepEqual([...of(true, says('disable')), ...of(false, says('fire'))], [])
})

test('a trigger that fires before each row is inserted is pointed out', () => {
  const of = (change: object, manifest = says('fire')) =>
    findingsOf(targetBeforeTriggers, surveyOf({ manifest, targets: tablesWith('core.students', { triggers: [trigger('stamp', change)] }) }))
  const [found] = of({ timing: 'before' })
  assert.equal(found?.severity, 'info')
  assert.match(found?.message ?? '', /got stamp before each insert: rows stored must equal rows sent/)
  assert.match(found?.next ?? '', /drops no row .* or write `triggers: disable`\.$/)
  assert.deepEqual(
    [
      ...of({}),
      ...of({ timing: 'before', events: ['update'] }),
      ...of({ timing: 'before', level: 'statement' }),
      ...of({ timing: 'before' }, says('disable')),
    ],
    [],
  )
})
