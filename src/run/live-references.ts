import type { TargetRelation } from '../model/catalogue.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'

/**
 * Columns, as `schema.table.column`, that refer to rows which may come later while their foreign key stands: the table was not empty, or is not ours.
 * Their rows are written with NULL there, and the reference is set once the circle is settled. A column that takes no NULL is left as it is.
 */
export function liveReferences(
  compiled: readonly Pick<CompiledEntity, 'settled'>[],
  relations: ReadonlyMap<string, TargetRelation>,
): readonly string[] {
  const settled = new Set(compiled.flatMap(program => program.settled.filter(({ isLate }) => !isLate).map(({ column }) => column)))
  return [...relations].flatMap(([table, { columns, foreignKeys }]) => {
    const keyed = new Set(foreignKeys.flatMap(key => key.columns))
    const open = columns.filter(({ name, isNullable }) => isNullable && keyed.has(name))
    return open.map(({ name }) => `${table}.${name}`).filter(column => settled.has(column))
  })
}
