import { KeyIndex, NOT_FOUND } from '../base/key-index.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { ValueError } from '../expression/value-error.ts'
import type { Numbering } from '../model/mapping.ts'
import { columnsNamed, inNumbering, namesInAll } from './collect-names.ts'
import type { CompileContext } from './compile-context.ts'
import { compileCondition } from './compile-expression-source.ts'
import { addRelated } from './compile-related.ts'
import { type ListLayout, layOutList } from './list-layout.ts'
import { type NumberColumn, NumberStore, type Refusal } from './number-store.ts'
import { compileGroupText, type OrderKeys, orderKeys, ownKeyOrder } from './order-keys.ts'
import { OutcomeRegistry, QUARANTINED } from './outcome-registry.ts'
import { type RelatedLoader, storesIn } from './related-loader.ts'
import { RowKey } from './row-key.ts'
import { FateSealed, RowState } from './row-state.ts'
import { SlotTable } from './slot-table.ts'

/** Computes an entity's positions from all its rows, read once before the first is run. */
export interface NumberLoader {
  /** To be read, in this order, after the two a content key brings. */
  readonly columns: readonly string[]
  readonly fields: number
  /** As of the entity (compile-entity.ts), for a reading of its own. */
  readonly list: ListLayout | null
  readonly rowKey: RowKey
  readonly store: NumberStore
  take(cursor: TupleCursor): void
  /** After the last row. */
  finish(): void
}

/** Makes each position a value of the row. Null: the entity has none. `related`, `names`: related rows, and the names they were compiled with. */
export function addNumbers(
  context: CompileContext,
  of: { readonly related: readonly RelatedLoader[]; readonly names: ReadonlySet<string> },
): NumberLoader | null {
  const { entity, key, slots } = context
  if (entity.number.length === 0) return null
  const loader = compileLoader(context, of)
  const text = { isInteger: key.isInteger, halves: new Int32Array(2), text: '' }
  for (const [i, { name }] of entity.number.entries())
    slots.addComputed(name, builtinType('int4'), (row, out) => {
      text.halves = row.keyHalves
      text.text = row.keyText
      const number = loader.store.numberOf(i, text)
      if (typeof number !== 'number') return row.seal(QUARANTINED, number.code, number.column ?? name)
      if (number === 0) return out.null()
      out.int32(number)
      return true
    })
  return loader
}

/** In a row state of its own, over the columns the positions need. */
function compileLoader(
  outer: CompileContext,
  { related, names: all }: { readonly related: readonly RelatedLoader[]; readonly names: ReadonlySet<string> },
): NumberLoader {
  const { entity, relation, key } = outer
  const state = new RowState(new OutcomeRegistry())
  const slots = new SlotTable(
    state,
    relation.columns.map(column => column.name),
  )
  const names = namesInAll(entity.number.flatMap(inNumbering))
  const needed = namesInAll(
    entity.with.flatMap(one => one.match.flatMap(({ ours }) => (ours.kind === 'expression' ? [ours.expression] : []))),
  )
  const { columns, fields, list } = layOut(outer, { named: columnsNamed(new Set([...names, ...needed]), relation), slots })
  const stores = storesIn(related)
  const context: CompileContext = { ...outer, state, slots, settled: [], owned: [], members: new Map(), wholes: new Map(), stores }
  // With all names: the rows lie in memory as they were laid out for those.
  addRelated(entity.with, { names: all, path: '' }, context)
  const store = outer.numbers ?? new NumberStore()
  const rowKey = new RowKey(key)
  const columnsOf = entity.number.map(numbering => compileOne(numbering, context))
  const keys = ownKeyOrder(context)
  const take = (cursor: TupleCursor): void => {
    state.begin(cursor)
    if (!rowKey.read(state)) return
    const ordinal = key.isInteger ? store.addInteger(state.keyHalves) : store.addText(state.keyText)
    if (ordinal === NOT_FOUND) return
    keys.take(state, ordinal)
    for (const column of columnsOf) column.take(state, ordinal)
  }
  return {
    columns,
    fields,
    list,
    rowKey,
    store,
    take,
    finish: () => store.fill(columnsOf.map(column => column.finish(keys))),
  }
}

type Layout = Pick<NumberLoader, 'columns' | 'fields' | 'list'>

/** The key first, as where rows are loaded. */
function layOut(
  { entity, relation, key }: CompileContext,
  { named, slots }: { readonly named: readonly string[]; readonly slots: SlotTable },
): Layout {
  const list = entity.list && layOutList({ list: entity.list, relation, key }, named)
  if (list !== null) {
    slots.addColumns(list.named)
    slots.addElement(list.list.as)
    return { columns: list.columns, fields: list.fields.length, list }
  }
  const own = key.source.kind === 'content' ? [] : key.names
  const columns = [...own, ...named.filter(name => !own.includes(name))]
  const lead =
    key.source.kind === 'content' ? key.names.map((name, i) => ({ name: `\u0000${name}`, type: key.types[i] ?? builtinType('text') })) : []
  slots.addColumns([
    ...lead,
    ...columns.map(name => ({ name, type: relation.columns.find(column => column.name === name)?.type ?? builtinType('text') })),
  ])
  return { columns, fields: lead.length + columns.length, list: null }
}

interface ColumnLoader {
  take(state: RowState, ordinal: number): void
  finish(keys: OrderKeys): NumberColumn
}

function compileOne(numbering: Numbering, context: CompileContext): ColumnLoader {
  const where = numbering.where === null ? null : compileCondition(numbering.where, context)
  const groupOf = compileWithin(numbering, context)
  const order = orderKeys(numbering.order, context)
  /** Group of a row, from 1; 0 = it has no position. */
  const groups: number[] = []
  const refused = new Map<number, Refusal>()
  const take = (state: RowState, ordinal: number): void => {
    try {
      groups[ordinal] = where === null || where(state) ? groupOf(state) : 0
      if (groups[ordinal] !== 0) order.take(state, ordinal)
    } catch (error) {
      // Whoever asks for its position refuses the row; it takes none.
      if (!(error instanceof ValueError || error instanceof FateSealed)) throw error
      groups[ordinal] = 0
      refused.set(
        ordinal,
        error instanceof FateSealed ? { code: state.fateCode, column: state.fateColumn } : { code: 'invalid_value', column: null },
      )
    }
  }
  const finish = (keys: OrderKeys): NumberColumn => ({
    numbers: number(groups, (a, b) => order.compare(a, b) || keys.compare(a, b)),
    refused,
  })
  return { take, finish }
}

/** Dense positions inside each group. */
function number(groups: readonly number[], compare: (a: number, b: number) => number): Int32Array {
  const numbers = new Int32Array(groups.length)
  const rows = Int32Array.from({ length: groups.length }, (_, i) => i).filter(i => (groups[i] as number) > 0)
  rows.sort((a, b) => (groups[a] as number) - (groups[b] as number) || compare(a, b))
  let last = 0
  let count = 0
  for (const row of rows) {
    count = groups[row] === last ? count + 1 : 1
    last = groups[row] as number
    numbers[row] = count
  }
  return numbers
}

/** Groups are numbered from 1. */
function compileWithin(numbering: Numbering, context: CompileContext): (state: RowState) => number {
  if (numbering.within.length === 0) return () => 1
  const index = new KeyIndex()
  const textOf = compileGroupText(numbering.within, context)
  return state => index.addText(textOf(state)) + 1
}
