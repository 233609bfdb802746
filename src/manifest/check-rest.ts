import { tableLabel } from '../base/table-label.ts'
import { shapesOf } from '../model/every-shape.ts'
import { valuesIn } from '../model/every-value.ts'
import type { Entity, NamedValue } from '../model/mapping.ts'
import type { Place } from '../model/place.ts'
import type { Problems } from './problems.ts'

/** `rest` stands in one place of an entity: a column in two documents would be in neither by right. Several shapes of one table may each have it in the same column. */
export function checkRest(entity: Entity, problems: Problems): void {
  const places = [
    ...entity.let.map(named => ({ named, place: `let.${named.name}` })),
    ...entity.into.flatMap(table => {
      const label = tableLabel(table.schema, table.table)
      return shapesOf(table).flatMap(shape => shape.columns.map(named => ({ named, place: `${label}.${named.name}` })))
    }),
  ].flatMap(({ named, place }) => restsIn(named).map(at => ({ at, place })))
  const [first] = places
  const second = places.find(({ place }) => place !== first?.place)
  if (first === undefined || second === undefined) return
  problems.add({
    code: 'MANIFEST_INVALID',
    at: second.at,
    message: `expected \`rest\` in one place of \`${entity.name}\`, got it in ${first.place} and in ${second.place}`,
    next: 'Keep one of them; name the columns you want elsewhere.',
    entity: entity.name,
  })
}

function restsIn({ value }: NamedValue): readonly Place[] {
  return valuesIn(value).flatMap(inner => (inner.kind === 'rest' ? [inner.at] : []))
}
