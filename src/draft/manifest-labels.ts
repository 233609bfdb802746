import { nameLabel } from '../base/table-label.ts'

/** `schema.table` as a manifest writes it, meaning this table and no other. */
export function relationLabel(name: { readonly schema: string; readonly name: string }): string {
  return `${partLabel(name.schema)}.${partLabel(name.name)}`
}

export function columnLabel(table: { readonly schema: string; readonly name: string }, column: string): string {
  return `${relationLabel(table)}.${partLabel(column)}`
}

/** In quotes also where a `*` would stand for any characters. */
function partLabel(name: string): string {
  const label = nameLabel(name)
  return label.startsWith('"') || !name.includes('*') ? label : `"${name}"`
}
