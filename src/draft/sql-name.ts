import { quoteName } from '../base/quote-name.ts'
import { RESERVED_WORDS } from './reserved-words.ts'

/** A name as SQL takes it: without quotes where it needs none. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED_WORDS.has(name) ? name : quoteName(name)
}

export function sqlTable(table: { readonly schema: string; readonly name: string }): string {
  return `${sqlName(table.schema)}.${sqlName(table.name)}`
}

/** A built-in type as people write it. */
export function sqlType(text: string): string {
  return text
    .replace(/^character varying/, 'varchar')
    .replace(/^character\b/, 'char')
    .replace(/^(time(?:stamp)?)(\(\d\))? without time zone/, '$1$2')
    .replace(/^timestamp(\(\d\))? with time zone/, 'timestamptz$1')
}
