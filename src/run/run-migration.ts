import { tableLabel } from '../base/table-label.ts'
import { bug, RehouseError } from '../errors.ts'
import type { Hold } from '../ledger/ledger.ts'
import type { TargetRelation } from '../model/catalogue.ts'
import { addCounts, NO_COUNTS } from '../model/counts.ts'
import type { Finding } from '../model/finding.ts'
import type { NumberedEntity, NumberedTenant, RunRecord, RunStatus } from '../model/ledger-records.ts'
import type { TablePlan } from '../plan/compile-table.ts'
import { referencedEntities } from '../plan/order.ts'
import type { TenantPlan } from '../plan/tenant-plan.ts'
import { cascadeFor } from './cascade-for.ts'
import { isFirstBulkLoad, planDeferral } from './defer-tables.ts'
import { finishServices } from './finish-services.ts'
import { isSelected } from './is-selected.ts'
import { liveReferences } from './live-references.ts'
import type { Migration, RunOptions } from './migration.ts'
import { planTasks, refuseOrphans } from './plan-tasks.ts'
import { withRetries } from './retry.ts'
import type { RunContext } from './run-context.ts'
import { runLanes } from './run-lanes.ts'
import { runsOf, type SampleRule, sampleOf, sampleRuleOf, withoutEmptySamples } from './sample-rule.ts'
import { applySteps, settleDebts } from './schema-debts.ts'
import { atSeam } from './seams.ts'
import { describeTables, describeTargets, type MigrationSurvey } from './survey-migration.ts'
import type { CascadeContext } from './take-back-cascade.ts'
import { takeBackStrays } from './take-back-strays.ts'
import { takeUpRun } from './take-up-run.ts'
import { finishTopUp, retriesOf, topUpOf } from './top-up-run.ts'
import { unbreakableRules } from './unbreakable.ts'

/** How often in a row a key may fail to be put back for reasons that pass. */
const REBUILD_RETRIES = 5

/** How a run ended, before it is told. */
export interface RunEnd {
  readonly run: string
  readonly status: RunStatus
  readonly failures: readonly RehouseError[]
}

/**
 * A whole run: take the databases, record the run, settle old debts, set keys aside, load every lane, put keys back, finish. Each step can be repeated: if the process
 * dies in any of them, the next run begins at the top and finds in the ledgers what is done.
 */
export async function runMigration(migration: Migration, survey: MigrationSurvey, options: RunOptions): Promise<RunEnd> {
  const abort = new AbortController()
  const signal = AbortSignal.any([options.signal, abort.signal])
  // The ledger’s schema comes first: who holds the database is written in it. Installing twice, or beside a run, changes nothing.
  for (const { ledger } of migration.services) await ledger.install(migration.identity)
  const holds = await holdAll(migration, { ...options, signal })
  try {
    for (const hold of holds)
      void hold.lost.then(() =>
        abort.abort(
          new RehouseError('TARGET_UNREACHABLE', 'expected to keep the lock on the target, got its session ended', {
            next: 'Run again with --resume.',
          }),
        ),
      )
    return await runHeld(migration, survey, { ...options, signal })
  } finally {
    for (const hold of holds) await hold.release()
  }
}

async function runHeld(migration: Migration, survey: MigrationSurvey, options: RunOptions): Promise<RunEnd> {
  const { services } = migration
  const record = await takeUpRun(migration, options)
  if (record === null) return { run: '', status: 'clean', failures: [] }
  const numbered = await allotNumbers(migration, survey)
  const sample = sampleRuleOf(await withoutEmptySamples(await runsOf(migration), migration), record.selection)
  const context = contextOf(migration, { survey, numbered, record, options, sample })
  await refuseOrphans(context)
  for (const { ledger } of services) await ledger.beginRun(record)
  await atSeam(options.hooks, 'run_recorded', {})
  const cascade = cascadeFor(migration, { context, survey, run: record.id })
  for (const service of services) await settlePatiently(service, { options, cascade })
  await planTasks(migration, context)
  await defer(migration, { survey, context, options })
  const failures = [...(await loadAll(migration, { survey, context, cascade, options }))]
  for (const finding of await finishTopUp(context, { cascade, failures })) options.emit({ type: 'finding:found', finding })
  for (const finding of await finishRepair(context, { survey, cascade, options, failures }))
    options.emit({ type: 'finding:found', finding })
  const finishing = { run: record.id, hooks: options.hooks, signal: options.signal, isIncomplete: failures.length > 0 }
  const emitFinding = (finding: Finding): void => options.emit({ type: 'finding:found', finding })
  failures.push(...(await finishServices(migration, { ...finishing, emit: emitFinding })))
  const status = await statusOf(migration, { run: record.id, failures })
  await atSeam(options.hooks, 'before_finish', {})
  for (const { ledger } of services)
    await ledger.finishRun(record.id, status, {
      failures: failures.map(f => ({ code: f.code, message: f.message, where: f.where, next: f.next })),
    })
  return { run: record.id, status, failures }
}

