import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderVerify } from '../../../src/report/verify-text.ts'
import { VERIFY, WIDE } from './sample-results.ts'

test('says what differs, where all of it is, and how it ended', () => {
  const text = renderVerify(VERIFY, WIDE).join('\n')
  assert.match(text, /1 difference\n/)
  assert.match(text, /different\s+springfield\s+student\s+4711\s+public\.student\.name\s+text of 3 characters\s+NULL/)
  assert.match(text, /All of them: \/srv\/\.rehouse\/verify\/1\/differences\.jsonl/)
  assert.match(text, /Witness: 0 aggregates equal, 1 different/)
  assert.match(text, /Verification \(rigorous\) of run 20261120T101923-4f2a: different in/)
})

test('what is in quarantine is accounted for, never called complete', () => {
  const accounted = renderVerify({ ...VERIFY, outcome: 'equal', parity: 'accounted', differences: [], differences_total: 0 }, WIDE).join(
    '\n',
  )
  assert.match(accounted, /Accounted for, not complete/)
  assert.doesNotMatch(accounted, /100 %/)
  const whole = renderVerify({ ...VERIFY, outcome: 'equal', parity: 'complete', differences: [], differences_total: 0 }, WIDE).join('\n')
  assert.match(whole, /100 % parity at this level/)
})

test('reasons and columns without a witness are named', () => {
  const none = {
    ...VERIFY.witness[0],
    entity: 's',
    tenant: null,
    table: 'public.s',
    column: 'c',
    measure: '',
    state: 'none',
    source: null,
    target: null,
  } as const
  const reason = { code: 'source_moved_on', entity: 's', tenant: 'north', table: null, message: 'expected rows, got others' } as const
  const text = renderVerify(
    { ...VERIFY, outcome: 'could_not_verify', witness: [{ ...none, reason: 'a constant' }], reasons: [reason] },
    WIDE,
  ).join('\n')
  assert.match(text, /No witness for 1 column \(all of them: --json\):\n {2}1 {2}a constant: public\.s\.c\n/)
  assert.match(text, /Could not be verified\n {2}source_moved_on \(north s\): expected rows, got others/)
  assert.match(text, /: could not verify in/)
})

test('columns without a witness are counted by their reason, with the first of them, whatever the number of tenants', () => {
  const none = { entity: 's', table: 'public.s', measure: '', state: 'none', source: null, target: null } as const
  const lines = ['a', 'b', 'c', 'd', 'e'].flatMap(column =>
    ['north', 'south'].map(tenant => ({ ...none, tenant, column, reason: column === 'a' ? 'a constant' : 'an expression' })),
  )
  const digest = { ...none, tenant: 'north', column: '', measure: 'digest', reason: 'several entities fill it' }
  const text = renderVerify({ ...VERIFY, witness: [...lines, digest] }, WIDE).join('\n')
  assert.match(text, /No witness for 5 columns \(all of them: --json\):/)
  assert.match(text, /\n {2}4 {2}an expression: public\.s\.b, public\.s\.c, public\.s\.d and 1 other\n {2}1 {2}a constant: public\.s\.a\n/)
  assert.match(text, /No digest for 1 table \(all of them: --json\):\n {2}1 {2}several entities fill it: public\.s\n/)
})
