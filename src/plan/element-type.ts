import { baseType } from '../expression/scalar-kind.ts'
import type { SqlType } from '../model/sql-type.ts'

/** The elements' type; null = the type is no list. */
export function elementType(type: SqlType): SqlType | null {
  const base = baseType(type)
  if (base.kind === 'array') return base.element ?? null
  return base.schema === 'pg_catalog' && (base.name === 'json' || base.name === 'jsonb') ? base : null
}

/** Whether elements of the type have members. */
export function hasMembers(element: SqlType): boolean {
  return element.schema === 'pg_catalog' && (element.name === 'json' || element.name === 'jsonb')
}
