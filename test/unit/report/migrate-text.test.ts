import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderMigrate } from '../../../src/report/migrate-text.ts'
import { displayWidth } from '../../../src/report/text-width.ts'
import { equationText, NO_TOTALS } from '../../../src/report/totals-text.ts'
import { entityLine, migrateResult, narrow, WIDE } from './sample-results.ts'

const plain = (lines: readonly string[]): readonly string[] => lines.map(line => line.replaceAll('\u202f', '_'))

test('a run is a table per tenant and entity with a totals line, then what was declared and refused, then the equation', () => {
  assert.deepEqual(plain(renderMigrate(migrateResult(), WIDE)), [
    'tenant       entity    read  loaded  quarantined    s  rows/s  written',
    '───────────  ───────  ─────  ──────  ───────────  ───  ──────  ────────────────────────────────────',
    'springfield  student  1_000     990           10  2.0     500  core.student 990, core.address 1_980',
    'shelbyville  student  1_000   1_000            0  2.0     500  core.student 990, core.address 1_980',
    '───────────  ───────  ─────  ──────  ───────────  ───  ──────  ────────────────────────────────────',
    'all                   2_000   1_990           10  4.0     500',
    '',
    'Quarantined, by code',
    'rows  code            entity',
    '────  ──────────────  ───────',
    '  10  missing_school  student',
    '',
    'Declared outcomes taken',
    'times  kind   code     entity   column',
    '─────  ─────  ───────  ───────  ───────────────────',
    '    3  value  default  student  core.student.status',
    '',
    'Run 7 findings in 4.2 s, 476 rows/s',
    '2_000 read = 1_990 loaded + 10 quarantined',
  ])
})

test('outcomes that nobody met have no column, those that somebody met have', () => {
  const header = (members: Parameters<typeof entityLine>[0]) => renderMigrate(migrateResult({ entities: [entityLine(members)] }), WIDE)[0]
  assert.ok(!header({})?.includes('merged'))
  assert.match(
    header({ merged: 1, skipped: 2, unchanged: 3, updated: 4, excluded: 5 }) ?? '',
    /read +loaded +updated +unchanged +merged +skipped +excluded +quarantined/,
  )
  assert.match(header({ parts_quarantined: 1 }) ?? '', /parts refused/)
  assert.match(header({ state: 'stopped' }) ?? '', /state/)
})

test('with very many tenants the table sums them per entity and still names every line with refused rows', () => {
  const entities = Array.from({ length: 383 }, (_, i) =>
    entityLine({ tenant: `t${i}`, loaded: i === 5 ? 999 : 1_000, quarantined: i === 5 ? 1 : 0 }),
  )
  const lines = plain(renderMigrate(migrateResult({ entities, outcomes: [] }), WIDE))
  assert.ok(lines.length < 20)
  assert.match(lines[2] ?? '', /^\(383 tenants\) +student +383_000 +382_999 +1 /)
  assert.ok(lines.some(line => /^t5 +student +1_000 +999 +1 /.test(line)))
  assert.ok(lines.includes('383_000 read = 382_999 loaded + 1 quarantined'))
})

test('no line of a result is wider than the terminal', () => {
  for (const line of renderMigrate(migrateResult(), narrow(60))) assert.ok(displayWidth(line) <= 60, line)
})

test('failures and what a dry run did not try are told', () => {
  const failures = [{ code: 'SOURCE_UNREACHABLE', message: 'expected an answer, got none', where: { tenant: 'x' }, next: 'Look.' }]
  const lines = renderMigrate(
    migrateResult({ status: 'failed', dryRun: true, failures, not_tried: ['unique key core.student_pkey'] }),
    WIDE,
  )
  assert.ok(lines.includes('SOURCE_UNREACHABLE: expected an answer, got none'))
  assert.ok(lines.includes('  unique key core.student_pkey'))
  assert.ok(lines.some(line => line.startsWith('Dry run 7 failed in')))
})

test('nothing to resume is said and is not an empty table', () => {
  assert.deepEqual(renderMigrate(migrateResult({ status: 'clean', entities: [], outcomes: [], seconds: 0.1 }), WIDE), [
    'Nothing to do.',
    '',
    'Run 7 clean in 0.10 s',
    '0 read',
  ])
})

test('the accounting equation names every outcome met, and shows when it does not hold', () => {
  assert.equal(equationText({ ...NO_TOTALS, read: 3, updated: 1, skipped: 2 }), '3 read = 1 updated + 2 skipped')
  assert.equal(equationText({ ...NO_TOTALS, read: 3, loaded: 2 }), '3 read ≠ 2 loaded')
  assert.equal(equationText({ ...NO_TOTALS, read: 3 }), '3 read ≠ 0')
  assert.equal(equationText(NO_TOTALS), '0 read')
})
