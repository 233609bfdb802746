import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { dateText, timestampText, timeText } from './date-text.ts'
import { kindOf } from './scalar-kind.ts'

/** The text of a value that is not NULL. */
export type ValueText = (value: Value) => string

/**
 * What a cast to text gives. Null for a type whose text depends on settings (a float, a time with zone) or that is opaque here.
 * bpchar loses the blanks at its end, as in PostgreSQL.
 */
export function textOf(type: SqlType): ValueText | null {
  switch (kindOf(type)) {
    case 'text':
    case 'varchar':
    case 'citext':
    case 'enum':
    case 'uuid':
    case 'numeric':
    case 'json':
    case 'jsonb':
    case 'bool':
    case 'int2':
    case 'int4':
    case 'int8':
      return String
    case 'bpchar':
      return value => withoutBlanks(String(value))
    case 'date':
      return value => dateText(Number(value))
    case 'time':
      return value => timeText(asBigInt(value))
    case 'timestamp':
      return value => timestampText(asBigInt(value))
    default:
      return null
  }
}

export function withoutBlanks(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0x20) end--
  return end === text.length ? text : text.slice(0, end)
}

function asBigInt(value: Value): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number(value))
}
