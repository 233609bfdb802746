import { tableLabel } from '../base/table-label.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import type { TupleWriter } from '../base/tuple-writer.ts'
import { builtinType } from '../cast/builtin-types.ts'
import type { KeyPart } from '../cast/key-text.ts'
import { RehouseError } from '../errors.ts'
import { ValueError } from '../expression/value-error.ts'
import type { Related } from '../model/mapping.ts'
import { columnsNamed, innerNames, namesInRelated, WHOLE } from './collect-names.ts'
import type { CompileContext, RelatedFacts } from './compile-context.ts'
import { compileCondition, compileExpressionSource } from './compile-expression-source.ts'
import { isExcludedColumn } from './coverage.ts'
import type { OurKey, TheirKey } from './loader-wish.ts'
import { compileMatchKey, type MatchKey } from './match-key.ts'
import { QUARANTINED } from './outcome-registry.ts'
import { inKeyOrder, orphanReader } from './owned-key.ts'
import { OwnedRelation } from './owned-relation.ts'
import { HAS_KEY, SEALED } from './parent-key.ts'
import { memberKey, RelatedList } from './related-list.ts'
import { compileLoader, type RelatedLoader, rowsIn } from './related-loader.ts'
import { NO_ROW, type RelatedRows, SEVERAL } from './related-rows.ts'
import { FateSealed, RowState, type WriteField } from './row-state.ts'
import { SlotTable } from './slot-table.ts'

/**
 * Makes `name.Column` of every related row a value of the row. The rows are looked up in stores, filled before the first row is run; `stores` has those that are already.
 * `names`: the dotted names the row's expressions use.
 */
export function addRelated(
  related: readonly Related[],
  { names, path }: { readonly names: ReadonlySet<string>; readonly path: string },
  context: CompileContext,
): readonly RelatedLoader[] {
  return related.flatMap(one => {
    const full = path === '' ? one.name : `${path}.${one.name}`
    const facts = context.related(full)
    return facts === null ? [] : addOne(one, { facts, full, names: innerNames(names, one.name) }, context)
  })
}

interface RelatedPart {
  readonly facts: RelatedFacts
  readonly full: string
  /** Names used behind `name.`. */
  readonly names: ReadonlySet<string>
}

function addOne(wish: Related, { facts, full, names }: RelatedPart, outer: CompileContext): readonly RelatedLoader[] {
  const one = wish.owns === null ? wish : inKeyOrder(wish, outer)
  const { relation, sourceVersion } = facts
  const label = tableLabel(relation.schema, relation.name)
  const isWhole = names.has(WHOLE)
  const given = relation.columns
    .map(column => column.name)
    .filter(column => !isExcludedColumn(outer.mapping, { source: one.from.source, table: label, column }))
  const wanted = new Set([
    ...names,
    ...namesInRelated(one),
    ...(((one.many ?? one.owns) && relation.primaryKey) ?? []),
    ...(isWhole ? [...given, ...one.with.map(inner => `${inner.name}.${WHOLE}`)] : []),
  ])
  const columns = columnsNamed(wanted, relation)
  // What its values take counts for the row they become part of.
  const state = new RowState(outer.state.registry)
  const slots = new SlotTable(
    state,
    relation.columns.map(column => column.name),
  )
  slots.addColumns(
    columns.map(name => ({ name, type: relation.columns.find(column => column.name === name)?.type ?? builtinType('text') })),
  )
  const own = { settled: [], owned: [], members: new Map(), wholes: new Map(), isMember: true }
  const inner: CompileContext = { ...outer, relation, sourceVersion, state, slots, ...own }
  const nested = addRelated(one.with, { names: wanted, path: full }, inner)
  const theirs = theirKey(one, columns, inner)
  const ours = theirs && ourKey(one, theirs.parts, outer)
  if (theirs === null || ours === null) return nested
  const where = one.where === null ? null : compileCondition(one.where, inner)
  const known = { one, full, relation, columns, theirs, ours }
  // Made below: it must know where its rows are.
  const owned: OwnedRelation[] = []
  const orphan = one.owns === null ? null : (cursor: TupleCursor): void => owned[0]?.addOrphan(cursor)
  const loader = compileLoader({ ...known, belongs: belongsBy(where, { state, full, label }), orphan }, { outer, state })
  const exposed = { one, full, rows: rowsIn(loader), ours: ours.key, inner, columns }
  const whole = { related: one, inner, columns: columns.filter(name => given.includes(name)) }
  const lists: { list: RelatedList; found: number }[] = []
  if (one.many === null) {
    const found = exposeColumns({ ...exposed, names }, outer)
    outer.wholes.set(one.name, { ...whole, found, list: null })
  } else {
    const list = new RelatedList({ ...exposed, many: one.many, relation, columns: columns.length }, inner)
    const found = exposeList(one.name, list, outer)
    outer.members.set(one.name, inner)
    outer.wholes.set(one.name, { ...whole, found, list })
    lists.push({ list, found })
  }
  if (one.owns !== null) {
    const store = loader.way === 'memory' ? loader.store : null
    const own = { path: full, relation: `${one.from.source}/${label}`, source: one.from.source, orphans: one.owns, columns: columns.length }
    const reader = { key: ours.key.key, has: (row: RowState) => ours.key.read(row) === HAS_KEY }
    const keys = { ours: reader, orphanAt: orphanReader(theirs.key, { state, nameOf: memberKey(relation, inner) }) }
    owned.push(new OwnedRelation({ ...own, ...keys, rows: exposed.rows, store, list: lists[0] ?? null }))
    outer.owned.push(...owned)
  }
  return [...nested, loader]
}

