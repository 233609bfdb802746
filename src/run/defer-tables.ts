import type { RunContext } from './run-context.ts'
import type { MigrationSurvey } from './survey-migration.ts'

/** From this many rows on, rebuilding an index at the end is cheaper than keeping it. Below it the two catalogue changes cost more than they save. */
const WORTHWHILE_ROWS = 20_000

/**
 * Tables whose keys are worth setting aside: about to receive many rows (or an unknown number), or referring to themselves, where a child may come before its parent.
 * Only tables whose rows can be found again: before a key is rebuilt, rows that break it must be taken back.
 */
export function planDeferral(survey: MigrationSurvey, context: RunContext): ReadonlySet<string> {
  const rows = new Map<string, number>()
  const wanted = new Set<string>()
  const lost = new Set<string>()
  for (const plan of survey.plans) {
    for (const facts of plan.entities.values()) {
      const { entity, order, relation } = facts
      if (!context.isSelected(entity, order.phase)) continue
      const compiled = survey.compiled.find(c => c.entity === entity && c.tenant === (plan.tenant?.code ?? null))?.compiled
      for (const [i, table] of (compiled?.tables ?? []).entries()) {
        if ((i === 0 ? table.idColumn : table.headColumn) === null) lost.add(table.name)
        rows.set(table.name, (rows.get(table.name) ?? 0) + (relation.estimatedRows ?? WORTHWHILE_ROWS))
        if (order.settles.length > 0) wanted.add(table.name)
      }
    }
  }
  for (const [name, count] of rows) if (count >= WORTHWHILE_ROWS) wanted.add(name)
  return new Set([...wanted].filter(name => !lost.has(name)))
}

/** From this many rows on, the id map's key is built after the load: beside the target's own keys, on another processor. */
const BULK_ROWS = 200_000

/** Whether so many rows with integer keys are expected in a service that setting the id map's own key aside pays, if the map is empty. */
export function isFirstBulkLoad(
  survey: MigrationSurvey,
  { context, service }: { readonly context: RunContext; readonly service: string },
): boolean {
  let rows = 0
  for (const plan of survey.plans) {
    for (const { entity, order, relation, strategy } of plan.entities.values()) {
      if (entity.service === service && strategy === 'ordered' && context.isSelected(entity, order.phase))
        rows += relation.estimatedRows ?? 0
    }
  }
  return rows >= BULK_ROWS
}
