import type { TargetRelation } from '../model/catalogue.ts'
import type { EntityOrder } from '../plan/order.ts'

/**
 * Columns, as `schema.table.column`, that refer to rows which may come later while their foreign key stands: the table was not empty, or is not ours.
 * Their rows are written with NULL there, and the reference is set once the circle is settled.
 */
export function liveReferences(order: readonly EntityOrder[], relations: ReadonlyMap<string, TargetRelation>): readonly string[] {
  return order.flatMap(({ entity, settles }) =>
    settles.length === 0
      ? []
      : entity.into.flatMap(shape => {
          const table = `${shape.schema}.${shape.table}`
          const keyed = new Set(relations.get(table)?.foreignKeys.flatMap(key => key.columns))
          return shape.columns
            .filter(({ name, value }) => value.kind === 'ref' && value.entities.some(parent => settles.includes(parent)) && keyed.has(name))
            .map(({ name }) => `${table}.${name}`)
        }),
  )
}
