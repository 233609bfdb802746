import { randomBytes } from 'node:crypto'
import { appendFile, mkdir } from 'node:fs/promises'
import { availableParallelism, hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { CODES, type Code, RehouseError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { Finding } from '../model/finding.ts'
import type { RunSelection } from '../model/ledger-records.ts'
import type { MigrateResult } from '../model/results.ts'
import type { RunOptions } from '../run/migration.ts'
import { runMigration } from '../run/run-migration.ts'
import { refuseMixedSample } from '../run/sample-rule.ts'
import { type MigrationSurvey, surveyMigration } from '../run/survey-migration.ts'
import { auditFile, auditRefusal } from './audit-file.ts'
import { keepHeads } from './audit-heads.ts'
import { createTargets } from './create-targets.ts'
import { FoundFindings } from './found-findings.ts'
import { dryResult, emptyResult, runResult } from './migrate-result.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import { operatorName } from './operator-name.ts'
import type { MigrateOptions } from './options.ts'
import { preflight } from './preflight.ts'
import { PROGRAM_VERSION } from './program-version.ts'
import { untilSignal } from './until.ts'

/**
 * Moves the rows (or, dry, says what would move). Resolves also when tenants failed or were stopped: see `status` and `failures`.
 * Throws what ends everything: usage, manifest, configuration, a target held by another run, findings of the checks that forbid the run.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const began = performance.now()
  const migration = await openMigration(options)
  const run = runOptions(migration, options)
  const seconds = (): number => (performance.now() - began) / 1000
  try {
    return await migrateOpened(migration, { run, options, seconds })
  } catch (error) {
    throw await auditRefusal(error, refusalPlace(migration, run, options))
  } finally {
    await migration.close()
  }
}

/** A run of a migration that is open; the caller closes it. */
export async function migrateOpened(
  migration: OpenMigration,
  { run, options, seconds }: { run: RunOptions; options: MigrateOptions; seconds: () => number },
): Promise<MigrateResult> {
  if (!run.dryRun) await createTargets(migration, { isAsked: options.createTarget ?? false, run: run.newRunId, operator: run.operator })
  const survey = await surveyMigration(migration, options.tenants ?? null)
  refuseUnknown(survey, run.selection)
  const findings = preflight(survey)
  refuseErrors(findings)
  if (run.dryRun && run.selection.sample === undefined) await refuseMixedSample(run.selection, { earlier: survey.runs, ...migration })
  for (const finding of findings) run.emit({ type: 'finding:found', finding })
  const found = new FoundFindings()
  const watched = { ...run, emit: found.passing(run.emit) }
  if (run.dryRun) return withoutStaging(migration, found.added(await dryResult(migration, { survey, run: watched, findings, seconds })))
  const end = await runMigration(migration, survey, watched)
  for (const failure of end.failures) await auditRefusal(failure, refusalPlace(migration, run, options))
  const ended =
    end.run === '' ? emptyResult({ findings, seconds: seconds() }) : await runResult(migration, { end, findings, seconds: seconds() })
  const result = found.added(ended)
  run.emit({ type: 'run:finished', run: result.run, status: result.status, seconds: result.seconds })
  return { ...(await withoutStaging(migration, result)), audit_head: await keepHeads(migration, { run: result.run, action: 'migrate' }) }
}

/** What was staged for a run that is finished goes; a run that is to be taken up again finds it. */
async function withoutStaging(migration: OpenMigration, result: MigrateResult): Promise<MigrateResult> {
  const isFinished = result.status === 'clean' || result.status === 'findings'
  return isFinished ? { ...result, findings: [...result.findings, ...(await migration.dropStaging('all'))] } : result
}

function refusalPlace(migration: OpenMigration, run: RunOptions, options: MigrateOptions): Parameters<typeof auditRefusal>[1] {
  const of = { run: run.newRunId, operator: run.operator, time: run.wallClock() }
  return { file: auditPath(migration, run.newRunId, options), of, ledgers: run.dryRun ? [] : migration.services }
}

function auditPath({ folder }: OpenMigration, run: string, { audit }: MigrateOptions): string {
  return audit ?? join(folder, '.rehouse', 'audit', `${run}.jsonl`)
}

export function runOptions(migration: OpenMigration, options: MigrateOptions): RunOptions {
  const newRunId = newId()
  const selection = selectionOf(options)
  const resume = options.resume === true ? 'latest' : (options.resume ?? null)
  return {
    selection,
    resume,
    newRunId,
    dryRun: options.dryRun ?? false,
    wait: options.wait ?? false,
    batchRows: options.batchRows ?? null,
    signal: untilSignal(options.until ?? null, options.signal),
    emit: withBatchLog(join(migration.folder, '.rehouse', 'logs', `${newRunId}.jsonl`), options.on),
    hooks: options.hooks ?? {},
    operator: options.operator ?? operatorName(),
    host: hostname(),
    pid: process.pid,
    programVersion: PROGRAM_VERSION,
    lanes: options.lanes ?? Math.max(1, Math.min(4, availableParallelism())),
    wallClock: () => new Date().toISOString(),
    now: () => performance.now(),
    audit: options.dryRun ? auditFile(auditPath(migration, newRunId, options)) : null,
  }
}

function selectionOf({ tenants, entities, phase, topUp, deleteGone, sample }: MigrateOptions): RunSelection {
  if (sample !== undefined && (entities !== undefined || phase !== undefined))
    throw new RehouseError('USAGE', `expected --sample of all entities, got it with ${entities === undefined ? '--phase' : '--entity'}`, {
      next: 'Leave --entity and --phase out: what a drawn row refers to must come along; --tenant may stay.',
    })
  if (deleteGone && !topUp)
    throw new RehouseError('USAGE', 'expected --delete-gone beside --top-up, got it alone', {
      next: 'Write --top-up --delete-gone: only a top-up run looks for rows that are gone.',
    })
  const scope = { tenants: tenants ?? null, entities: entities ?? null, phase: phase ?? null }
  return { ...scope, ...(topUp ? { topUp } : {}), ...(deleteGone ? { deleteGone } : {}), ...(sample === undefined ? {} : { sample }) }
}

/** Sorts by time and can be told apart: `20261120T101923-4f2a`. */
function newId(): string {
  const now = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)
  return `${now}-${randomBytes(2).toString('hex')}`
}

/** One JSON line per committed batch; written in order, behind the run. */
function withBatchLog(file: string, on: EventListener | undefined): EventListener {
  let tail: Promise<unknown> = Promise.resolve()
  let isReady = false
  return event => {
    on?.(event)
    if (event.type !== 'batch:committed') return
    const { type: _, ...line } = event
    const append = async (): Promise<void> => {
      if (!isReady) await mkdir(dirname(file), { recursive: true })
      isReady = true
      await appendFile(file, `${JSON.stringify(line)}\n`)
    }
    // A log that cannot be written must not end a migration whose ledger holds the same facts.
    tail = tail.then(append).catch(() => undefined)
  }
}

function refuseUnknown({ mapping }: MigrationSurvey, { entities, phase }: RunSelection): void {
  const unknown = entities?.find(name => !mapping.entities.some(entity => entity.name === name))
  if (unknown !== undefined)
    throw new RehouseError('USAGE', `expected an entity of the manifest, got ${unknown}`, {
      next: `Use one of: ${mapping.entities.map(e => e.name).join(', ')}.`,
    })
  if (phase !== null && !mapping.phases.some(p => p.name === phase)) {
    throw new RehouseError('USAGE', `expected a phase of the manifest, got ${phase}`, {
      next: `Use one of: ${mapping.phases.map(p => p.name).join(', ')}.`,
    })
  }
}

/** The first error, with how many more there are. */
function refuseErrors(findings: readonly Finding[]): void {
  const errors = findings.filter(finding => finding.severity === 'error')
  const first = errors[0]
  if (first === undefined) return
  const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more: \`rehouse check\` lists them)`
  const code = first.code in CODES ? (first.code as Code) : 'MANIFEST_INVALID'
  throw new RehouseError(code, `${first.message}${more}`, { where: first.where, next: first.next })
}
