import { createHash } from 'node:crypto'
import type { Ledger } from '../ledger/ledger.ts'
import { addCounts, type Counts, NO_COUNTS } from '../model/counts.ts'
import type { OwnedLine, RunRecord, TaskRecord } from '../model/ledger-records.ts'
import type { ReportEntity, ReportOutcome, RunReport } from '../model/run-report.ts'
import type { OpenMigration } from './open-migration.ts'

export type ReportFacts = Pick<
  RunReport,
  'totals' | 'entities' | 'outcomes' | 'quarantined' | 'quarantined_total' | 'left_out' | 'zone_policy' | 'consistency' | 'failures'
>

const MOST_QUARANTINED = 1000

/** What became of every row of the run, from the ledgers of all services. */
export async function readReportFacts(migration: OpenMigration, run: RunRecord): Promise<ReportFacts> {
  const services: ServiceFacts[] = []
  for (const { name, ledger } of migration.services)
    if ((await ledger.state()) !== 'absent') services.push(await readService({ name, ledger, run: run.id }))
  const tasks = services.flatMap(service => service.tasks)
  const order = new Map(migration.mapping.phases.flatMap(phase => phase.entities).map((name, i) => [name, i]))
  const place = (name: string): number => order.get(name) ?? order.size
  const sorted = <T extends { readonly entity: string; readonly tenant: string | null }>(rows: readonly T[]): readonly T[] =>
    rows.toSorted(
      (a, b) => compareTexts(a.tenant ?? '', b.tenant ?? '') || place(a.entity) - place(b.entity) || compareTexts(a.entity, b.entity),
    )
  const { partsQuarantined, ...totals } = tasks.reduce((sum, { counts }) => addCounts(sum, counts), NO_COUNTS)
  return {
    totals: { ...totals, parts_quarantined: partsQuarantined },
    entities: sorted(tasks.map(task => task.line)),
    outcomes: sorted(services.flatMap(service => service.outcomes)),
    quarantined: sorted(services.flatMap(service => service.quarantined)).slice(0, MOST_QUARANTINED),
    quarantined_total: services.reduce((sum, service) => sum + service.quarantinedTotal, 0),
    left_out: leftOut(migration, run),
    zone_policy: migration.mapping.hash === run.mappingHash ? migration.mapping.time : null,
    consistency: consistencyOf(sorted(tasks.map(task => task.line))),
    failures: sorted(tasks.flatMap(task => task.failure)),
  }
}

interface TaskFacts {
  readonly line: ReportEntity
  readonly counts: Counts
  readonly failure: RunReport['failures']
}

interface ServiceFacts {
  readonly tasks: readonly TaskFacts[]
  readonly outcomes: readonly ReportOutcome[]
  readonly quarantined: RunReport['quarantined']
  readonly quarantinedTotal: number
}

async function readService({ name, ledger, run }: { name: string; ledger: Ledger; run: string }): Promise<ServiceFacts> {
  const entities = new Map((await ledger.entities()).map(e => [e.number, e.name]))
  const tenants = new Map((await ledger.tenants()).map(t => [t.number, t.code]))
  const placeOf = ({
    entity,
    tenant,
  }: {
    entity: number
    tenant: number
  }): { readonly entity: string; readonly tenant: string | null } => ({
    entity: entities.get(entity) ?? String(entity),
    tenant: tenant === 0 ? null : (tenants.get(tenant) ?? String(tenant)),
  })
  const totals = await ledger.totals(run)
  const batches = await ledger.digests(run)
  const owned = await ledger.ownedLines(run)
  const tasks = (await ledger.tasks(run)).map(task => {
    const total = totals.find(t => t.entity === task.entity && t.tenant === task.tenant)
    const own = batches.filter(b => b.entity === task.entity && b.tenant === task.tenant)
    return taskFacts(task, {
      ...placeOf(task),
      service: name,
      written: total?.written ?? {},
      relations: total?.relations ?? [],
      owned: owned.filter(line => line.entity === task.entity && line.tenant === task.tenant),
      batches: own.length,
      digest: digestOf(own),
    })
  })
  const open = await ledger.quarantine({ run, limit: MOST_QUARANTINED })
  return {
    tasks,
    outcomes: (await ledger.outcomesByTenant(run)).map(({ entity, tenant, ...outcome }) => ({
      ...placeOf({ entity, tenant }),
      ...outcome,
    })),
    quarantined: open.rows.map(({ entity, tenant, key, code, column, part }) => ({ entity, tenant, key, code, column, part })),
    quarantinedTotal: open.total,
  }
}

