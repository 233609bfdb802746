import { createHash } from 'node:crypto'
import { RehouseError } from '../errors.ts'
import type { RunRecord } from '../model/ledger-records.ts'
import { type ReportResult, type RunReport, reportJson } from '../model/run-report.ts'
import { sampleOf } from '../run/sample-rule.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import { operatorName } from './operator-name.ts'
import type { ReportOptions } from './options.ts'
import { recordDeed } from './record-deed.ts'
import { readReportChecks } from './report-checks.ts'
import { readReportFacts } from './report-facts.ts'
import { readAuditState, readVerification } from './report-proof.ts'

/** What the ledgers say about a run, fit to be signed. That it was made, and the hash of what it says, is remembered in the audit. Throws USAGE for a run nobody knows. */
export async function report(options: ReportOptions): Promise<ReportResult> {
  const migration = await openMigration(options)
  try {
    const run = await findRun(migration, options.run)
    const facts = await readReportFacts(migration, run)
    const proof = { verification: await readVerification(migration, run.id), audit: await readAuditState(migration) }
    const made: RunReport = {
      form: 'rehouse report 1',
      made_at: new Date().toISOString(),
      made_by: options.operator ?? operatorName(),
      run: runOf(run),
      ...facts,
      ...proof,
      checks: await readReportChecks(migration, { run, facts, ...proof }),
    }
    const sha256 = createHash('sha256').update(reportJson(made)).digest('hex')
    await recordDeed(migration, { action: 'report:made', run: run.id, detail: { sha256 } }, options)
    return { run: run.id, sha256, report: made, files: [] }
  } finally {
    await migration.close()
  }
}

async function findRun({ services }: OpenMigration, wanted: string): Promise<RunRecord> {
  const control = services[0]?.ledger
  const runs = control === undefined || (await control.state()) === 'absent' ? [] : await control.runs()
  const run = wanted === 'latest' ? runs[0] : runs.find(({ id }) => id === wanted)
  if (run !== undefined) return run
  throw new RehouseError('USAGE', `expected a run of this ledger, got ${runs.length === 0 ? 'a ledger without runs' : wanted}`, {
    next: runs.length === 0 ? 'Run `rehouse migrate` first.' : 'Run `rehouse status` to see the runs; `latest` is the newest.',
  })
}

function runOf(run: RunRecord): RunReport['run'] {
  const { tenants, entities, phase, retries = false } = run.selection
  return {
    id: run.id,
    status: run.status,
    migration: run.migration,
    mapping_hash: run.mappingHash,
    program_version: run.programVersion,
    operator: run.operator,
    host: run.host,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    tenants,
    entities,
    phase,
    retries,
    ...changesOf(run),
    ...sampleOf(run),
  }
}

function changesOf({ selection: { topUp, deleteGone, repairs } }: RunRecord): Pick<RunReport['run'], 'changes'> {
  if (repairs) return { changes: 'repair' }
  if (topUp) return { changes: deleteGone ? 'top_up_and_remove' : 'top_up' }
  return {}
}
