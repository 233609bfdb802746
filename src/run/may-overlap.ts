import type { TargetRelation } from '../model/catalogue.ts'
import type { TablePlan } from '../plan/compile-table.ts'

/**
 * Whether two batches of an entity may be under way in the target at once, committed in order. Not where a row of the later could make the earlier wait for it: a unique key over
 * other columns than the row's own identifiers, an exclusion constraint, a trigger. The later waits for the earlier to commit, so each would wait for the other.
 */
export function mayOverlap(tables: readonly TablePlan[], relations: ReadonlyMap<string, TargetRelation>): boolean {
  return tables.every(table => {
    const relation = relations.get(table.name)
    if (relation === undefined) return false
    const own = new Set([table.idColumn, table.headColumn])
    const isApart = relation.uniqueKeys.every(key => !key.isPartialOrExpression && key.columns.some(column => own.has(column)))
    const excludes = relation.indexes.some(index => index.constraint?.kind === 'exclusion')
    return isApart && !excludes && relation.triggers.every(trigger => !trigger.isEnabled || trigger.level === 'statement')
  })
}
