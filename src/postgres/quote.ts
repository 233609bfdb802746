import { bug } from '../errors.ts'
import type { SqlType } from '../model/sql-type.ts'

/** A name as an identifier of SQL, whatever it holds. Throws BUG for NUL, which would end the statement. */
export function quoteName(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`
}

export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ')
}

export function qualifiedName(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`
}

/** A text as a literal of SQL, for statements that take no parameters. Right whatever `standard_conforming_strings` is. */
export function quoteLiteral(text: string): string {
  const quoted = withoutNul(text).replaceAll("'", "''")
  return quoted.includes('\\') ? ` E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

/** A text as a value of a type. The type under a domain: its check was passed when the value was stored, and its collation must not get in the way of the column’s. */
export function typedLiteral(text: string, type: SqlType): string {
  const base = underDomains(type)
  return `${quoteLiteral(text)}::${base.text}`
}

export function underDomains(type: SqlType): SqlType {
  return type.kind === 'domain' && type.element ? underDomains(type.element) : type
}

function withoutNul(text: string): string {
  if (text.includes('\0')) throw bug('expected a name or value without NUL in a statement')
  return text
}
