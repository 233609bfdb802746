import { RehouseError } from '../errors.ts'
import { addCounts, type Counts, NO_COUNTS } from '../model/counts.ts'
import type { RunRecord, TaskRecord } from '../model/ledger-records.ts'
import type { RunStatusResult, StatusResult } from '../model/results.ts'
import { sampleOf } from '../run/sample-rule.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import type { Options } from './options.ts'

/** What the ledgers say of the runs, newest first: all of them in short, or one. Reads only. */
export async function status(options: Options & { readonly run?: string }): Promise<StatusResult> {
  const migration = await openMigration(options)
  try {
    const control = migration.services[0]?.ledger
    const isThere = control !== undefined && (await control.state()) !== 'absent'
    const runs = isThere ? await control.runs() : []
    const wanted = options.run === undefined ? runs : runs.filter(run => run.id === options.run)
    if (options.run !== undefined && wanted.length === 0)
      throw new RehouseError('USAGE', `expected a run of this ledger, got ${options.run}`, {
        next: 'Run `rehouse status` to see the runs.',
      })
    return { runs: await Promise.all(wanted.map(run => runStatus(migration, run))) }
  } finally {
    await migration.close()
  }
}

async function runStatus(migration: OpenMigration, run: RunRecord): Promise<RunStatusResult> {
  const entities: RunStatusResult['entities'][number][] = []
  let counts: Counts = NO_COUNTS
  for (const { name, ledger } of migration.services) {
    if ((await ledger.state()) === 'absent') continue
    const names = new Map((await ledger.entities()).map(e => [e.number, e.name]))
    const tenants = new Map((await ledger.tenants()).map(t => [t.number, t.code]))
    const totals = await ledger.totals(run.id)
    for (const task of await ledger.tasks(run.id)) {
      const own = totals.find(t => t.entity === task.entity && t.tenant === task.tenant)?.counts ?? NO_COUNTS
      counts = addCounts(counts, own)
      entities.push({
        entity: names.get(task.entity) ?? '',
        tenant: task.tenant === 0 ? null : (tenants.get(task.tenant) ?? ''),
        service: name,
        ...progressOf(task, own),
      })
    }
  }
  const { partsQuarantined: _, ...totals } = counts
  return {
    run: run.id,
    status: run.status,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    operator: run.operator,
    ...sampleOf(run),
    totals,
    bottleneck: null,
    entities,
  }
}

function progressOf(
  task: TaskRecord,
  counts: Counts,
): Pick<RunStatusResult['entities'][number], 'state' | 'consistency' | 'counts' | 'rows_per_second' | 'eta_seconds' | 'failure'> {
  const rate = task.seconds > 0 ? counts.read / task.seconds : null
  const left = task.sourceCount === null ? null : Number(task.sourceCount) - counts.read
  return {
    state: task.state,
    consistency: task.consistency,
    counts,
    rows_per_second: rate,
    eta_seconds: rate === null || left === null || left <= 0 || task.state !== 'running' ? null : left / rate,
    failure: task.failure,
  }
}
