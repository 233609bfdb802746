import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderCheck } from '../../../src/report/check-text.ts'
import { renderLookup } from '../../../src/report/lookup-text.ts'
import { colourPaint } from '../../../src/report/paint.ts'
import { renderPlan } from '../../../src/report/plan-text.ts'
import { renderQuarantine, renderQuarantineDetails } from '../../../src/report/quarantine-text.ts'
import { renderStatus } from '../../../src/report/status-text.ts'
import { displayWidth } from '../../../src/report/text-width.ts'
import { CHECK, COMPAT, LOOKUP, narrow, PLAN, QUARANTINE, STATUS, WIDE } from './sample-results.ts'

const plain = (lines: readonly string[]): readonly string[] => lines.map(line => line.replaceAll('\u202f', '_'))

test('a check names sources, services and findings and ends with its verdict', () => {
  const lines = plain(renderCheck(CHECK, WIDE))
  assert.ok(lines.includes('sis     springfield  postgres://reader@db/springfield      12      123_456'))
  assert.ok(lines.includes('core     postgres://writer@db/core   180004  writer'))
  assert.equal(lines.at(-1), 'Not ready: 1 error, 1 warning.')
  assert.equal(renderCheck({ ...CHECK, findings: [] }, WIDE).at(-1), 'Ready: no findings.')
  assert.ok(renderCheck({ ...CHECK, grants: ['create role reader;'] }, WIDE).includes('create role reader;'))
})

test('a plan shows phases, entities and what fills each column', () => {
  assert.deepEqual(plain(renderPlan(PLAN, WIDE)), [
    'Plan of districts  mapping abababababab',
    '',
    'Phase 1: people',
    '',
    '  student',
    '    public.student → core.student (service core)',
    '    6 tenants, about 120_000 rows, keyset',
    '    300 tables named in legacy/public.school.storage, read one after the other; 12 sets of columns beside those they share',
    '    key student_id, identifier ordered',
    '    after school',
    '    references to student are checked when all rows are in',
    '    with marks from legacy/public.mark: about 9_000_000 rows, read beside the rows in the order of their key: too many to be kept (4 tenants); each is accounted for here',
    '    with marks from legacy/public.mark: about 700 rows, read into memory first: few enough to be kept (2 tenants)',
    '    column  type  from                  how         can be lost  way back',
    '    ──────  ────  ────────────────────  ──────────  ───────────  ─────────',
    "    name    text  first || ' ' || last  expression  –            read only",
    '',
    '1 entity in 1 phase, no findings.',
  ])
})

test('with --compat a plan says of each legacy column whether it comes back, from where and why, and of each table whether its rows do', () => {
  const lines = plain(renderPlan(COMPAT, WIDE))
  assert.deepEqual(lines.slice(lines.indexOf('Back to the legacy tables, by views in the target')), [
    'Back to the legacy tables, by views in the target',
    '',
    '  sis/public.student (student), rows that are left out would be missing',
    '    legacy column  type     way back   from                why',
    '    ─────────────  ───────  ─────────  ──────────────────  ────────────────────',
    '    student_id     integer  read only  –                   key, from the id map',
    '    first          text     updatable  core.student.first  column',
    '',
    '  sis/public.log, no entity reads its rows',
    '    legacy column  type  way back  from  why',
    '    ─────────────  ────  ────────  ────  ─────────────────────',
    '    line           text  no        –     left out: of no value',
    '',
    '3 columns: 1 updatable, 1 read only, 1 not.',
    '',
    '1 entity in 1 phase, no findings.',
  ])
  for (const line of renderPlan(COMPAT, narrow(50))) assert.ok(displayWidth(line) <= 50, line)
})

test('a status shows state, counts, rate, time left and what it waits for', () => {
  const lines = plain(renderStatus(STATUS, WIDE))
  assert.deepEqual(lines, [
    'Run 7 running, since 2026-01-02T03:04:05Z, by ada',
    '10 read = 10 loaded',
    'slowest part: target',
    'tenant       entity   state    consistency  read  loaded  quarantined  rows/s    time left',
    '───────────  ───────  ───────  ───────────  ────  ──────  ───────────  ──────  ───────────',
    'springfield  student  running  snapshot       10      10            0   1_230  about 1 min',
  ])
  assert.deepEqual(renderStatus({ runs: [] }, WIDE), ['No run yet.'])
})

test('a look-up lists its matches or says that there is none', () => {
  assert.equal(renderLookup(LOOKUP, WIDE).length, 3)
  assert.deepEqual(renderLookup({ ...LOOKUP, matches: [] }, WIDE), ['No match for student of tenant springfield.'])
  assert.deepEqual(renderLookup({ ...LOOKUP, tenant: null, matches: [] }, WIDE), ['No match for student.'])
})

test('the quarantine shows rows, how many are not shown, and how many of each code', () => {
  const lines = plain(renderQuarantine({ ...QUARANTINE, total: 5 }, WIDE))
  assert.equal(lines[3], 'and 4 others; --limit all shows every one')
  assert.ok(lines.includes('   1  missing_school  student'))
  assert.deepEqual(renderQuarantine({ total: 0, rows: [] }, WIDE), ['Nothing in quarantine.'])
  assert.deepEqual(renderQuarantineDetails(QUARANTINE, WIDE)[0], 'student 4711, a,b, tenant springfield')
})

test('no renderer writes a line wider than the terminal', () => {
  const page = narrow(50)
  const all = [
    renderCheck(CHECK, page),
    renderPlan(PLAN, page),
    renderStatus(STATUS, page),
    renderLookup(LOOKUP, page),
    renderQuarantine(QUARANTINE, page),
  ].flat()
  for (const line of all) assert.ok(displayWidth(line) <= 50, line)
})

test('colour is only added, never needed', () => {
  const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')
  for (const render of [
    renderCheck.bind(null, CHECK),
    renderPlan.bind(null, PLAN),
    renderStatus.bind(null, STATUS),
    renderQuarantineDetails.bind(null, QUARANTINE),
  ]) {
    const coloured = render({ width: Infinity, paint: colourPaint })
    assert.notDeepEqual(coloured, render(WIDE))
    assert.deepEqual(
      coloured.map(line => line.replaceAll(escapes, '')),
      render(WIDE),
    )
  }
})
