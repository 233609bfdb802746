import { loadSqlParser } from '../base/sql-parser.ts'
import { RehouseError } from '../errors.ts'

/** What one SELECT of the mapping reads, by the names in its text. */
export interface SelectReads {
  /** Tables named with their schema, each once, in the order of the text. */
  readonly tables: readonly { readonly schema: string; readonly name: string }[]
  /** Whether it may read a column of that name: true for every name where it takes whole rows. */
  mayRead(column: string): boolean
  /** WITH RECURSIVE without CYCLE: nothing but the rows, or a condition, ends it. */
  readonly recurses: boolean
}

/** Throws SOURCE_REFUSED for anything that is more than one SELECT, or something else. */
export async function selectReads({ name, sql }: { readonly name: string; readonly sql: string }): Promise<SelectReads> {
  const parser = await loadSqlParser()
  const refuse = (got: string): RehouseError => viewRefused(name, { expected: 'one SELECT that only reads', got })
  let statements: readonly { readonly stmt?: unknown }[]
  try {
    statements = parser.parseSync(sql).stmts ?? []
  } catch {
    throw refuse('text PostgreSQL does not parse')
  }
  const [only, ...others] = statements.map(statement => statement.stmt)
  if (others.length > 0 || !isMap(only) || !('SelectStmt' in only))
    throw refuse(statements.length === 1 ? 'another statement' : `${statements.length} statements`)
  const found = new Names()
  walk(only, (key, value) => {
    if (key === 'intoClause' || key === 'lockingClause') throw refuse('one that writes or locks')
    if (key.endsWith('Stmt') && key !== 'SelectStmt') throw refuse('another statement within it')
    found.note(key, value)
  })
  const mayRead = (column: string): boolean => found.takesWholeRows || found.words.has(column)
  return { tables: [...found.tables.values()], mayRead, recurses: found.recurses }
}

class Names {
  readonly tables = new Map<string, { readonly schema: string; readonly name: string }>()
  readonly words = new Set<string>()
  recurses = false
  readonly #rows = new Set<string>()
  readonly #alone = new Set<string>()
  #hasStar = false

  note(key: string, value: unknown): void {
    if (key === 'A_Star' || (key === 'isNatural' && value === true)) this.#hasStar = true
    // `t as a(x, y)` reads columns under names of the view's own.
    if (key === 'colnames' && Array.isArray(value) && value.length > 0) this.#hasStar = true
    if ((key === 'aliasname' || key === 'relname') && typeof value === 'string') this.#rows.add(value)
    if (!isMap(value)) return
    if (key === 'withClause' && value.recursive === true) this.recurses ||= [value.ctes].flat().some(isEndless)
    if (key === 'String' && typeof value.sval === 'string') this.words.add(value.sval)
    if (key === 'ColumnRef' && Array.isArray(value.fields) && value.fields.length === 1) this.#alone.add(wordOf(value.fields[0]))
    if (key !== 'RangeVar' || typeof value.schemaname !== 'string') return
    const table = { schema: value.schemaname, name: String(value.relname) }
    this.tables.set(JSON.stringify(table), table)
  }

  /** `t.*`, `t` in the place of a value, NATURAL JOIN, `t as a(x, y)`. */
  get takesWholeRows(): boolean {
    return this.#hasStar || [...this.#alone].some(word => this.#rows.has(word))
  }
}

/** `cycle … set … using …` is kept beside the query it belongs to. */
function isEndless(cte: unknown): boolean {
  return isMap(cte) && isMap(cte.CommonTableExpr) && !('cycle_clause' in cte.CommonTableExpr)
}

function wordOf(node: unknown): string {
  return isMap(node) && isMap(node.String) && typeof node.String.sval === 'string' ? node.String.sval : ''
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

/** SQL of the mapping that cannot be read as a relation. */
export function viewRefused(
  view: string,
  { expected, got, next }: { readonly expected: string; readonly got: string; readonly next?: string },
): RehouseError {
  return new RehouseError('SOURCE_REFUSED', `expected view ${view} to have ${expected}, got ${got}`, {
    where: { table: `view/${view}` },
    next: next ?? 'Correct the SQL under `views`; a type of the database’s own is cast there, as in `kind::text`.',
  })
}
