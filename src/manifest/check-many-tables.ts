import { splitName } from '../base/table-label.ts'
import { type Entity, VIEWS } from '../model/mapping.ts'
import type { Problems } from './problems.ts'

/** `from.tables` as far as the manifest alone can tell. */
export function checkManyTables(entity: Entity, problems: Problems): void {
  const { tables } = entity
  if (tables === null) return
  const invalid = (message: string, next: string): void =>
    problems.add({ code: 'MANIFEST_INVALID', at: tables.at, message, next, entity: entity.name })
  if (tables.listing.schema === VIEWS)
    invalid('expected a table that lists tables, got a view of the mapping', 'Name the relation the view reads.')
  if (entity.key === 'content')
    invalid(
      'expected a key of columns for many tables, got `{ content: true }`',
      'Name a column that tells the tables apart (the one that names them, or one that is carried) and the key within a table.',
    )
  const names = tables.carry.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) invalid(`expected each column once under \`carry\`, got \`${twice}\` again`, 'Take one of the two out.')
  const { source } = splitName(tables.unlisted ?? '')
  if (source !== null && source !== entity.from.source)
    invalid(
      `expected \`unlisted\` to mean tables of source \`${entity.from.source}\`, where the list is, got source \`${source}\``,
      'Take the source out of the pattern.',
    )
}
