import type { Node } from 'libpg-query'

/** The tables that statements write to, wherever in them. */
export function changedTables(nodes: unknown): readonly { readonly relname: string; readonly schemaname?: string }[] {
  const found: { relname: string; schemaname?: string }[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const each of node) visit(each)
    else if (typeof node === 'object' && node !== null)
      for (const [kind, value] of Object.entries(node)) {
        if (WRITING.has(kind)) found.push(...relationsOf(value))
        visit(value)
      }
  }
  visit(nodes)
  return found
}

const WRITING = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'TruncateStmt'])

function relationsOf(statement: {
  readonly relation?: { readonly relname?: string; readonly schemaname?: string }
  readonly relations?: readonly Node[]
}): readonly { relname: string; schemaname?: string }[] {
  const many = (statement.relations ?? []).flatMap(node => ('RangeVar' in node ? [node.RangeVar] : []))
  return [...(statement.relation === undefined ? [] : [statement.relation]), ...many].map(({ relname = '', schemaname }) => ({
    relname,
    ...(schemaname === undefined ? {} : { schemaname }),
  }))
}
