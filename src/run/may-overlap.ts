import type { TargetRelation } from '../model/catalogue.ts'
import type { TablePlan } from '../plan/compile-table.ts'

/**
 * Whether two batches of an entity may be under way in the target at once, committed in order. Not where a row of the later could make the earlier wait for it: a unique key over
 * other columns than the row's own identifiers, an exclusion constraint, a trigger (one for each statement can lock a row or a table as well). The later waits for the earlier to
 * commit, so each would wait for the other. Nor where a row of the later may refer to one of the earlier, which it would not see.
 */
export function mayOverlap(tables: readonly TablePlan[], relations: ReadonlyMap<string, TargetRelation>): boolean {
  return tables.every(table => {
    const relation = relations.get(table.name)
    if (relation === undefined) return false
    const own = new Set([table.idColumn, table.headColumn])
    const isApart = relation.uniqueKeys.every(key => !key.isPartialOrExpression && key.columns.some(column => own.has(column)))
    const excludes = relation.indexes.some(index => index.constraint?.kind === 'exclusion')
    return isApart && !excludes && relation.triggers.every(trigger => !trigger.isEnabled) && !refersAcross(relation, { table, tables })
  })
}

/** A reference to rows of the entity itself that is neither a part’s to its head, in the same batch, nor written as NULL first. */
function refersAcross(
  { foreignKeys, columns }: TargetRelation,
  { table, tables }: { table: TablePlan; tables: readonly TablePlan[] },
): boolean {
  const nullable = new Set(columns.filter(column => column.isNullable).map(column => column.name))
  return foreignKeys.some(key => {
    const isOwn = tables.some(other => other.schema === key.referencedSchema && other.table === key.referencedTable)
    return isOwn && !key.columns.some(column => column === table.headColumn || nullable.has(column))
  })
}