/** Once every row is right: before, what refers to a row too many may not be. */
async function finishRepair(
  run: OwnContext,
  of: { survey: MigrationSurvey; cascade: CascadeContext; options: RunOptions; failures: readonly RehouseError[] },
): Promise<readonly Finding[]> {
  const { survey, cascade, options, failures } = of
  if (options.extras === undefined || failures.length > 0) return []
  const tables = (name: string, tenant: string | null): readonly TablePlan[] =>
    survey.compiled.find(c => c.entity.name === name && c.tenant === tenant)?.compiled.tables ?? missing(`${name} to be compiled`)
  return takeBackStrays(options.extras, { run, cascade, plans: run.plans, tables })
}

async function holdAll({ services }: Migration, options: RunOptions): Promise<readonly Hold[]> {
  const holds: Hold[] = []
  const { newRunId, resume, operator, host, pid, wait, signal } = options
  try {
    for (const { ledger } of services) holds.push(await ledger.hold({ run: resume ?? newRunId, operator, host, pid }, { wait, signal }))
    return holds
  } catch (error) {
    for (const hold of holds) await hold.release()
    throw error
  }
}

const NONE: ReadonlySet<string> = new Set()

interface OwnContext extends RunContext {
  /** As it is told. */
  readonly sampled: { readonly sample?: number }
  readonly plans: readonly TenantPlan[]
  /** Tables by service while they are loaded; known once keys are set aside. */
  readonly during: Map<
    string,
    { readonly relations: ReadonlyMap<string, TargetRelation>; readonly live: ReadonlySet<string>; readonly isFirstLoad: boolean }
  >
}

interface Numbered {
  readonly tenants: readonly NumberedTenant[]
  readonly entities: readonly NumberedEntity[]
}

async function allotNumbers({ mapping, services }: Migration, survey: MigrationSurvey): Promise<Numbered> {
  const control = services[0]?.ledger
  if (control === undefined) throw bug('expected a service')
  const heads = mapping.entities.map(entity => ({
    name: entity.name,
    service: entity.service,
    table: tableLabel(entity.into[0]?.schema ?? '', entity.into[0]?.table ?? ''),
  }))
  const tenants = await control.numberTenants(survey.tenants)
  const entities = await control.numberEntities(heads)
  for (const { ledger } of services.slice(1)) await ledger.adopt(tenants, entities)
  return { tenants, entities }
}

function contextOf(
  migration: Migration,
  of: {
    survey: MigrationSurvey
    numbered: Numbered
    record: Omit<RunRecord, 'status' | 'finishedAt'>
    options: RunOptions
    sample: SampleRule | null
  },
): OwnContext {
  const { survey, numbered, record, options, sample } = of
  const { mapping } = migration
  const targets = new Map(survey.services.map(s => [s.ref.name, { version: s.facts.version, relations: s.relations }]))
  const setting = { ...survey.setting, numbers: new Map(numbered.entities.map(e => [e.name, e.number])), targets }
  const { tenants } = record.selection
  const chosen = survey.plans.filter(plan => plan.tenant === null || tenants === null || tenants.includes(plan.tenant.code))
  const plans = chosen.map(plan => renumber(plan, { survey, numbered }))
  const during: OwnContext['during'] = new Map()
  const referenced = new Set(mapping.entities.flatMap(entity => referencedEntities(entity)))
  return {
    id: record.id,
    mapping,
    setting,
    plans,
    signal: options.signal,
    emit: options.emit,
    hooks: options.hooks,
    batchRows: options.batchRows,
    retries: retriesOf(record.selection),
    topUp: topUpOf(record.selection),
    sample,
    sampled: sampleOf(record),
    now: options.now,
    service: name => migration.services.find(s => s.name === name) ?? missing(`service ${name}`),
    entity: name => numbered.entities.find(e => e.name === name) ?? missing(`entity ${name}`),
    isSelected: (entity, phase) => isSelected(entity, { phase, selection: record.selection }),
    isReferenced: name => referenced.has(name),
    openSource: (name, tenant) => migration.openSource(name, migration.isPerTenant(name) ? tenant : null),
    doneWith: tenant => migration.doneWith?.(tenant) ?? Promise.resolve(),
    isPerTenant: name => migration.isPerTenant(name),
    confirmed: new Map(),
    during,
    isFirstLoad: name => during.get(name)?.isFirstLoad ?? false,
    relations: name => during.get(name)?.relations ?? new Map(),
    liveReferences: name => during.get(name)?.live ?? NONE,
    sharedIndex: () => null,
    needSharedIndex: () => Promise.resolve(),
  }
}

