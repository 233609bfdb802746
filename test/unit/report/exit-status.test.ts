import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CODES } from '../../../src/errors.ts'
import type { Finding } from '../../../src/model/finding.ts'
import type { MigrateResult } from '../../../src/model/results.ts'
import { exitStatus, GRAVITY } from '../../../src/report/exit-status.ts'
import { entityLine, LOOKUP, migrateResult } from './sample-results.ts'

const finding = (severity: Finding['severity'], code = 'MAPPING_TYPE'): Finding => ({ code, severity, where: {}, message: 'm', next: 'n' })
const failure = (code: string): MigrateResult['failures'][number] => ({ code, message: 'm', where: {}, next: 'n' })
const CLEAN_LINE = entityLine({ read: 5, loaded: 5, quarantined: 0 })
const clean = (members: Partial<MigrateResult> = {}) => migrateResult({ status: 'clean', entities: [CLEAN_LINE], outcomes: [], ...members })

test('of several exit statuses the first of 70, 130, 2, 4, 5, 6, 3, 1, 0 counts', () => {
  assert.deepEqual(GRAVITY, [70, 130, 2, 4, 5, 6, 3, 1, 0])
  const codeOf: Readonly<Record<number, string>> = {
    70: 'BUG',
    130: 'INTERRUPTED',
    2: 'MAPPING_CHANGED',
    4: 'SOURCE_UNREACHABLE',
    5: 'TARGET_REFUSED',
    6: 'STOPPED',
    3: 'COULD_NOT_VERIFY',
  }
  const graves = GRAVITY.filter(exit => codeOf[exit] !== undefined)
  graves.forEach((grave, i) => {
    for (const lesser of graves.slice(i)) {
      const failures = [failure(codeOf[lesser] ?? ''), failure(codeOf[grave] ?? '')]
      assert.equal(exitStatus({ kind: 'migrate', result: migrateResult({ status: 'findings', failures }) }), grave)
    }
  })
})

test('a command that ended with an error has the exit status of its code', () => {
  for (const code of Object.keys(CODES).filter((name): name is keyof typeof CODES => name in CODES)) {
    assert.equal(exitStatus({ kind: 'error', code }), CODES[code].exit)
    assert.ok(GRAVITY.includes(CODES[code].exit), code)
  }
})

test('check is 1 if any finding is an error, and 0 for warnings alone', () => {
  assert.equal(exitStatus({ kind: 'findings', findings: [] }), 0)
  assert.equal(exitStatus({ kind: 'findings', findings: [finding('warning'), finding('info')] }), 0)
  assert.equal(exitStatus({ kind: 'findings', findings: [finding('warning'), finding('error')] }), 1)
  assert.equal(exitStatus({ kind: 'findings', findings: [finding('error'), finding('error', 'SOURCE_UNREACHABLE')] }), 4)
  assert.equal(exitStatus({ kind: 'findings', findings: [finding('error', 'TARGET_UNREACHABLE')] }), 5)
  assert.equal(exitStatus({ kind: 'findings', findings: [finding('warning', 'SOURCE_UNREACHABLE')] }), 0)
})

test('the status of a run decides its exit status, a dry run like any other', () => {
  const table: readonly (readonly [Partial<MigrateResult>, number])[] = [
    [{}, 0],
    [{ dryRun: true }, 0],
    [{ dryRun: true, not_tried: ['unique key'] }, 0],
    [{ status: 'findings' }, 1],
    [{ dryRun: true, status: 'findings' }, 1],
    [{ status: 'stopped' }, 6],
    [{ status: 'interrupted' }, 130],
    [{ status: 'interrupted', failures: [failure('SOURCE_UNREACHABLE')] }, 130],
    [{ status: 'failed', failures: [failure('SOURCE_UNREACHABLE'), failure('TARGET_UNREACHABLE')] }, 4],
    [{ status: 'failed', failures: [failure('TARGET_UNREACHABLE'), failure('STOPPED')] }, 5],
    [{ status: 'stopped', failures: [failure('SOURCE_REFUSED')] }, 4],
    [{ status: 'failed' }, 70],
    [{ status: 'failed', failures: [failure('NOT_A_CODE')] }, 70],
  ]
  for (const [members, exit] of table) assert.equal(exitStatus({ kind: 'migrate', result: clean(members) }), exit, JSON.stringify(members))
})

test('rows and parts in quarantine are findings, whatever the status says', () => {
  assert.equal(exitStatus({ kind: 'migrate', result: clean({ entities: [entityLine()] }) }), 1)
  assert.equal(exitStatus({ kind: 'migrate', result: clean({ entities: [{ ...CLEAN_LINE, parts_quarantined: 1 }] }) }), 1)
})

test('declared exclusions, declared losses and warnings are not findings', () => {
  const excluded = { ...CLEAN_LINE, read: 7, excluded: 2 }
  const outcomes = [{ entity: 'student', kind: 'loss', column: 'core.student.name', code: 'cut', count: 9 }]
  assert.equal(exitStatus({ kind: 'migrate', result: clean({ entities: [excluded], outcomes, findings: [finding('warning')] }) }), 0)
})

test('nothing to resume is 0', () => {
  assert.equal(exitStatus({ kind: 'migrate', result: clean({ entities: [] }) }), 0)
})

test('a look-up with no match is 1', () => {
  assert.equal(exitStatus({ kind: 'lookup', result: LOOKUP }), 0)
  assert.equal(exitStatus({ kind: 'lookup', result: { ...LOOKUP, matches: [] } }), 1)
})

test('verify is 0 for equal, 1 for different, and 3 for what could not be verified', () => {
  const exit = (outcome: 'equal' | 'different' | 'could_not_verify') => exitStatus({ kind: 'verify', result: { outcome } })
  assert.deepEqual([exit('equal'), exit('different'), exit('could_not_verify')], [0, 1, 3])
})
