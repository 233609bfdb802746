import { RehouseError } from '../errors.ts'
import type { TaskSpec } from '../model/ledger-records.ts'
import { requiredParents } from '../plan/order.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import type { Migration } from './migration.ts'
import type { RunContext } from './run-context.ts'

type PlannedContext = RunContext & { readonly plans: readonly TenantPlan[]; readonly sampled: { readonly sample?: number } }

interface Planned {
  readonly plan: TenantPlan
  readonly facts: EntityFacts
}

/** Before anything is recorded: USAGE where the rows a selected entity refers to are neither selected nor migrated before. */
export async function refuseOrphans(context: PlannedContext): Promise<void> {
  for (const { plan, facts } of plannedTasks(context)) await refuseWithoutParents(facts, plan, context)
}

/** One task per selected entity and tenant, recorded in the ledger of its service. */
export async function planTasks(migration: Migration, context: PlannedContext): Promise<void> {
  const planned = plannedTasks(context)
  for (const { name, ledger } of migration.services) {
    const specs = planned.filter(({ facts }) => facts.entity.service === name).map(({ plan, facts }) => specOf(facts, plan, context))
    if (specs.length > 0) await ledger.planTasks(context.id, specs)
  }
  const rows = planned.map(({ facts }) => facts.relation.estimatedRows)
  const isUnknown = context.sample !== null || rows.some(count => count === null)
  const estimatedRows = isUnknown ? null : rows.reduce<number>((sum, count) => sum + (count ?? 0), 0)
  context.emit({ type: 'run:started', run: context.id, dryRun: false, ...context.sampled, tasks: planned.length, estimatedRows })
}

function plannedTasks(context: PlannedContext): readonly Planned[] {
  return context.plans.flatMap(plan =>
    [...plan.entities.values()].filter(({ entity, order }) => context.isSelected(entity, order.phase)).map(facts => ({ plan, facts })),
  )
}

function specOf({ entity, order }: EntityFacts, plan: TenantPlan, context: RunContext): TaskSpec {
  const { number } = context.entity(entity.name)
  return { entity: number, tenant: plan.tenant?.number ?? 0, phase: order.phase, service: entity.service }
}

/** Without its parents' rows every reference would be an orphan, and the whole entity would go into quarantine. */
async function refuseWithoutParents({ entity }: EntityFacts, plan: TenantPlan, context: PlannedContext): Promise<void> {
  for (const name of requiredParents(entity)) {
    const home = plan.entities.has(name) ? plan : context.plans.find(other => other.tenant === null)
    const parent = home?.entities.get(name)
    if (home === undefined || parent === undefined || context.isSelected(parent.entity, parent.order.phase)) continue
    if (await wasMigrated(parent, home.tenant?.number ?? 0, context)) continue
    throw new RehouseError('USAGE', `expected ${name}, to which ${entity.name} refers, to be migrated with it or before it, got neither`, {
      where: { entity: entity.name, tenant: plan.tenant?.code },
      next: `Add ${name} to what is migrated, or migrate it first: every row of ${entity.name} would be an orphan.`,
    })
  }
}

/** Its keys are in the ledger; a table without rows has none, but a task that was read to its end. */
async function wasMigrated({ entity }: EntityFacts, tenant: number, context: RunContext): Promise<boolean> {
  const { ledger } = context.service(entity.service)
  const { number } = context.entity(entity.name)
  if (await ledger.hasKeys(number, tenant)) return true
  for (const run of await ledger.runs()) {
    const task = await ledger.task({ run: run.id, entity: number, tenant })
    if (task?.state === 'loaded' || task?.state === 'settled') return true
  }
  return false
}
