import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reconciliationDocument } from '../../../src/report/reconciliation.ts'
import { reportCsv } from '../../../src/report/report-csv.ts'
import { REPORT_FORMATS, reportFiles } from '../../../src/report/report-files.ts'
import { reportHtml } from '../../../src/report/report-html.ts'
import { reportMarkdown } from '../../../src/report/report-markdown.ts'
import { runReportSchema } from '../../../src/report/report-schemas.ts'
import { renderReport } from '../../../src/report/report-text.ts'
import { runReportDocument } from '../../../src/report/run-report.ts'
import { displayWidth } from '../../../src/report/text-width.ts'
import { strictCsv } from '../../support/strict-csv.ts'
import { AWKWARD, REPORT, runReport } from './sample-report.ts'
import { narrow, WIDE } from './sample-results.ts'

const DOCUMENT = runReportDocument(REPORT)
/** What no terminal, page or editor may get from a value. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/

test('the report fits its schema', () => {
  assert.deepEqual(runReportSchema.parse(JSON.parse(JSON.stringify(REPORT.report))), REPORT.report)
})

test('the report as text has no line wider than the page as far as numbers and names allow, and columns line up', () => {
  const lines = renderReport(DOCUMENT, WIDE)
  for (const line of lines) assert.doesNotMatch(line, RAW)
  const start = lines.indexOf('What became of every row')
  const table = lines.slice(start + 1).filter(line => /settled|student|a_very|───|\(shared\)|all /.test(line))
  const ends = table.filter(line => line.includes('a_very_long') || line.includes('student')).slice(0, 2)
  assert.equal(ends.length, 2)
  const rule = lines[lines.findIndex((line, i) => i > start && line.startsWith('───'))] ?? ''
  const at = (line: string, column: number): string => cellAt(line, rule, column)
  assert.deepEqual(
    ends.map(line => at(line, 3).trim()),
    ['1\u202f234\u202f000', '560'],
  )
  for (const line of renderReport(DOCUMENT, narrow(100)).filter(text => !/[0-9a-f]{64}|^─|a_very_long|_{20}|\\x1b/.test(text)))
    assert.ok(displayWidth(line) <= 100, line)
})

/** What stands below the nth stretch of the rule. */
function cellAt(line: string, rule: string, column: number): string {
  const stretches = [...rule.matchAll(/─+/g)]
  const { index, 0: stretch } = stretches[column] ?? assert.fail('no such column')
  let width = 0
  let cell = ''
  for (const char of line) {
    if (width >= index && width < index + stretch.length) cell += char
    width += displayWidth(char)
  }
  return cell
}

