import type { TableName } from '../target/target.ts'
import type { Session } from './session.ts'
import { sqlFile } from './sql-files.ts'

/** A row of a catalogue query as the server printed it. */
export type CatalogueRow = readonly (string | null)[]

/** What the server said, unread: the answers of `sql/list-….sql`. Plain data, so that those of a real server can be kept as a fixture. */
export interface CatalogueRows {
  readonly version: number
  readonly database: string
  readonly relations: readonly CatalogueRow[]
  readonly columns: readonly CatalogueRow[]
  readonly types: readonly CatalogueRow[]
  readonly keys: readonly CatalogueRow[]
  readonly foreignKeys: readonly CatalogueRow[]
}

const LIST_RELATIONS = sqlFile('list-relations')
const LIST_COLUMNS = sqlFile('list-columns')
const LIST_TYPES = sqlFile('list-types')
const LIST_KEYS = sqlFile('list-keys')
const LIST_FOREIGN_KEYS = sqlFile('list-foreign-keys')

/** Reads the catalogue as this role sees it; needs no rights on the tables. `wanted` null = all of the user's own relations. The caller's transaction decides whether it is of one moment. */
export async function readCatalogueRows(session: Session, wanted: readonly TableName[] | null): Promise<CatalogueRows> {
  const names = wanted === null ? null : JSON.stringify(wanted.map(table => [table.schema, table.name]))
  const { rows: relations } = await session.query(LIST_RELATIONS, [names])
  const oids = relations.map(row => row[0] ?? null)
  const list = async (statement: string): Promise<readonly CatalogueRow[]> => (await session.query(statement, [oids])).rows
  const { rows } = await session.query('select pg_catalog.current_database()')
  return {
    version: session.version,
    database: String(rows[0]?.[0]),
    relations,
    columns: await list(LIST_COLUMNS),
    types: await list(LIST_TYPES),
    keys: await list(LIST_KEYS),
    foreignKeys: await list(LIST_FOREIGN_KEYS),
  }
}

/** The rows of each relation; `column` holds its oid. */
export function byRelation(rows: readonly CatalogueRow[], column: number): ReadonlyMap<string, readonly CatalogueRow[]> {
  return Map.groupBy(rows, row => text(row, column))
}

/** A column that is never NULL. */
export function text(row: CatalogueRow, column: number): string {
  return row[column] ?? ''
}

export function isTrue(row: CatalogueRow, column: number): boolean {
  return row[column] === 't'
}

/** A JSON array of names; NULL = none. */
export function names(row: CatalogueRow, column: number): readonly string[] {
  // Made by json_agg over names in our own query.
  return JSON.parse(row[column] ?? '[]') as readonly string[]
}
