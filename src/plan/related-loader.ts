import { tableLabel } from '../base/table-label.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import type { Relation } from '../model/catalogue.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { CompileContext } from './compile-context.ts'
import { isNumbered, type LoaderWish } from './loader-wish.ts'
import { areInOneOrder } from './merge-order.ts'
import { MergedRows } from './merged-rows.ts'
import { HAS_KEY } from './parent-key.ts'
import { foundBy, type PushedBy, pushShape } from './push-shape.ts'
import { PushedRows } from './pushed-rows.ts'
import type { RelatedRows } from './related-rows.ts'
import { RelatedStore } from './related-store.ts'
import { chooseWay } from './related-way.ts'
import type { RowState } from './row-state.ts'

/** A related relation as it has to be read for the rows that ask for it. */
export type RelatedLoader = FilledLoader | MergedLoader | PushedLoader

interface LoaderParts {
  /** `name`, or `outer.inner`. */
  readonly path: string
  readonly source: string
  readonly relation: Relation
  /** To be read, in this order. */
  readonly columns: readonly string[]
  /** Why it is got at in this way, for people. */
  readonly reason: string
}

/** To be read into memory before the first row is run. */
export interface FilledLoader extends LoaderParts {
  readonly way: 'memory'
  /** Where the program finds them, once they are read into it. */
  readonly store: RelatedStore
  /** Takes the row at the cursor in, if its `where` holds and its key is whole. */
  take(cursor: TupleCursor): void
}

/** To be read beside the driving rows, in the order of `by`: columns that are matched with the leading parts of the driving key, one by one. */
export interface MergedLoader extends LoaderParts {
  readonly way: 'merge'
  readonly by: readonly string[]
  readonly byTypes: readonly SqlType[]
  /** They are matched with all of the driving key. */
  readonly isWhole: boolean
  readonly rows: MergedRows
}

/** Delivered by the source with each driving row, which has a field more for them. */
export interface PushedLoader extends LoaderParts {
  readonly way: 'pushed'
  readonly on: PushedBy
  readonly rows: PushedRows
}

/** What a related relation's rows may take in memory, of one entity. */
export const MOST_BYTES = 512 * 1024 * 1024

/** Chooses the way of one related relation and makes what goes it. `state`: of the related rows. */
export function compileLoader(
  wish: LoaderWish,
  { outer, state }: { readonly outer: CompileContext; readonly state: RowState },
): RelatedLoader {
  const { one, full, relation, columns, theirs, belongs } = wish
  const shape = mergeShape(wish, outer)
  const whyNotMerged = typeof shape === 'string' ? shape : null
  const on = one.owns === null ? pushShape(wish, outer) : 'rows nobody asks for must be found'
  const chosen = chooseWay({
    rows: relation.estimatedRows,
    columns: columns.length,
    whyNotMerged,
    whyNotPushed: typeof on === 'string' ? on : null,
    costOfPushing: typeof on === 'string' ? null : costOfPushing(relation, on, outer),
    forced: outer.forcedWay,
  })
  const size = { label: `${tableLabel(relation.schema, relation.name)} (\`${full}\`)`, mostBytes: MOST_BYTES }
  const known = { path: full, source: one.from.source, relation, columns, reason: chosen.reason }
  if (chosen.way === 'merge' && typeof shape !== 'string') {
    const { slots, types, drivingTypes, isWhole } = shape
    const rows = new MergedRows({ ...size, fields: columns.length, slots, types, drivingTypes, belongs, orphan: wish.orphan })
    return { ...known, way: 'merge', by: slots.map(slot => columns[slot] as string), byTypes: types, isWhole, rows }
  }
  if (chosen.way === 'pushed' && typeof on !== 'string') {
    const rows = new PushedRows({ ...size, fields: columns.length, theirs: theirs.key, state, belongs })
    return { ...known, way: 'pushed', on, rows }
  }
  const store =
    outer.stores.get(full) ?? new RelatedStore({ ...size, kind: one.many !== null ? 'list' : one.owns === null ? 'one' : 'owned' })
  const take = (cursor: TupleCursor): void => {
    if (!belongs(cursor)) return
    if (theirs.key.read(state) === HAS_KEY) store.add(theirs.key.key, cursor)
    else if (one.owns !== null) store.addKeyless(cursor)
  }
  return { ...known, way: 'memory', store, take }
}

export function rowsIn(loader: RelatedLoader): RelatedRows {
  return loader.way === 'memory' ? loader.store : loader.rows
}

/** The stores of those that are kept in memory, by path. */
export function storesIn(related: readonly RelatedLoader[]): ReadonlyMap<string, RelatedStore> {
  return new Map(related.flatMap(loader => (loader.way === 'memory' ? [[loader.path, loader.store] as const] : [])))
}

function costOfPushing(relation: Relation, on: PushedBy, { attaches }: CompileContext): string | null {
  const isKnown = relation.estimatedRows !== null
  if (attaches !== 'direct') return isKnown ? null : 'nobody knows whether it is worth staging both'
  const found = foundBy(relation, on)
  if (found === null) return 'nothing says that the source finds them by an index'
  return found === 'once' || isKnown ? null : 'nobody knows whether it is worth looking them up'
}

interface MergeShape {
  /** Of the leading parts of the driving key, in its order: where their counterparts lie in a related row. */
  readonly slots: readonly number[]
  readonly types: readonly SqlType[]
  readonly drivingTypes: readonly SqlType[]
  readonly isWhole: boolean
}

/** Or why the rows cannot be read beside the driving rows. */
function mergeShape({ one, full, relation, columns, theirs, ours }: LoaderWish, outer: CompileContext): MergeShape | string {
  const { entity, key } = outer
  if (full !== one.name) return 'they belong to rows that are related themselves'
  if (entity.list !== null) return 'the driving rows are elements of lists'
  if (key.source.kind === 'content') return 'the driving rows have no key'
  if (outer.relation.many !== undefined) return 'the driving rows are of many tables'
  if (isNumbered(one.name, entity)) return 'positions go by them'
  const pairs = ours.slots.map((slot, i) => ({ ours: slot, theirs: theirs.slots[i] ?? null }))
  const parts = key.names.slice(0, pairs.length).map((_, at) => pairs.find(pair => pair.ours === at)?.theirs ?? null)
  const slots = parts.filter(slot => slot !== null)
  if (slots.length < pairs.length) return 'they are not matched by columns with the leading part of the key'
  const types = slots.map(slot => typeOf(columns[slot] as string, relation))
  const drivingTypes = key.types.slice(0, slots.length)
  if (!types.every((type, i) => areInOneOrder(type, drivingTypes[i] as SqlType)))
    return 'only integers and uuids are in the same order everywhere'
  return { slots, types, drivingTypes, isWhole: slots.length === key.names.length }
}

function typeOf(name: string, relation: Relation): SqlType {
  const column = relation.columns.find(candidate => candidate.name === name)
  if (column === undefined) throw new RangeError(`expected a column ${name}`)
  return column.type
}
