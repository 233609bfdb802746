import type { Node, TypeName } from 'libpg-query'
import { baseOf, familyOf } from '../../cast/sql-family.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { Database } from './ddl-database.ts'
import { NULL_VALUE, TEXT_VALUE } from './insert-kinds.ts'

const resolved = new WeakMap<Database, Map<string, SqlType | null>>()

/** Whether a constant cast to the type named is stored in a column of type `to` as it would be without the cast. */
export function isUnchanged(cast: string, into: { readonly kind: number; readonly to: SqlType; readonly database: Database }): boolean {
  if (into.kind === NULL_VALUE) return true
  const type = typeNamed(cast, into.database)
  if (type === null) return false
  const to = baseOf(into.to)
  const isSame = [into.to, to].some(target => target.name === type.name && target.schema === type.schema)
  if (isSame) return type.modifier === -1 || type.modifier === to.modifier
  // A text is read as its column’s type reads it, whichever text type it went through.
  return into.kind === TEXT_VALUE && type.modifier === -1 && familyOf(type) === 'text' && familyOf(to) === 'text' && type.name !== 'name'
}

export function typeNamed(text: string, database: Database): SqlType | null {
  const known = resolved.get(database) ?? new Map<string, SqlType | null>()
  resolved.set(database, known)
  const found = known.get(text)
  if (found !== undefined) return found
  const use = typeNameOf(text, database)
  const type = use === null ? null : database.types.resolve(use).type
  known.set(text, type)
  return type
}

function typeNameOf(text: string, database: Database): TypeName | null {
  try {
    const [node] = database.parse(`select null::${text}`)
    const target = node && 'SelectStmt' in node ? node.SelectStmt.targetList?.[0] : undefined
    const value: Node | undefined = target && 'ResTarget' in target ? target.ResTarget.val : undefined
    return value && 'TypeCast' in value ? (value.TypeCast.typeName ?? null) : null
  } catch {
    // Not the name of a type: whoever asked refuses the cast.
    return null
  }
}
