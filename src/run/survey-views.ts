import { atPlace, RehouseError } from '../errors.ts'
import type { Catalogue, Relation } from '../model/catalogue.ts'
import type { Mapping, View } from '../model/mapping.ts'
import type { Source } from '../source/source.ts'

interface Described {
  readonly opened: Source
  readonly source: string
  readonly mapping: Mapping
}

/** The views of the mapping stand beside the first source's own relations. */
export async function withViews(catalogue: Catalogue, { opened, source, mapping }: Described): Promise<Catalogue> {
  if (mapping.views.length === 0 || source !== mapping.sources[0]?.name) return catalogue
  const views: Relation[] = []
  for (const view of mapping.views) {
    try {
      if (opened.describeQuery === undefined) throw noSql(view.name)
      const described = await opened.describeQuery(view)
      refuseUnknownScope(view, described)
      views.push(described)
    } catch (error) {
      throw atPlace(error, view.at)
    }
  }
  return { ...catalogue, relations: [...catalogue.relations, ...views] }
}

function refuseUnknownScope({ name, within }: View, { columns }: Relation): void {
  const lacking = within.find(part => !columns.some(column => column.name === part))
  if (lacking === undefined) return
  const got = columns.map(column => column.name).join(', ')
  throw new RehouseError('SOURCE_REFUSED', `expected view ${name} to have a column ${lacking} for \`within\`, got columns ${got}`, {
    where: { table: `view/${name}` },
    next: 'Name columns the view has: rows with the same values there change together.',
  })
}

function noSql(view: string): RehouseError {
  return new RehouseError('MANIFEST_NOT_SUPPORTED', `expected a source with SQL for view ${view}, got one without`, {
    next: 'Load its rows into a PostgreSQL of your own and read them from there, or say it with `with` and `number`.',
  })
}
