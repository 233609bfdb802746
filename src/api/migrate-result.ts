import { tableLabel } from '../base/table-label.ts'
import type { RehouseError } from '../errors.ts'
import { addCounts, type Counts, NO_COUNTS } from '../model/counts.ts'
import type { Finding } from '../model/finding.ts'
import type { TaskRecord } from '../model/ledger-records.ts'
import type { EntityResult, ErrorResult, MigrateResult, Totals } from '../model/results.ts'
import { dryContext } from '../run/dry-context.ts'
import { type DryResult, runDry } from '../run/dry-run.ts'
import { foreseeFinish } from '../run/finish-services.ts'
import type { RunOptions } from '../run/migration.ts'
import type { RunEnd } from '../run/run-migration.ts'
import { runsOf, sampleOf } from '../run/sample-rule.ts'
import type { MigrationSurvey } from '../run/survey-migration.ts'
import type { OpenMigration } from './open-migration.ts'

/** A resume that found nothing to resume. */
export function emptyResult({ findings, seconds }: { findings: readonly Finding[]; seconds: number }): MigrateResult {
  return {
    run: '',
    status: 'clean',
    dryRun: false,
    totals: totalsOf(NO_COUNTS),
    entities: [],
    findings,
    seconds,
    outcomes: [],
    not_tried: [],
    failures: [],
  }
}

/** What a run came to, read back from the ledgers: also what an earlier part of the same run did. */
export async function runResult(
  migration: OpenMigration,
  { end, findings, seconds }: { end: RunEnd; findings: readonly Finding[]; seconds: number },
): Promise<MigrateResult> {
  const entities: EntityResult[] = []
  const outcomes: MigrateResult['outcomes'][number][] = []
  const mixed: Finding[] = []
  for (const { name, ledger } of migration.services) {
    const names = new Map((await ledger.entities()).map(e => [e.number, e.name]))
    const tenants = new Map((await ledger.tenants()).map(t => [t.number, t.code]))
    const totals = await ledger.totals(end.run)
    for (const task of await ledger.tasks(end.run)) {
      const total = totals.find(t => t.entity === task.entity && t.tenant === task.tenant)
      const entity = names.get(task.entity) ?? String(task.entity)
      const tenant = task.tenant === 0 ? null : (tenants.get(task.tenant) ?? String(task.tenant))
      const counts = total?.counts ?? NO_COUNTS
      entities.push({
        entity,
        tenant,
        service: name,
        ...totalsOf(counts),
        written: total?.written ?? {},
        parts_quarantined: counts.partsQuarantined,
        seconds: total?.seconds ?? 0,
        state: stateOf(task),
      })
      mixed.push(...consistencyFindings(task, { entity, tenant, counts }))
    }
    outcomes.push(...(await ledger.outcomes(end.run)))
  }
  const order = new Map(migration.mapping.phases.flatMap(p => p.entities).map((name, i) => [name, i]))
  entities.sort((a, b) => (a.tenant ?? '').localeCompare(b.tenant ?? '') || (order.get(a.entity) ?? 0) - (order.get(b.entity) ?? 0))
  const record = (await runsOf(migration)).find(run => run.id === end.run)
  const status = end.status === 'running' ? 'failed' : end.status
  return {
    run: end.run,
    status,
    dryRun: false,
    ...(record === undefined ? {} : sampleOf(record)),
    totals: sumOf(entities),
    entities,
    findings: [...findings, ...mixed],
    seconds,
    outcomes,
    not_tried: [],
    failures: end.failures.map(failureOf),
  }
}

function stateOf(task: TaskRecord): EntityResult['state'] {
  return task.state === 'running' ? 'pending' : task.state
}

function consistencyFindings(
  task: TaskRecord,
  { entity, tenant, counts }: { entity: string; tenant: string | null; counts: Counts },
): Finding[] {
  const where = { entity, ...(tenant === null ? {} : { tenant }) }
  const findings: Finding[] = []
  if (counts.skipped > 0) {
    findings.push({
      code: 'SOURCE_ROWS_CHANGED',
      severity: 'warning',
      where,
      message: `expected rows as they were when they were loaded, got ${counts.skipped} that the source changed since; the target keeps what it has`,
      next: 'Run `rehouse migrate --top-up` to carry changes over; what a top-up run itself skips is set aside now, or a conflict the manifest says to skip.',
    })
  }
  if (task.consistency === 'mixed') {
    findings.push({
      code: 'CONSISTENCY_MIXED',
      severity: 'info',
      where,
      message:
        'expected one snapshot for all rows, got a resumed run on a source that was written to; a catch-up pass read every row again under one snapshot',
      next: counts.skipped > 0 ? 'See the rows that changed.' : 'Nothing to do: every row is as that snapshot has it.',
    })
  }
  return findings
}

