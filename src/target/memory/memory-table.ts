import type { Relation } from '../../model/catalogue.ts'

export type Field = Buffer | null

/** A stored row. Never changed: an update stores another one in its place. Its identity is what `ctid` is to PostgreSQL. */
export interface StoredRow {
  readonly fields: readonly Field[]
}

export interface TableRows {
  readonly rows: readonly StoredRow[]
}

export type Rule =
  | { readonly kind: 'unique'; readonly name: string; readonly columns: readonly number[]; readonly nullsNotDistinct: boolean }
  | {
      readonly kind: 'foreign key'
      readonly name: string
      readonly columns: readonly number[]
      readonly referenced: string
      readonly referencedColumns: readonly string[]
      readonly isDeferrable: boolean
      readonly cascades: boolean
    }

/** A table's form: what a row must satisfy, by the names the catalogue gives. */
export interface TableForm {
  readonly relation: Relation
  readonly rules: readonly Rule[]
}

export function formOf(relation: Relation): TableForm {
  const at = (name: string): number => columnIndex(relation, name)
  const unique = relation.uniqueKeys
    .filter(key => !key.isPartialOrExpression)
    .map(key => ({ kind: 'unique' as const, name: key.name, columns: key.columns.map(at), nullsNotDistinct: key.nullsNotDistinct }))
  const foreign = relation.foreignKeys.map(key => ({
    kind: 'foreign key' as const,
    name: key.name,
    columns: key.columns.map(at),
    referenced: `${key.referencedSchema}.${key.referencedTable}`,
    referencedColumns: key.referencedColumns,
    isDeferrable: key.isDeferrable,
    cascades: key.onDelete === 'cascade',
  }))
  return { relation, rules: [...unique, ...foreign] }
}

/** -1 = none of that name. */
export function columnIndex(relation: Relation, name: string): number {
  return relation.columns.findIndex(column => column.name === name)
}

/** The fields of some columns as one text; null where one is NULL. */
export function keyOf(row: StoredRow, columns: readonly number[]): string | null {
  const parts: string[] = []
  for (const column of columns) {
    const field = row.fields[column] ?? null
    if (field === null) return null
    parts.push(field.toString('latin1'))
  }
  return parts.map(part => `${part.length}:${part}`).join('')
}

/** The same where NULLs are equal to one another. */
export function keyWithNulls(row: StoredRow, columns: readonly number[]): string {
  return columns.map(column => keyOf(row, [column]) ?? 'N').join('')
}
