import { createHash } from 'node:crypto'
import { tableLabel } from '../base/table-label.ts'
import { bug, RehouseError } from '../errors.ts'
import type { Catalogue, Relation } from '../model/catalogue.ts'
import { qualifiedName, quoteName } from '../postgres/quote.ts'
import { selectReads, viewRefused } from '../postgres/select-reads.ts'
import type { Session } from '../postgres/session.ts'
import type { Source, SourceSnapshot } from '../source/source.ts'
import { emptyTable, namedTable, nameInStaging, type Unheld, unheldIn } from './named-table.ts'
import { stageRelation } from './stage-relation.ts'
import { STAGING_SCHEMA, type TextsOf } from './staged-shape.ts'
import { inTurn, type StagingDatabase } from './staging-database.ts'
import type { StagingPlace } from './staging-place.ts'

type Query = Parameters<NonNullable<Source['describeQuery']>>[0]

export interface ViewedFile {
  readonly catalogue: Catalogue
  readonly texts: TextsOf
}

/**
 * What SQL over relations of a file gives, as PostgreSQL says of empty tables like them: no row is staged for it. Rejects with SOURCE_REFUSED where it is not one SELECT over
 * relations of the file, or PostgreSQL cannot run it.
 */
export async function describeView(place: StagingPlace, query: Query, catalogue: Catalogue): Promise<Relation> {
  const { tables } = await selectReads(query)
  const relations = relationsRead(query.name, tables, catalogue)
  const database = await place.acquire({ engine: 'views', source: `views over ${shapesOf(relations)}`, identity: '', marker: '' })
  try {
    await inTurn(database, 'shapes', async session => {
      await makeSchemas(session, relations)
      for (const relation of relations) await session.script(emptyTable(relation, database.types))
    })
    const source = place.options.openSource(database.address)
    try {
      const described = await source.describeQuery?.(query)
      if (described === undefined) throw bug('expected a place of staging that describes SQL')
      const isDenied = relations.some(relation => relation.denied !== undefined)
      return isDenied ? { ...described, denied: { columns: described.columns.map(column => column.name), rows: true } } : described
    } finally {
      await source.close()
    }
  } finally {
    await place.release(database)
  }
}

/** Stages every relation a view of the mapping names, under its name. Rejects with SOURCE_INVALID where a column the view may read has values PostgreSQL cannot hold. */
export async function stageForView(
  database: StagingDatabase,
  view: Relation,
  { file, snapshot, signal }: { readonly file: ViewedFile; readonly snapshot: SourceSnapshot; readonly signal: AbortSignal },
): Promise<void> {
  const { tables, mayRead } = await selectReads({ name: view.name, sql: view.query?.sql ?? '' })
  const relations = relationsRead(view.name, tables, file.catalogue)
  await inTurn(database, 'schemas', session => makeSchemas(session, relations))
  for (const relation of relations) {
    const table = namedTable(relation, { known: database.types, texts: file.texts })
    const remark = await stageRelation(database, { snapshot, relation, table, signal })
    const unheld = unheldIn(remark).find(({ staged }) => mayRead(staged))
    if (unheld !== undefined) throw notHeld(view, relation, unheld)
  }
}

/** The relations a view of the mapping reads; views are read through these. */
export function relationsUnder(relation: Relation, catalogue: Catalogue): readonly Relation[] {
  return relation.query === undefined ? [relation] : relationsRead(relation.name, relation.query.reads, catalogue)
}

function relationsRead(
  view: string,
  tables: readonly { readonly schema: string; readonly name: string }[],
  catalogue: Catalogue,
): readonly Relation[] {
  return tables.map(table => {
    const label = tableLabel(table.schema, table.name)
    const found = catalogue.relations.filter(relation => sameName(nameInStaging(relation), table))
    const [relation] = found
    if (found.length > 1)
      throw viewRefused(view, { expected: 'names of one table each', got: `${label}, with which ${found.length} begin` })
    if (relation === undefined) throw unknownTable(view, { table, label }, catalogue)
    const { schema } = table
    if (schema === STAGING_SCHEMA || schema === 'information_schema' || schema.startsWith('pg_'))
      throw viewRefused(view, { expected: 'tables of schemas PostgreSQL lets one make', got: label })
    return relation
  })
}

interface TableInSql {
  readonly schema: string
  readonly name: string
}

function sameName(one: TableInSql, other: TableInSql): boolean {
  return one.schema === other.schema && one.name === other.name
}

function unknownTable(
  view: string,
  { table, label }: { readonly table: TableInSql; readonly label: string },
  catalogue: Catalogue,
): RehouseError {
  const plain = (name: string): string => name.toLowerCase()
  const meant = catalogue.relations.find(({ schema, name }) => plain(schema) === plain(table.schema) && plain(name) === plain(table.name))
  const next = meant && `Write ${qualifiedName(meant)}: without quotes PostgreSQL reads capitals as small letters.`
  return viewRefused(view, { expected: 'tables of the file', got: `${label}, which it has not`, ...(next === undefined ? {} : { next }) })
}

/** Tables that look alike need one database, however many tenants have them. */
function shapesOf(relations: readonly Relation[]): string {
  const shapes = relations.map(({ schema, name, columns }) => [schema, name, columns.map(column => [column.name, column.type.text])])
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16)
}

async function makeSchemas(session: Session, relations: readonly Relation[]): Promise<void> {
  const schemas = new Set(relations.map(relation => nameInStaging(relation).schema))
  for (const schema of schemas) await session.script(`create schema if not exists ${quoteName(schema)}`)
}

function notHeld(view: Relation, relation: Relation, { column, row, values }: Unheld): RehouseError {
  const table = tableLabel(relation.schema, relation.name)
  const more = values === 1 ? '' : ` and ${values - 1} more`
  return new RehouseError(
    'SOURCE_INVALID',
    `expected texts PostgreSQL can hold for view ${view.name}, got one that is not UTF-8 or has a NUL in row ${row}${more}`,
    {
      where: { table, column },
      next: 'Leave the column out of the view’s SQL (also out of `*`), and read it with an entity: its rows are then refused one by one.',
    },
  )
}
