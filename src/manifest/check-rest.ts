import { tableLabel } from '../base/table-label.ts'
import { shapesOf } from '../model/every-shape.ts'
import { everyValue, valuesIn } from '../model/every-value.ts'
import { type Entity, type NamedValue, type RestTypesFrom, VIEWS } from '../model/mapping.ts'
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
  for (const value of everyValue(entity))
    if (value.kind === 'rest' && value.typesFrom !== null) checkTypesFrom(value.typesFrom, { entity, problems })
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

/** Types are settled before the first row is read: by what is the same for all rows of a table. */
function checkTypesFrom(types: RestTypesFrom, { entity, problems }: { readonly entity: Entity; readonly problems: Problems }): void {
  const invalid = (message: string, next: string): void =>
    problems.add({ code: 'MANIFEST_INVALID', at: types.at, message, next, entity: entity.name })
  const { from, match } = types
  if (from.source !== entity.from.source)
    invalid(
      `expected types from source \`${entity.from.source}\`, which the rows are read from, got source \`${from.source}\``,
      'Name a relation of that source: it is read in the same snapshot.',
    )
  if (from.schema === VIEWS) invalid('expected a table that says types, got a view of the mapping', 'Name the relation the view reads.')
  const names = match.filter(({ ours }) => ours.kind === 'name').length
  if (names !== 1)
    invalid(
      `expected \`rest.name\` once under \`match\`, got it ${names === 0 ? 'nowhere' : `${names} times`}`,
      'Write the column that names the column a row is about: `match: { Column: rest.name }`.',
    )
  const carried = carriedNames(entity)
  const odd = match.find(({ ours }) => ours.kind === 'carried' && !carried.includes(ours.name))
  if (odd?.ours.kind === 'carried')
    invalid(
      `expected \`rest.name\`, a constant or a column that is the same for all rows of a table under \`match\`, got \`${odd.ours.name}\``,
      carried.length === 0
        ? 'Write { value: … } for a constant.'
        : `Use one of: rest.name, ${carried.join(', ')}; write { value: … } for a constant.`,
    )
}

function carriedNames({ tables }: Entity): readonly string[] {
  if (tables === null) return []
  const names = tables.carry.map(({ name }) => name)
  return tables.carry.some(({ column }) => column === tables.name) ? names : [tables.name, ...names]
}
