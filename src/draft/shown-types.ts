import type { Column, Relation } from '../model/catalogue.ts'
import type { DraftSource } from './draft.ts'
import { foldedName } from './folded-groups.ts'

/** Where types are only what values show, a column without values takes the type it has in the first other source that shows one. */
export function withShownTypes(sources: readonly DraftSource[]): readonly DraftSource[] {
  if (!sources.some(({ extras }) => (extras?.emptyColumns ?? []).length > 0)) return sources
  const shown = new Map<string, Column>()
  for (const source of sources) {
    const empty = emptyOf(source)
    for (const relation of source.catalogue.relations) {
      for (const column of relation.columns) {
        const name = nameOf(relation, column)
        if (!empty.has(name) && !shown.has(name)) shown.set(name, column)
      }
    }
  }
  return sources.map(source => {
    const empty = emptyOf(source)
    const relations = source.catalogue.relations.map(relation => ({
      ...relation,
      columns: relation.columns.map(column => {
        const name = nameOf(relation, column)
        const other = empty.has(name) ? shown.get(name) : undefined
        return other === undefined ? column : { ...column, type: other.type, collation: other.collation }
      }),
    }))
    return { ...source, catalogue: { ...source.catalogue, relations } }
  })
}

function emptyOf({ extras }: DraftSource): ReadonlySet<string> {
  return new Set((extras?.emptyColumns ?? []).map(place => nameOf({ schema: place.schema, name: place.table }, { name: place.column })))
}

function nameOf(relation: Pick<Relation, 'schema' | 'name'>, column: Pick<Column, 'name'>): string {
  return JSON.stringify([foldedName(relation), column.name.toLowerCase()])
}
