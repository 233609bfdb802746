import { tableLabel } from '../base/table-label.ts'
import type { ForeignKey } from '../model/catalogue.ts'
import { shapesOf } from '../model/every-shape.ts'
import { refersToOwnHead } from './own-head-reference.ts'
import type { Survey } from './survey.ts'
import type { WrittenTable } from './written-tables.ts'

export interface CircleKey {
  readonly column: string
  readonly key: ForeignKey
}

/** Foreign keys of a table that follow references settled after the load: the row referred to may come later. */
export function circleKeys(table: WrittenTable, survey: Survey): readonly CircleKey[] {
  const { relation } = table
  if (relation === null) return []
  return settledColumns(table, survey).flatMap(({ column, heads }) =>
    relation.foreignKeys
      .filter(key => key.columns.includes(column) && heads.has(`${key.referencedSchema}.${key.referencedTable}`))
      .map(key => ({ column, key })),
  )
}

/** The columns that hold such references, and the head tables they lead to. */
function settledColumns(table: WrittenTable, survey: Survey): readonly { readonly column: string; readonly heads: ReadonlySet<string> }[] {
  const settles = survey.order.find(item => item.entity.name === table.entity.name)?.settles ?? []
  const columns = shapesOf(table.shape).flatMap(shape => shape.columns)
  const found = columns.flatMap(({ name, value }) => {
    if (value.kind !== 'ref' || refersToOwnHead(value, table)) return []
    const parents = survey.mapping.entities.filter(entity => value.entities.includes(entity.name) && settles.includes(entity.name))
    const heads = parents.filter(parent => parent.service === table.entity.service).flatMap(parent => parent.into.slice(0, 1))
    return heads.length === 0 ? [] : [{ column: name, heads: new Set(heads.map(head => tableLabel(head.schema, head.table))) }]
  })
  // A column that several shapes fill alike is one column.
  return found.filter(({ column }, i) => found.findIndex(other => other.column === column) === i)
}
