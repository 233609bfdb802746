import { loadSqlParser } from '../../base/sql-parser.ts'
import { parseTypeName } from '../../cast/type-name.ts'
import { RehouseError } from '../../errors.ts'
import type { Column, Relation } from '../../model/catalogue.ts'
import { VIEWS } from '../../model/mapping.ts'
import type { Session } from '../../postgres/session.ts'

export interface Query {
  readonly name: string
  readonly sql: string
  readonly key: readonly string[]
}

const TYPE_NAMES = `select pg_catalog.format_type(t.oid, t.modifier) from unnest($1::pg_catalog.oid[], $2::pg_catalog.int4[]) with ordinality as t (oid, modifier, n) order by n`

/** What a query gives, as a relation. Any of its columns may be NULL, and nothing says that its key is unique. Throws SOURCE_REFUSED for what PostgreSQL will not run, and for types of the user's own. */
export async function describeQuery(session: Session, { name, sql, key }: Query): Promise<Relation> {
  const reads = await tablesRead({ name, sql })
  const fields = await session.describe(sql)
  const { rows } = await session.query(TYPE_NAMES, [fields.map(field => String(field.oid)), fields.map(field => String(field.modifier))])
  const columns = fields.map((field, i) => columnOf(field.name, String(rows[i]?.[0]), name))
  const lacking = key.find(part => !columns.some(column => column.name === part))
  if (lacking !== undefined)
    throw refused(name, `a column ${lacking} for its key`, `columns ${columns.map(column => column.name).join(', ')}`)
  return {
    schema: VIEWS,
    name,
    kind: 'view',
    columns,
    primaryKey: key,
    uniqueKeys: [],
    foreignKeys: [],
    estimatedRows: null,
    query: { sql, reads },
  }
}

/** The tables one SELECT reads. Throws SOURCE_REFUSED for anything that is more or something else. */
async function tablesRead({
  name,
  sql,
}: {
  readonly name: string
  readonly sql: string
}): Promise<NonNullable<Relation['query']>['reads']> {
  const parser = await loadSqlParser()
  const refuse = (got: string): RehouseError => refused(name, 'one SELECT that only reads', got)
  let statements: readonly { readonly stmt?: unknown }[]
  try {
    statements = parser.parseSync(sql).stmts ?? []
  } catch {
    throw refuse('text PostgreSQL does not parse')
  }
  const [only, ...others] = statements.map(statement => statement.stmt)
  if (others.length > 0 || !isMap(only) || !('SelectStmt' in only))
    throw refuse(statements.length === 1 ? 'another statement' : `${statements.length} statements`)
  const tables = new Map<string, { readonly schema: string; readonly name: string }>()
  walk(only, (key, value) => {
    if (key === 'intoClause' || key === 'lockingClause') throw refuse('one that writes or locks')
    if (key.endsWith('Stmt') && key !== 'SelectStmt') throw refuse('another statement within it')
    if (key !== 'RangeVar' || !isMap(value) || typeof value.schemaname !== 'string') return
    const table = { schema: value.schemaname, name: String(value.relname) }
    tables.set(JSON.stringify(table), table)
  })
  return [...tables.values()]
}

function walk(node: unknown, visit: (key: string, value: unknown) => void): void {
  if (Array.isArray(node)) for (const item of node) walk(item, visit)
  else if (isMap(node))
    for (const [key, value] of Object.entries(node)) {
      visit(key, value)
      walk(value, visit)
    }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function columnOf(name: string, typeName: string, view: string): Column {
  try {
    const type = parseTypeName(typeName)
    return { name, type, isNullable: true, hasDefault: false, generated: 'no', collation: null }
  } catch (error) {
    if (!(error instanceof RehouseError)) throw error
    throw refused(view, `a built-in type of its column ${name}`, typeName)
  }
}

function refused(view: string, expected: string, got: string): RehouseError {
  return new RehouseError('SOURCE_REFUSED', `expected view ${view} to have ${expected}, got ${got}`, {
    where: { table: `view/${view}` },
    next: 'Correct the SQL under `views`; a type of the database’s own is cast there, as in `kind::text`.',
  })
}
