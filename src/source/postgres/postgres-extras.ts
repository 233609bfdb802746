import type { CatalogueExtras } from '../../model/catalogue-extras.ts'
import { type CatalogueRow, isTrue, names, text } from '../../postgres/catalogue-rows.ts'
import type { Session } from '../../postgres/session.ts'
import { sqlFile } from '../../postgres/sql-files.ts'

const LIST_RELATIONS = sqlFile('list-relations')
const LIST_DEFAULTS = sqlFile('list-defaults')
const LIST_CHECKS = sqlFile('list-check-conditions')
const LIST_COMMENTS = sqlFile('list-comments')
const LIST_INDEXES = sqlFile('list-plain-indexes')
const LIST_OBJECTS = sqlFile('list-other-objects')

/** Defaults, checks, comments, indexes and what lives beside tables. Reads the catalogue alone. */
export async function readPostgresExtras(session: Session): Promise<CatalogueExtras> {
  const { rows: relations } = await session.query(LIST_RELATIONS, [null])
  const oids = relations.map(row => row[0] ?? null)
  const list = async (statement: string): Promise<readonly CatalogueRow[]> => (await session.query(statement, [oids])).rows
  const defaults = await list(LIST_DEFAULTS)
  const checks = await list(LIST_CHECKS)
  const comments = await list(LIST_COMMENTS)
  const indexes = await list(LIST_INDEXES)
  const { rows: objects } = await session.query(LIST_OBJECTS)
  return {
    dialect: 'postgres',
    defaults: defaults.filter(row => !isTrue(row, 4)).map(expressionFrom),
    computed: defaults.filter(row => isTrue(row, 4)).map(expressionFrom),
    checks: checks.map(row => ({ schema: text(row, 0), table: text(row, 1), name: text(row, 2), expression: text(row, 3) })),
    comments: comments.map(row => ({ schema: text(row, 0), table: text(row, 1), column: row[2] ?? null, text: text(row, 3) })),
    indexes: indexes.map(row => ({
      schema: text(row, 0),
      table: text(row, 1),
      name: text(row, 2),
      columns: names(row, 3),
      isUnique: isTrue(row, 4),
      filter: row[5] ?? null,
    })),
    objects: objects.map(row => ({ kind: text(row, 0), schema: text(row, 1), name: text(row, 2) })),
  }
}

function expressionFrom(row: CatalogueRow): CatalogueExtras['defaults'][number] {
  return { schema: text(row, 0), table: text(row, 1), column: text(row, 2), expression: text(row, 3) }
}
