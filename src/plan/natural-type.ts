import { builtinType } from '../cast/builtin-types.ts'
import type { JsonLiteral } from '../model/mapping.ts'
import type { SqlType } from '../model/sql-type.ts'

/** The type a constant has where no column says. */
export function naturalType(literal: JsonLiteral): SqlType {
  if (typeof literal === 'boolean') return builtinType('bool')
  if (literal === null || typeof literal === 'string') return builtinType('text')
  if ('digits' in literal) return builtinType('numeric')
  return builtinType('jsonb')
}