test('HTML is one file: no script, nothing from elsewhere, every name escaped, every tag closed', () => {
  const html = reportHtml(DOCUMENT)
  assert.doesNotMatch(html, /<script|<link|<img|<iframe|javascript:[^x]|\bon\w+=|https?:\/\/|@import|url\(/i)
  assert.match(html, /&lt;script&gt;alert\(&quot;x&quot;\)&lt;\/script&gt; &amp; &#39;y&#39;/)
  assert.match(html, /default-src 'none'/)
  assert.match(html, /size: A4/)
  assert.doesNotMatch(html, RAW)
  assert.match(html, /東京都の生徒/)
  assert.match(html, /مدرسة \\u202eevil\\u202c/)
  assert.doesNotMatch(html.replace(/#39;|&#39;/g, ''), /color:\s*#(?!000|fff|666)/)
  const open: string[] = []
  for (const [, slash, name = ''] of html.replace(/<!DOCTYPE html>|<style>[\s\S]*?<\/style>/g, '').matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
    if (name === 'meta') continue
    if (slash === '') open.push(name)
    else assert.equal(open.pop(), name)
  }
  assert.deepEqual(open, [])
})

test('Markdown tables line up, have a cell for each column, and no name becomes markup', () => {
  for (const document of [DOCUMENT, reconciliationDocument(REPORT)]) {
    const lines = reportMarkdown(document).split('\n')
    for (const line of lines) assert.doesNotMatch(line, RAW)
    let before: string | null = null
    for (const line of lines) {
      if (line.startsWith('|') && before !== null) {
        assert.equal(displayWidth(line), displayWidth(before), line)
        assert.equal(cells(line), cells(before), line)
      }
      before = line.startsWith('|') ? line : null
    }
    assert.doesNotMatch(lines.join('\n'), /<script|(?<!\\)\[link|(?<!\\)`code|(?<!\\)\*bold/)
  }
})

function records(text: string): readonly (readonly string[])[] {
  return (strictCsv(text) ?? assert.fail(text)).map(record => record.map(field => field.text))
}

function cells(line: string): number {
  return line.replaceAll('\\|', '').split('|').length
}

test('CSV is one file for each table, as wide in every record, with plain numbers and no formula', () => {
  const files = reportCsv(DOCUMENT)
  assert.deepEqual(
    files.map(({ name }) => name),
    [
      'facts.csv',
      'checks.csv',
      'accounting.csv',
      'quarantine_reasons.csv',
      'quarantine_rows.csv',
      'exclusions.csv',
      'losses.csv',
      'zones.csv',
      'notes.csv',
      'left_out.csv',
      'consistency.csv',
      'batches.csv',
    ],
  )
  for (const { name, content } of files) {
    const rows = records(content)
    for (const row of rows) {
      assert.equal(row.length, rows[0]?.length, name)
      for (const field of row) assert.doesNotMatch(field, /^[=+@]/)
    }
  }
  const accounting = records(files[2]?.content ?? '')
  assert.deepEqual(accounting[1]?.slice(3, 6), ['1234000', '1234000', '1234000'])
  assert.equal(accounting[3]?.[3], '')
})

test('the reconciliation tells complete, accounted and not settled apart', () => {
  const parity = (change: object): unknown => {
    const [first] = runReport().entities
    const report = runReport({ entities: [{ ...(first ?? assert.fail()), ...change }] })
    return reconciliationDocument({ report, sha256: '' }).sections[0]?.table?.rows[0]?.[10]
  }
  assert.equal(parity({}), 'complete')
  assert.equal(parity({ loaded: 1_233_999, quarantined: 1 }), 'accounted')
  assert.equal(parity({ parts_quarantined: 1 }), 'accounted')
  assert.equal(parity({ loaded: 1_233_999 }), 'not settled')
  assert.equal(parity({ state: 'failed' }), 'not settled')
})

test('a report of a run without anything remarkable says so in words', () => {
  const bare = runReport({
    outcomes: [],
    quarantined: [],
    quarantined_total: 0,
    left_out: null,
    verification: null,
    consistency: [],
    entities: [],
  })
  const text = renderReport(runReportDocument({ report: bare, sha256: '' }), WIDE).join('\n')
  for (const said of [
    /No row was refused/,
    /No row was left out by a rule/,
    /No value was changed by a cast/,
    /No verification of this run is on record/,
  ])
    assert.match(text, said)
})

test('every format can be written, and the JSON is the bytes that are signed', () => {
  for (const format of REPORT_FORMATS) assert.ok(reportFiles(REPORT, format).every(({ content }) => content.endsWith('\n')))
  assert.deepEqual(JSON.parse(reportFiles(REPORT, 'json')[0]?.content ?? ''), REPORT.report)
  assert.ok(AWKWARD.formula.startsWith('='))
})

test('the report says what a run did to rows that were loaded before', () => {
  const askedOf = (changes: 'top_up' | 'top_up_and_remove' | 'repair'): unknown => {
    const report = { ...REPORT.report, run: { ...REPORT.report.run, tenants: null, entities: null, phase: null, changes } }
    assert.deepEqual(runReportSchema.parse(JSON.parse(JSON.stringify(report))), report)
    return runReportDocument({ ...REPORT, report }).facts.find(([name]) => name === 'Asked for')?.[1]
  }
  assert.equal(askedOf('repair'), 'rows that differed were put right')
  assert.equal(askedOf('top_up'), 'loaded rows were brought up to the source')
  assert.equal(askedOf('top_up_and_remove'), 'loaded rows were brought up to the source, those gone from it removed')
})