function renumber(plan: TenantPlan, { survey, numbered }: { survey: MigrationSurvey; numbered: Numbered }): TenantPlan {
  if (plan.tenant === null) return plan
  const tenant = numbered.tenants.find(t => t.code === plan.tenant?.code)
  if (tenant === undefined || survey.tenants.length === 0) throw bug(`expected a number for tenant ${plan.tenant.code}`)
  return { ...plan, tenant }
}

async function defer(
  migration: Migration,
  { survey, context, options }: { survey: MigrationSurvey; context: OwnContext; options: RunOptions },
): Promise<void> {
  for (const service of migration.services) {
    // Looked at again now that nobody else may begin a run: what was empty before may not be.
    const relations = [...(await describeTargets(migration.mapping, service)).values()]
    const worthwhile = planDeferral(survey, context)
    const unbreakable = unbreakableRules(migration.mapping, survey.compiled)
    const idMap = isFirstBulkLoad(survey, { context, service: service.name }) ? await service.ledger.idMapStep() : null
    const own = idMap === null ? [] : [idMap]
    await applySteps(service, { run: context.id, relations, worthwhile, unbreakable, triggers: service.ref.triggers, own }, options)
    // As it is while rows are loaded: without what was set aside.
    const during = await describeTables(migration.mapping, { service, setAside: [] })
    const live = liveReferences(
      survey.compiled.map(c => c.compiled),
      during,
    )
    context.during.set(service.name, { relations: during, live: new Set(live), isFirstLoad: idMap !== null })
  }
}

async function loadAll(
  migration: Migration,
  of: {
    survey: MigrationSurvey
    context: OwnContext
    cascade: ReturnType<typeof cascadeFor>
    options: RunOptions
  },
): Promise<readonly RehouseError[]> {
  const { context, cascade, options } = of
  const failures = [...(await runLanes(context, { plans: context.plans, lanes: options.lanes }))]
  for (const service of migration.services) {
    try {
      await settlePatiently(service, { options, cascade })
      await service.target.advanceSequences(tablesOf(migration, service.name))
    } catch (error) {
      if (!(error instanceof RehouseError)) throw error
      failures.push(error)
    }
  }
  return failures
}

/** What passes (a lock, a lost session) is waited for: what is put back already is not a debt any more. */
async function settlePatiently(
  service: Migration['services'][number],
  { options, cascade }: { options: RunOptions; cascade: CascadeContext },
): Promise<void> {
  const { signal } = options
  await withRetries({ retries: () => REBUILD_RETRIES, signal, random: Math.random, onRetry: () => undefined }, progressed =>
    settleDebts(service, { ...options, cascade, progressed }),
  )
}

function tablesOf({ mapping }: Migration, service: string): { schema: string; name: string }[] {
  return mapping.entities
    .filter(entity => entity.service === service)
    .flatMap(entity => entity.into.map(shape => ({ schema: shape.schema, name: shape.table })))
}

async function statusOf(
  { services }: Migration,
  { run, failures }: { run: string; failures: readonly RehouseError[] },
): Promise<RunStatus> {
  if (failures.some(f => f.code === 'INTERRUPTED')) return 'interrupted'
  if (failures.some(f => f.code !== 'STOPPED')) return 'failed'
  if (failures.length > 0) return 'stopped'
  let counts = NO_COUNTS
  for (const { ledger } of services) for (const total of await ledger.totals(run)) counts = addCounts(counts, total.counts)
  return counts.quarantined + counts.skipped + counts.partsQuarantined > 0 ? 'findings' : 'clean'
}

function missing(what: string): never {
  throw bug(`expected ${what}, got none`)
}
