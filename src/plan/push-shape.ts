import { baseOf, familyOf } from '../cast/sql-family.ts'
import type { Column, Relation } from '../model/catalogue.ts'
import type { CompileContext } from './compile-context.ts'
import { isNumbered, type LoaderWish } from './loader-wish.ts'

/** Columns by whose equality the source finds the rows of a driving row: all of them, and maybe more. */
export type PushedBy = readonly { readonly theirs: string; readonly ours: string }[]

/** Or why the source cannot deliver the rows with the driving rows. */
export function pushShape(wish: LoaderWish, outer: CompileContext): PushedBy | string {
  const { one, full, relation, columns, theirs, ours } = wish
  const { entity, key, attaches } = outer
  if (full !== one.name) return 'they belong to rows that are related themselves'
  if (one.from.source !== entity.from.source) return 'they are in another source'
  if (attaches === null) return 'their source cannot deliver them with the driving rows'
  if (entity.list !== null) return 'the driving rows are elements of lists'
  if (key.source.kind === 'content') return 'the driving rows have no key'
  if (!isTable(outer.relation)) return 'the driving rows are of no single table'
  if (!isTable(relation)) return 'they are of no single table'
  if (isNumbered(one.name, entity)) return 'positions go by them'
  const pairs = ours.slots.flatMap((slot, i) => {
    const own = slot === null ? undefined : outer.slots.columnAt(slot)
    const other = theirs.slots[i] ?? null
    const name = other === null ? undefined : columns[other]
    return own === undefined || name === undefined ? [] : [{ ours: own, theirs: name }]
  })
  if (pairs.length === 0) return 'they are not matched by columns'
  const known = pairs.filter(pair => isFoundBySql(columnOf(relation, pair.theirs), columnOf(outer.relation, pair.ours)))
  if (known.length === 0) return 'their values may be equal in ways the source does not know'
  return known
}

/** How the source finds the rows of one driving row: `once` = a key of theirs makes it one at most; `index`: by the beginning of a key; null: as far as is known, by looking through the table. */
export function foundBy({ uniqueKeys }: Relation, by: PushedBy): 'once' | 'index' | null {
  const names = new Set(by.map(({ theirs }) => theirs))
  const keys = uniqueKeys.filter(({ isPartialOrExpression }) => !isPartialOrExpression).map(({ columns }) => columns)
  if (keys.some(columns => columns.length > 0 && columns.every(name => names.has(name)))) return 'once'
  return keys.some(columns => columns.slice(0, names.size).every(name => names.has(name))) ? 'index' : null
}

function isTable({ kind, query, many }: Relation): boolean {
  return query === undefined && many === undefined && (kind === 'table' || kind === 'partitioned' || kind === 'materialized_view')
}

const SAME_IN_SQL: ReadonlySet<string> = new Set(['int', 'uuid', 'numeric', 'date', 'bool'])

/** Whether the source’s `=` holds equal whatever the mapping does; where it holds more equal, the row program decides. */
function isFoundBySql(theirs: Column | undefined, ours: Column | undefined): boolean {
  if (theirs === undefined || ours === undefined) return false
  const family = familyOf(theirs.type)
  if (family !== familyOf(ours.type) || [theirs, ours].some(({ type }) => baseOf(type).schema !== 'pg_catalog')) return false
  return SAME_IN_SQL.has(family) || (family === 'text' && isPlainText(theirs) && isPlainText(ours) && areOfOneCollation(theirs, ours))
}

function isPlainText({ collation }: Column): boolean {
  return collation === null || (collation.isDeterministic && (collation.equality ?? 'bytes') === 'bytes')
}

/** Of two collations PostgreSQL would not know by which to compare. */
function areOfOneCollation(a: Column, b: Column): boolean {
  return a.collation?.name === b.collation?.name
}

function columnOf({ columns }: Relation, name: string): Column | undefined {
  return columns.find(column => column.name === name)
}
