import { tableLabel } from '../base/table-label.ts'
import type { Entity } from '../model/mapping.ts'
import type { TablePlan } from '../plan/compile-table.ts'
import type { EntityTables } from './corrections.ts'

/** How an entity's rows are found again: the head by its own id, parts by their reference to it. */
export function entityTables(entity: Entity, tables: readonly TablePlan[]): EntityTables {
  const { source, schema, name } = entity.from
  return {
    entity: entity.name,
    relation: `${source}/${tableLabel(schema, name)}`,
    tables: tables.map((table, i) => ({
      name: table.name,
      schema: table.schema,
      table: table.table,
      headColumn: i === 0 ? table.idColumn : table.headColumn,
    })),
  }
}