type Relations = Awaited<ReturnType<Ledger['totals']>>[number]['relations']
type Described = Pick<ReportEntity, 'entity' | 'tenant' | 'service' | 'written' | 'batches' | 'digest'> & {
  readonly relations: Relations
  readonly owned: readonly OwnedLine[]
}

function taskFacts(task: TaskRecord, of: Described): TaskFacts {
  const { partsQuarantined, ...totals } = task.counts
  const line: ReportEntity = {
    entity: of.entity,
    tenant: of.tenant,
    service: of.service,
    ...totals,
    parts_quarantined: partsQuarantined,
    state: task.state,
    consistency: task.consistency,
    source_rows: task.sourceCount === null ? null : Number(task.sourceCount),
    seconds: task.seconds,
    rows_per_second: task.seconds > 0 ? totals.read / task.seconds : null,
    batches: of.batches,
    digest: of.digest,
    written: of.written,
    ...tablesOf(of.relations),
    ...ownedOf(of.owned),
  }
  return { line, counts: task.counts, failure: task.failure === null ? [] : [{ entity: of.entity, tenant: of.tenant, ...task.failure }] }
}

/** A batch that read nothing says nothing of a table. */
function tablesOf(relations: Relations): Pick<ReportEntity, 'tables'> {
  const told = relations.filter(({ counts }) => Object.values(counts).some(count => count !== 0))
  if (told.length < 2) return {}
  return {
    tables: told.map(({ relation, counts: { partsQuarantined, ...counts } }) => ({
      table: relation,
      ...counts,
      parts_quarantined: partsQuarantined,
    })),
  }
}

function ownedOf(lines: readonly OwnedLine[]): Pick<ReportEntity, 'owned'> {
  if (lines.length === 0) return {}
  return {
    owned: lines.map(({ relation, sourceCount, counts: { partsQuarantined, ...counts } }) => ({
      relation,
      ...counts,
      source_rows: sourceCount === null ? null : Number(sourceCount),
    })),
  }
}

function digestOf(batches: readonly { readonly digest: string }[]): string {
  if (batches.length === 0) return ''
  const hash = createHash('sha256')
  for (const { digest } of batches) hash.update(Buffer.from(digest, 'hex'))
  return hash.digest('hex')
}

function leftOut({ mapping }: OpenMigration, run: RunRecord): RunReport['left_out'] {
  if (mapping.hash !== run.mappingHash) return null
  const { tables, columns } = mapping.exclude
  return [
    ...tables.map(({ pattern, reason }) => ({ what: 'table' as const, pattern, reason })),
    ...columns.map(({ pattern, reason }) => ({ what: 'column' as const, pattern, reason })),
  ]
}

/** Of several tasks the one of which least can be said. */
const WORST = [null, 'frozen', 'snapshot', 'mixed'] as const

function consistencyOf(lines: readonly ReportEntity[]): RunReport['consistency'] {
  const tenants = new Map<string | null, RunReport['consistency'][number]>()
  for (const { tenant, consistency } of lines) {
    const known = tenants.get(tenant) ?? { tenant, consistency: null, tasks: 0 }
    const worst = WORST.indexOf(consistency) > WORST.indexOf(known.consistency) ? consistency : known.consistency
    tenants.set(tenant, { tenant, consistency: worst, tasks: known.tasks + 1 })
  }
  return [...tenants.values()]
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
