/** A name as an identifier of SQL, whatever it holds. Throws a RangeError for NUL, which would end the statement. */
export function quoteName(name: string): string {
  if (name.includes('\0')) throw new RangeError('expected a name without NUL in a statement')
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteTable(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(table.schema)}.${quoteName(table.name)}`
}