/** Whether a row at the cursor is one of those the mapping means; an expression that cannot tell is the mapping's fault. */
function belongsBy(
  where: ((row: RowState) => boolean) | null,
  { state, full, label }: { readonly state: RowState; readonly full: string; readonly label: string },
): (cursor: TupleCursor) => boolean {
  return cursor => {
    state.begin(cursor)
    try {
      return where === null || where(state)
    } catch (error) {
      throw error instanceof ValueError || error instanceof FateSealed ? unreadable(full, label) : error
    }
  }
}

function theirKey(one: Related, columns: readonly string[], inner: CompileContext): TheirKey | null {
  const sides = one.match.map(({ theirs }) => ({ source: compileExpressionSource(theirs, inner), at: theirs.at }))
  const known = sides.flatMap(({ source, at }) => (source === null ? [] : [{ source, at }]))
  if (known.length < sides.length) return null
  const parts = known.map(({ source }) => ({ type: source.type, equality: equalityOf(source.slot, columns, inner) }))
  const key = compileMatchKey(known, parts, inner)
  return key && { key, parts, slots: known.map(({ source }) => source.slot) }
}

/** A column taken as it is compares as its collation does. */
function equalityOf(slot: number | null, columns: readonly string[], { relation }: CompileContext): KeyPart['equality'] {
  const name = slot === null ? undefined : columns[slot]
  return relation.columns.find(column => column.name === name)?.collation?.equality
}

function ourKey(one: Related, parts: readonly KeyPart[], outer: CompileContext): OurKey | null {
  const sides = one.match.map(({ ours }, i) => ({
    source: outer.compilers.value(ours, { type: ours.kind === 'constant' ? (parts[i]?.type ?? null) : null, column: one.name }, outer),
    at: ours.kind === 'expression' ? ours.expression.at : ours.at,
  }))
  const known = sides.flatMap(({ source, at }) => (source === null ? [] : [{ source, at }]))
  const key = known.length < sides.length ? null : compileMatchKey(known, parts, outer)
  return key && { key, slots: known.map(({ source }) => source.slot) }
}

interface Exposed {
  readonly one: Related
  readonly full: string
  readonly names: ReadonlySet<string>
  readonly rows: RelatedRows
  readonly ours: MatchKey
  readonly inner: CompileContext
  readonly columns: readonly string[]
}

/** Found once per row; then each column's bytes come from there. */
function exposeColumns({ one, full, names, rows, ours, inner, columns }: Exposed, outer: CompileContext): number {
  const cursor = new TupleCursor(columns.length)
  const { state } = inner
  const found = outer.slots.addComputed(`\u0000${one.name}`, builtinType('int4'), (row, out) => {
    const result = ours.read(row)
    if (result === SEALED) return false
    const at = result === HAS_KEY ? rows.find(ours.key) : NO_ROW
    if (at === SEVERAL) return row.seal(QUARANTINED, `ambiguous_${one.name}`, full)
    if (at === NO_ROW) return out.null()
    rows.place(at, cursor)
    state.begin(cursor)
    out.int32(at)
    return true
  })
  const expose = (name: string): void => {
    const at = inner.slots.resolve(name.split('.'))
    if (at === null) return
    const write: WriteField = (row, out) => {
      if (row.value(found) === null) return out.null()
      return copied(inner.state, at.slot, out) || row.seal(inner.state.fate, inner.state.fateCode, inner.state.fateColumn)
    }
    outer.slots.addComputed(`${one.name}.${name}`, at.type, write)
  }
  for (const name of new Set([...columns, ...[...names].filter(used => used.includes('.'))])) expose(name)
  for (const name of inner.slots.known()) outer.slots.addUnused(`${one.name}.${name}`)
  return found
}

/** False: the fate of the row it is a slot of is sealed, on the way to a row related to that too. */
function copied(state: RowState, slot: number, out: TupleWriter): boolean {
  try {
    return state.copySlot(slot, out)
  } catch (error) {
    if (error instanceof FateSealed) return false
    throw error
  }
}

/** A list is found once per row, when something first asks for it. */
function exposeList(name: string, list: RelatedList, outer: CompileContext): number {
  const found = outer.slots.addComputed(`\u0000${name}`, builtinType('int4'), (row, out) => {
    if (!list.find(row)) return false
    out.int32(list.size)
    return true
  })
  outer.slots.addList(name, { list, found })
  return found
}

function unreadable(path: string, label: string): RehouseError {
  return new RehouseError(
    'SOURCE_INVALID',
    `expected every row of ${label} to have values that \`${path}\` can be matched by, got one an expression cannot take`,
    {
      where: { table: label },
      next: 'Make the expression under `match` or `where` hold for every row, for example with `nullif` or `case`.',
    },
  )
}
