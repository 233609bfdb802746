import assert from 'node:assert/strict'
import { test } from 'node:test'
import { targetDatabaseTwice } from '../../../src/checks/target-database-twice.ts'
import { targetLedgerRights } from '../../../src/checks/target-ledger-rights.ts'
import { targetPooled } from '../../../src/checks/target-pooled.ts'
import { targetReadOnly } from '../../../src/checks/target-read-only.ts'
import { targetVersion } from '../../../src/checks/target-version.ts'
import { findingsOf, GOOD_TABLES, manifestWith, oneFinding, surveyOf } from '../../support/survey.ts'

test('a pooler in transaction mode before a target is refused', () => {
  const found = oneFinding(targetPooled, surveyOf({ facts: { isPooled: true } }))
  assert.deepEqual(found, {
    code: 'TARGET_UNSUITED',
    severity: 'error',
    where: { service: 'app' },
    message: 'expected a session of its own with the target, got a pooler that shares sessions between transactions',
    next: 'Give the address of the server itself, or of a pool in session mode.',
  })
})

test('a target that only reads is refused', () => {
  const found = oneFinding(targetReadOnly, surveyOf({ facts: { isReadOnly: true } }))
  assert.equal(found.severity, 'error')
  assert.equal(found.message, 'expected a target that takes writes, got one that only reads')
  assert.match(found.next, /address of the primary server.* SHOW default_transaction_read_only;/)
})

test('a target is PostgreSQL 15 to 18: older is an error, newer a warning', () => {
  const at = (version: number) => findingsOf(targetVersion, surveyOf({ facts: { version } }))
  for (const version of [150_000, 180_099, 0]) assert.deepEqual(at(version), [], String(version))
  const [old, untried] = [...at(140_020), ...at(190_001)]
  assert.equal(old?.severity, 'error')
  assert.equal(old?.message, 'expected PostgreSQL 15 to 18, got 14.20')
  assert.equal(old?.next, 'Upgrade the target to PostgreSQL 15 or newer.')
  assert.equal(untried?.severity, 'warning')
  assert.equal(untried?.message, 'expected PostgreSQL 15 to 18, got 19.1')
  assert.match(untried?.next ?? '', /^Try the migration on a copy/)
  assert.match(at(90_624)[0]?.message ?? '', /got 9\.6\.24$/)
})

test('a ledger that must be made or upgraded needs the right to, and the statement is there', () => {
  const facts = { canCreateSchema: false, role: 'odd "role"' }
  const absent = oneFinding(targetLedgerRights, surveyOf({ facts }))
  assert.equal(absent.code, 'TARGET_POLICY_DENIED')
  assert.equal(absent.message, 'expected role odd "role" to be allowed to make the ledger in schema rehouse, got no right to')
  assert.match(absent.next, /: CREATE SCHEMA rehouse AUTHORIZATION "odd ""role""";/)
  const outdated = oneFinding(targetLedgerRights, surveyOf({ facts, ledger: 'outdated' }))
  assert.match(outdated.message, /to be allowed to upgrade the ledger/)
  assert.match(outdated.next, /^Migrate as the role that made the ledger/)
  assert.deepEqual(findingsOf(targetLedgerRights, surveyOf({ facts, ledger: 'current' })), [])
})

test('two services that are one database are refused', () => {
  const manifest = manifestWith('phases:', '  more: { url: "postgres://writer@app/app" }\nphases:')
  const wish = { manifest, targets: { app: GOOD_TABLES } }
  assert.deepEqual(findingsOf(targetDatabaseTwice, surveyOf(wish)), [])
  const found = oneFinding(targetDatabaseTwice, surveyOf({ ...wish, facts: { identity: 'postgres:1:16384' } }))
  assert.equal(found.where.service, 'more')
  assert.equal(found.where.line, 7)
  assert.equal(found.message, 'expected a database of its own for service more, got that of app')
  assert.equal(found.next, 'Let its entities name service app and take more out; one service may have tables in several schemas.')
})
