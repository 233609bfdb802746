import type { Column, Relation, RestColumn } from '../model/catalogue.ts'
import type { SqlType } from '../model/sql-type.ts'

/** What many tables are as one: the columns that can be named, and what is left of each table. */
export interface UnitedColumns {
  readonly columns: readonly Column[]
  readonly shapes: readonly (readonly RestColumn[])[]
  /** By table. */
  readonly shapeOf: readonly number[]
}

export interface UnitedOptions {
  /** Columns that may be absent in some of the tables. */
  readonly mayLack: readonly string[]
  isExcluded(relation: Relation, column: string): boolean
  /** The type declared for a column of the n-th table; undefined = none. */
  declared(table: number, column: string): string | null | undefined
  /** A column that is to be left to the rest of each table. */
  isOpen(column: string): boolean
}

/** A column can be named where all tables have it, or all but those that may lack it, of one type or of integers of different sizes; any other belongs to the rest of its table. */
export function uniteColumns(tables: readonly Relation[], { mayLack, isExcluded, declared, isOpen }: UnitedOptions): UnitedColumns {
  const found = new Map<string, { readonly column: Column; readonly relation: Relation }[]>()
  for (const relation of tables)
    for (const column of relation.columns) {
      const known = found.get(column.name)
      if (known === undefined) found.set(column.name, [{ column, relation }])
      else known.push({ column, relation })
    }
  const lacks = new Set(mayLack.map(name => name.toLowerCase()))
  const columns: Column[] = []
  for (const [name, all] of found) {
    const isEverywhere = all.length === tables.length
    if (isOpen(name) || (!isEverywhere && !lacks.has(name.toLowerCase()))) continue
    const united = uniteColumn(all.map(({ column }) => column))
    if (united === null || all.some(({ relation }) => isExcluded(relation, name))) continue
    columns.push(isEverywhere ? united : { ...united, isNullable: true })
  }
  const named = new Set(columns.map(column => column.name))
  const shapes: (readonly RestColumn[])[] = []
  const numbers = new Map<string, number>()
  const shapeOf = tables.map((relation, table) => {
    const open = relation.columns.filter(({ name }) => !named.has(name) && !isExcluded(relation, name))
    const rest = open.map(({ name, type }): RestColumn => {
      const said = declared(table, name)
      return said === undefined ? { name, type } : { name, type, declared: said }
    })
    const text = JSON.stringify(
      rest.map(({ name, type, declared: said }) => [name, typeKey(type), type.modifier, said ?? null, said === null]),
    )
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, shapes.length)
    return shapes.push(rest) - 1
  })
  return { columns, shapes, shapeOf }
}

const INTEGERS = ['int2', 'int4', 'int8']

/** Null: they are not one column. */
function uniteColumn(columns: readonly Column[]): Column | null {
  const [first] = columns
  if (first === undefined) return null
  const collations = new Set(columns.map(({ collation }) => JSON.stringify(collation)))
  if (collations.size > 1) return null
  const type = uniteTypes(columns.map(column => column.type))
  return type && { ...first, type, isNullable: columns.some(column => column.isNullable), hasDefault: false, generated: 'no' }
}

function uniteTypes(types: readonly SqlType[]): SqlType | null {
  const [first] = types
  if (first === undefined) return null
  if (types.every(isInteger)) return types.reduce((widest, type) => (sizeOf(type) > sizeOf(widest) ? type : widest))
  if (!types.every(type => typeKey(type) === typeKey(first))) return null
  return types.every(type => type.modifier === first.modifier) ? first : withoutModifier(first)
}

function isInteger(type: SqlType): boolean {
  return type.kind === 'base' && type.schema === 'pg_catalog' && INTEGERS.includes(type.name)
}

function sizeOf(type: SqlType): number {
  return INTEGERS.indexOf(type.name)
}

/** The bytes are the same whatever the modifier. */
function withoutModifier(type: SqlType): SqlType {
  return { ...type, modifier: -1, text: `${type.schema}."${type.name}"` }
}

/** What the bytes of a value depend on, and which values there are. */
function typeKey(type: SqlType): string {
  const inner = [type.element, ...(type.fields ?? []).map(field => field.type)].map(one => one && typeKey(one))
  return JSON.stringify([type.kind, type.schema, type.name, inner, type.labels ?? null])
}
