/** A name as an identifier of SQL, whatever it holds. Throws a RangeError for NUL, which would end the statement. */
export function quoteName(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`
}

export function quoteTable(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`
}

/** A text as a literal of SQL. Right whatever `standard_conforming_strings` is. Throws a RangeError for NUL. */
export function quoteText(text: string): string {
  const quoted = withoutNul(text).replaceAll("'", "''")
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

function withoutNul(text: string): string {
  if (text.includes('\0')) throw new RangeError('expected a name without NUL in a statement')
  return text
}