export async function dryResult(
  migration: OpenMigration,
  of: { survey: MigrationSurvey; run: RunOptions; findings: readonly Finding[]; seconds: () => number },
): Promise<MigrateResult> {
  const { survey, run, findings, seconds } = of
  const context = dryContext(migration, { survey, options: run })
  run.emit({
    type: 'run:started',
    run: run.newRunId,
    dryRun: true,
    ...sampleOf(run),
    tasks: survey.plans.reduce((sum, plan) => sum + plan.entities.size, 0),
    estimatedRows: null,
  })
  const { results, failures } = await runDry({ context, plans: survey.plans, options: run })
  const entities = results.map(
    (result): EntityResult => ({
      entity: result.entity,
      tenant: result.tenant,
      service: result.service,
      ...totalsOf(result.counts),
      written: result.written,
      parts_quarantined: result.counts.partsQuarantined,
      seconds: result.seconds,
      state: 'settled',
    }),
  )
  const totals = sumOf(entities)
  const writes = totals.loaded + totals.updated > 0
  for (const finding of await foreseeFinish(migration, { writes })) run.emit({ type: 'finding:found', finding })
  const outcomes = results.flatMap(result => result.outcomes.map(outcome => ({ entity: result.entity, ...outcome })))
  const status = dryStatus(results, failures)
  const result: MigrateResult = {
    run: run.newRunId,
    status,
    dryRun: true,
    ...sampleOf(run),
    totals,
    entities,
    findings,
    seconds: seconds(),
    outcomes: summed(outcomes),
    not_tried: notTried(survey),
    failures: failures.map(failureOf),
  }
  run.emit({ type: 'run:finished', run: result.run, status, seconds: result.seconds })
  return result
}

/** As a real run's (run-migration.ts). */
function dryStatus(results: readonly DryResult[], failures: readonly RehouseError[]): MigrateResult['status'] {
  if (failures.some(f => f.code === 'INTERRUPTED')) return 'interrupted'
  if (failures.length > 0) return 'failed'
  const isOdd = ({ counts }: DryResult): boolean => counts.quarantined + counts.skipped + counts.partsQuarantined > 0
  return results.some(isOdd) ? 'findings' : 'clean'
}

/** Rules that only the server can hold a row to. */
function notTried(survey: MigrationSurvey): readonly string[] {
  return survey.services.flatMap(({ ref, relations }) =>
    [...relations.values()].flatMap(relation => {
      const name = `${ref.name}: ${tableLabel(relation.schema, relation.name)}`
      return [
        ...relation.checks.map(check => `${name} check ${check.name}`),
        ...relation.uniqueKeys.map(key => `${name} unique ${key.name}`),
        ...relation.foreignKeys.map(key => `${name} foreign key ${key.name}`),
        ...relation.triggers.filter(t => t.isEnabled).map(trigger => `${name} trigger ${trigger.name}`),
      ]
    }),
  )
}

type Outcome = MigrateResult['outcomes'][number]

function summed(outcomes: readonly Outcome[]): readonly Outcome[] {
  const sums = new Map<string, Outcome>()
  for (const outcome of outcomes) {
    const name = JSON.stringify([outcome.entity, outcome.kind, outcome.column, outcome.code])
    sums.set(name, { ...outcome, count: (sums.get(name)?.count ?? 0) + outcome.count })
  }
  return [...sums.values()]
}

function totalsOf({ partsQuarantined: _, ...totals }: Counts): Totals {
  return totals
}

function sumOf(entities: readonly EntityResult[]): Totals {
  return totalsOf(entities.reduce((sum, entity) => addCounts(sum, { ...entity, partsQuarantined: 0 }), NO_COUNTS))
}

function failureOf(error: RehouseError): ErrorResult['error'] {
  return { code: error.code, message: error.message, where: error.where, next: error.next }
}
