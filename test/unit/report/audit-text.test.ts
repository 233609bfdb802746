import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditCsv, auditHeadText, auditLines, renderAuditVerify } from '../../../src/report/audit-text.ts'
import { exitStatus } from '../../../src/report/exit-status.ts'
import { strictCsv } from '../../support/strict-csv.ts'
import { AUDIT_EXPORT, AUDIT_VERIFY, WIDE } from './sample-results.ts'

test('every finding of the audit is told with its kind and number, and the outcome in words', () => {
  const lines = renderAuditVerify(AUDIT_VERIFY, WIDE)
  assert.ok(lines.some(line => /^main\s+altered\s+2\s+entry 2 was altered$/.test(line)))
  assert.ok(lines.includes('  other: there is no ledger'))
  assert.ok(lines.includes('The audit chain is not whole.'))
  assert.equal(lines.at(-1), `Audit head main:3:${'ab'.repeat(32)}`)
  const whole = { ...AUDIT_VERIFY, outcome: 'intact', findings: [], reasons: [] } as const
  assert.deepEqual(renderAuditVerify(whole, WIDE).slice(0, 2), ['main: 3 entries', 'The audit chain is whole.'])
})

test('a chain that could not be verified is never green', () => {
  const exit = (outcome: 'intact' | 'broken' | 'could_not_verify'): number => exitStatus({ kind: 'audit', result: { outcome } })
  assert.deepEqual([exit('intact'), exit('broken'), exit('could_not_verify')], [0, 1, 3])
})

test('heads are printed whole, one line a service', () => {
  const heads = [`a:1:${'0'.repeat(64)}`, `b:2:${'1'.repeat(64)}`]
  assert.deepEqual(
    auditHeadText(heads.join(',')),
    heads.map(head => `Audit head ${head}`),
  )
  assert.deepEqual(auditHeadText(undefined), [])
})

test('an export has every field, and no formula in CSV', () => {
  const [head, row] = strictCsv(auditCsv(AUDIT_EXPORT.rows)) ?? []
  assert.deepEqual(
    head?.map(({ text }) => text),
    ['service', 'id', 'at', 'who', 'action', 'run', 'detail', 'previous', 'hash'],
  )
  assert.deepEqual([row?.[3]?.text, row?.[6]?.text], [`'=Eve`, '{"entity":"student","keys":[["4711"]]}'])
  assert.deepEqual(JSON.parse(auditLines(AUDIT_EXPORT.rows).trim()), AUDIT_EXPORT.rows[0])
})
