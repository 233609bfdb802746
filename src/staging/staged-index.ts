import { qualifiedName, quoteNames } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { sqlStateOf } from './staging-database.ts'

/** Values too long for an index, and types that have no order. */
const NOT_INDEXED: ReadonlySet<string> = new Set(['54000', '42704'])

/** Within a transaction: an index over columns of a staged table, if there can be one; where not, rows are found by looking through the table. `name`: null = PostgreSQL’s own; one that is there is kept. */
export async function indexWhereItFits(
  session: Session,
  of: {
    readonly table: { readonly schema: string; readonly name: string }
    readonly columns: readonly string[]
    readonly name: string | null
  },
): Promise<void> {
  const { table, columns, name } = of
  if (columns.length === 0) return
  const named = name === null ? '' : `if not exists ${quoteNames([name])} `
  await session.script('savepoint indexed')
  try {
    await session.script(`create index ${named}on ${qualifiedName(table)} (${quoteNames(columns)})`)
  } catch (error) {
    if (!NOT_INDEXED.has(sqlStateOf(error) ?? '')) throw error
    await session.script('rollback to savepoint indexed')
  }
  await session.script('release savepoint indexed')
}
