import { quoteText } from '../base/quote-name.ts'
import { literalEncoder } from '../cast/literal-encoder.ts'
import { baseOf, type Family, familyOf } from '../cast/sql-family.ts'
import { RehouseError } from '../errors.ts'
import type { JsonLiteral } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'

/** A default of the source in the target's words. `none`: it is no default at all (NULL). Null: it could not be translated. */
export type Translated = { readonly sql: string } | 'none' | null

const NOW =
  /^(?:getdate|sysdatetime|sysdatetimeoffset|now|transaction_timestamp|statement_timestamp|clock_timestamp)\(\)$|^(?:current_timestamp|localtimestamp)(?:\(\d\))?$/i
const NOW_UTC =
  /^(?:getutcdate|sysutcdatetime)\(\)$|^timezone\('utc'(?:::text)?,(?:now\(\)|current_timestamp)\)$|^\(?(?:now\(\)|current_timestamp)\)? ?at time zone 'utc'(?:::text)?$/i
const NEW_UUID = /^(?:newid|newsequentialid|gen_random_uuid|uuid_generate_v4|uuid_generate_v1|uuid_generate_v1mc|uuidv4|uuidv7)\(\)$/i
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i

/** Takes literals, the time now, new UUIDs and NULL; everything else is for a person. What it gives fits the type. */
export function translateDefault(expression: string, type: SqlType): Translated {
  const text = bare(expression)
  const family = familyOf(baseOf(type))
  if (/^null$/i.test(text)) return 'none'
  const compact = text.replace(/\s*([(),])\s*/g, '$1')
  if (NEW_UUID.test(compact))
    return family === 'uuid' ? { sql: 'gen_random_uuid()' } : family === 'text' ? { sql: 'gen_random_uuid()::text' } : null
  if (NOW_UTC.test(compact)) return now(family, "(now() at time zone 'utc')")
  if (NOW.test(compact)) return now(family, 'now()')
  if (/^current_date$/i.test(compact) && (family === 'date' || family === 'timestamp')) return { sql: 'current_date' }
  return literal(text, type, family)
}

function now(family: Family, sql: string): Translated {
  if (family === 'timestamptz') return { sql: 'now()' }
  if (family === 'timestamp') return { sql }
  return family === 'date' ? { sql: 'current_date' } : family === 'time' ? { sql: 'localtime' } : null
}

/** Without the parentheses around the whole, the cast after a literal, and `convert(type, …)` around one. */
function bare(expression: string): string {
  let text = expression.trim()
  for (;;) {
    const before = text
    if (isWrapped(text)) text = text.slice(1, -1).trim()
    text = text.replace(/^N'/i, "'")
    text = text.replace(/^((?:'(?:[^']|'')*')|\(?-?\d[\d.]*\)?|true|false|null|array\[\])::[a-z_ "[\]().,0-9]+$/i, '$1')
    text = text.replace(
      /^(?:convert\s*\(\s*\[?\w+\]?(?:\([\d, ]+\))?\s*,|cast\s*\()\s*(.+?)(?:\s+as\s+\[?\w+\]?(?:\([\d, ]+\))?)?\s*\)$/i,
      (whole, inner: string) => (/^\(*-?[\d.]+\)*$|^\(*N?'(?:[^']|'')*'\)*$/i.test(inner.trim()) ? inner : whole),
    )
    if (text === before) return text
  }
}

/** Whether the first parenthesis closes with the last. */
export function isWrapped(text: string): boolean {
  if (!text.startsWith('(') || !text.endsWith(')')) return false
  let depth = 0
  let isText = false
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "'") isText = !isText
    if (isText) continue
    if (text[i] === '(') depth++
    if (text[i] === ')' && --depth === 0) return i === text.length - 1
  }
  return false
}

function literal(text: string, type: SqlType, family: Family): Translated {
  if (family === 'bool') return truth(text)
  const quoted = /^'((?:[^']|'')*)'$/.exec(text)?.[1]?.replaceAll("''", "'")
  if (family === 'array') return quoted === '{}' || /^array\[\]$/i.test(text) ? { sql: "'{}'" } : null
  if (family === 'json' || family === 'jsonb') return quoted !== undefined && isJson(quoted) ? { sql: quoteText(quoted) } : null
  const value = quoted ?? (NUMBER.test(text) ? text : null)
  if (value === null || value.includes('\0')) return null
  const isNumber = ['int', 'numeric', 'float', 'oid'].includes(family)
  if (isNumber && !NUMBER.test(value)) return null
  if (!fits(isNumber ? { digits: value.replace(/^\+/, '') } : value, type)) return null
  return { sql: isNumber ? value : quoteText(value) }
}

function truth(text: string): Translated {
  const word = text.replace(/^'(.*)'$/, '$1').toLowerCase()
  if (['1', 'true', 't', 'yes'].includes(word)) return { sql: 'true' }
  return ['0', 'false', 'f', 'no'].includes(word) ? { sql: 'false' } : null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return !text.includes('\\u0000')
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function fits(value: JsonLiteral, type: SqlType): boolean {
  try {
    literalEncoder(value, type)
    return true
  } catch (error) {
    if (error instanceof RehouseError) return false
    throw error
  }
}
