import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderMigrate } from '../../../src/report/migrate-text.ts'
import { stepsAfterMigrate } from '../../../src/report/next-steps.ts'
import { migrateSchema, verifySchema } from '../../../src/report/output-schemas.ts'
import { NO_PROGRESS, reduceProgress } from '../../../src/report/progress.ts'
import { renderEvent, renderProgressLine } from '../../../src/report/progress-text.ts'
import { reconciliationDocument } from '../../../src/report/reconciliation.ts'
import { renderStatus } from '../../../src/report/status-text.ts'
import { renderVerify } from '../../../src/report/verify-text.ts'
import { REPORT } from './sample-report.ts'
import { migrateResult, STATUS, VERIFY, WIDE } from './sample-results.ts'

test('the result of a sampled run says so, in text and in JSON, and a dry one leads to a sampled one', () => {
  const result = { ...migrateResult(), sample: 100 }
  assert.ok(renderMigrate(result, WIDE).some(line => line.startsWith('A sample: about 100 rows of each entity and tenant')))
  assert.equal(migrateSchema.parse(result).sample, 100)
  const [step] = stepsAfterMigrate({ ...result, dryRun: true, status: 'clean' }, { manifest: null })
  assert.equal(step?.command, 'rehouse migrate --sample 100')
  assert.ok(!renderMigrate(migrateResult(), WIDE).some(line => line.includes('sample')))
})

test('a sample that is verified is never called complete', () => {
  const result = { ...VERIFY, outcome: 'equal', parity: 'none', sample: 100, differences: [], differences_total: 0 } as const
  const text = renderVerify(result, WIDE).join(' ')
  assert.match(text, /Never complete: the target holds a sample, about 100 rows/)
  assert.doesNotMatch(text, /100 %/)
  assert.equal(verifySchema.parse(result).sample, 100)
})

test('progress and status say that it is a sample', () => {
  const started = { type: 'run:started', run: '1', dryRun: false, sample: 100, tasks: 3, estimatedRows: null } as const
  assert.match(renderEvent(started) ?? '', /^a sample: about 100 rows of each entity and tenant/)
  assert.match(renderProgressLine(reduceProgress(NO_PROGRESS, started, 0), 10_000) ?? '', /^sample of 100, /)
  const runs = STATUS.runs.map(run => ({ ...run, sample: 100 }))
  assert.ok(renderStatus({ runs }, WIDE).some(line => line.includes('a sample: about 100 rows')))
})

test('no line of a sample’s reconciliation is complete', () => {
  const { report } = REPORT
  const sampled = { ...report, run: { ...report.run, sample: 100 } }
  const { sections, verdict } = reconciliationDocument({ report: sampled, sha256: '' })
  const table = sections[0]?.table
  const at = table?.columns.findIndex(column => column.title === 'parity') ?? -1
  assert.deepEqual(new Set(table?.rows.map(row => row[at])), new Set(['sample']))
  assert.match(verdict, /not complete/)
})
