import { tableLabel } from '../base/table-label.ts'
import type { Relation } from '../model/catalogue.ts'
import { everyValue } from '../model/every-value.ts'
import type { Entity, Mapping } from '../model/mapping.ts'
import { isExcludedColumn } from './coverage.ts'

/** What `rest: true` gathers: the columns of this tenant's relation that nothing else of the entity uses and nobody excludes, in the relation's order. */
export function restColumns(
  { entity, relation, mapping }: { readonly entity: Entity; readonly relation: Relation; readonly mapping: Mapping },
  used: ReadonlySet<string>,
): readonly string[] {
  if (!everyValue(entity).some(value => value.kind === 'rest')) return []
  const table = tableLabel(relation.schema, relation.name)
  const isOpen = (name: string): boolean =>
    !used.has(name) && !isExcludedColumn(mapping, { source: entity.from.source, table, column: name })
  // What is carried onto every row of a table is no column of it.
  const carried = new Set(relation.many?.constants)
  return relation.columns.map(column => column.name).filter(name => !carried.has(name) && isOpen(name))
}
