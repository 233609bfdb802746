import { loadedSqlParser } from '../base/sql-parser.ts'

/** A statement under `finish`, read. */
export interface Refresh {
  readonly schema: string
  readonly name: string
  readonly isConcurrent: boolean
}

/** The one thing that may be done in the target after the load: REFRESH MATERIALIZED VIEW [CONCURRENTLY] of a view named with its schema. Otherwise what was found instead. The parser must be loaded. */
export function readFinish(sql: string): Refresh | { readonly got: string } {
  const statements = parsed(sql)
  if (statements === null) return { got: 'text PostgreSQL does not parse' }
  const [only, ...others] = statements
  if (only === undefined || others.length > 0) return { got: `${statements.length} statements` }
  if (!isMap(only) || !('RefreshMatViewStmt' in only) || !isMap(only.RefreshMatViewStmt)) return { got: 'another statement' }
  const { relation, concurrent, skipData } = only.RefreshMatViewStmt
  if (skipData === true) return { got: 'one that leaves the view empty (WITH NO DATA)' }
  const { schemaname, relname, catalogname } = isMap(relation) ? relation : {}
  if (typeof schemaname !== 'string' || typeof relname !== 'string' || catalogname !== undefined)
    return { got: 'a view without its schema' }
  return { schema: schemaname, name: relname, isConcurrent: concurrent === true }
}

function parsed(sql: string): readonly unknown[] | null {
  try {
    return (loadedSqlParser().parseSync(sql).stmts ?? []).map(({ stmt }) => stmt)
  } catch {
    return null
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
