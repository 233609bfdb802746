import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../../../src/model/finding.ts'
import { renderError } from '../../../src/report/error-text.ts'
import { countFindings, renderFindings } from '../../../src/report/findings-text.ts'
import { whereText } from '../../../src/report/where-text.ts'
import { CHECK, narrow, WIDE } from './sample-results.ts'

test('findings are grouped by severity, the gravest first, each with where and next', () => {
  assert.deepEqual(renderFindings(CHECK.findings.toReversed(), WIDE), [
    '1 error',
    '  MAPPING_NOT_COVERED: expected every table to be used, got one that is not',
    '    where: rehouse.yaml:12:5, table public.rollover',
    '    next:  Map or exclude it.',
    '',
    '1 warning',
    '  SOURCE_REFUSED: expected a login that only reads, got one that can write',
    '    where: tenant springfield',
    '    next:  Use another login.',
    '',
  ])
  assert.deepEqual(renderFindings([], WIDE), [])
  assert.equal(countFindings(CHECK.findings), '1 error, 1 warning')
  assert.equal(countFindings([]), 'no findings')
})

test('one and the same finding in many places is said once with its places, and all are counted', () => {
  const findings = Array.from(
    { length: 383 },
    (_, i): Finding => ({ code: 'C', severity: 'info', where: { tenant: `t${i}` }, message: 'm', next: '' }),
  )
  const lines = renderFindings(findings, WIDE)
  assert.equal(lines[0], '383 notes')
  assert.deepEqual(lines.slice(1), [
    '  C: m',
    '    where: tenant t0',
    ...[1, 2, 3, 4].map(i => `           tenant t${i}`),
    '           and 378 other places',
    '',
  ])
})

test('a place is told from the file to the row', () => {
  assert.equal(whereText({}), '')
  assert.equal(whereText({ file: 'a.yaml', line: 3 }), 'a.yaml:3')
  assert.equal(
    whereText({ tenant: 't', service: 's', entity: 'e', table: 'x.y', column: 'c', key: ['1', 'b'], batch: '9' }),
    'service s, tenant t, entity e, column x.y.c, key 1, b, batch 9',
  )
})

test('an error says what, where and what to do, wrapped to the page', () => {
  const error = { code: 'USAGE', message: 'expected one two three four', where: { file: 'a.yaml' }, next: 'Do it.' }
  assert.deepEqual(renderError(error, WIDE), ['USAGE: expected one two three four', '  where: a.yaml', '  next:  Do it.'])
  assert.deepEqual(renderError(error, narrow(20)), ['USAGE: expected one', '  two three four', '  where: a.yaml', '  next:  Do it.'])
  assert.deepEqual(renderError({ ...error, where: {}, next: '', message: 'a\u001b[0m' }, WIDE), ['USAGE: a\\x1b[0m'])
})
