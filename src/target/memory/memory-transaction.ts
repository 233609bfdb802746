import { beginJournal, commitJournal, endJournal, journalLength, undoJournal } from '../../base/transaction-journal.ts'
import { bug, RehouseError } from '../../errors.ts'
import type { SchemaStep } from '../../model/ledger-records.ts'
import {
  type ColumnUpdate,
  Refusal,
  type Removal,
  type RowsByIds,
  type RowsUpdate,
  type TableName,
  type WriteTransaction,
} from '../target.ts'
import { checkRules, offenders, referencing } from './check-rules.ts'
import { fieldText, textField } from './field-text.ts'
import { CHUNK_BYTES, tuplesOf } from './memory-reader.ts'
import { parseStep } from './memory-steps.ts'
import { type MemoryStore, placeOf, ruleNamed, type States, stateOf, type TableState, tableKey } from './memory-store.ts'
import type { Field, StoredRow } from './memory-table.ts'
import { parseRows } from './parse-rows.ts'

/**
 * Works on states of its own; the store gets them at the commit. Transactions that overlap are merged by row, and their rules checked again:
 * where PostgreSQL would make the second wait, here its commit is refused.
 */
export class MemoryTransaction implements WriteTransaction {
  readonly #store: MemoryStore
  readonly #isAlive: () => boolean
  readonly #begun: States
  #states: States
  #isOver = false
  #isFailed = false

  constructor(store: MemoryStore, isAlive: () => boolean) {
    this.#store = store
    this.#isAlive = isAlive
    this.#begun = store.states
    this.#states = store.states
    beginJournal(this)
  }

  get isOver(): boolean {
    return this.#isOver || !this.#isAlive()
  }

  copy(table: TableName, columns: readonly string[], tuples: readonly Buffer[]): Promise<number> {
    return this.#statement(() => {
      const state = stateOf(this.#states, tableKey(table))
      for (const column of columns) placeOf(state, column)
      const rows = parseRows(state.form.relation, columns, tuples)
      this.#set(state, [...state.rows, ...rows])
      checkRules(this.#states, [tableKey(table)], 'immediate')
      return rows.length
    })
  }

  checkConstraints(): Promise<void> {
    return this.#statement(() => checkRules(this.#states, this.#states.keys(), 'deferred'))
  }

  async attempt<T>(work: () => Promise<T>): Promise<{ readonly done: T } | { readonly refused: Refusal }> {
    this.#assertUsable()
    const before = this.#states
    const length = journalLength(this)
    try {
      return { done: await work() }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#states = before
      this.#isFailed = false
      undoJournal(this, length)
      return { refused: error }
    }
  }

  removeRows(removals: readonly Removal[]): Promise<readonly number[]> {
    return this.#statement(() => removals.map(removal => this.#remove(removal)))
  }

  #remove({ table, column, ids }: Removal): number {
    const state = stateOf(this.#states, tableKey(table))
    const isNamed = matcher(state, column, ids)
    const kept = state.rows.filter(row => !isNamed(row))
    this.#set(state, kept)
    for (const { name, rule } of referencing(this.#states, tableKey(table))) {
      const child = stateOf(this.#states, name)
      if (!rule.cascades) checkRules(this.#states, [name], 'immediate')
      else {
        const gone = new Set(offenders(this.#states, child, rule))
        this.#set(
          child,
          child.rows.filter(row => !gone.has(row)),
        )
      }
    }
    return state.rows.length - kept.length
  }

  selectIds({ table, column, ids, idColumn }: Removal & { readonly idColumn: string }): Promise<readonly string[]> {
    return this.#statement(() => {
      const state = stateOf(this.#states, tableKey(table))
      const found = state.rows.filter(matcher(state, column, ids)).map(row => textOf(state, row, idColumn))
      return [...new Set(found.filter(id => id !== null))]
    })
  }

  updateColumn({ table, where, set, pairs, over }: ColumnUpdate): Promise<number> {
    return this.#statement(() => {
      const state = stateOf(this.#states, tableKey(table))
      const place = placeOf(state, set)
      const type = state.form.relation.columns[place]?.type
      if (type === undefined) throw bug(`expected column ${set}`)
      const values = new Map(pairs.map(pair => [pair.id, pair.value === null ? null : textField(type, pair.value)]))
      let changed = 0
      const rows = state.rows.map(row => {
        const id = textOf(state, row, where)
        if (id === null || !values.has(id) || (over === 'empty' && (row.fields[place] ?? null) !== null)) return row
        changed++
        return { fields: row.fields.with(place, values.get(id) ?? null) }
      })
      this.#set(state, rows)
      checkRules(this.#states, [tableKey(table)], 'immediate')
      return changed
    })
  }

  async *readRows({ table, column, ids, columns }: RowsByIds): AsyncGenerator<Buffer> {
    const bytes = await this.#statement(() => {
      const state = stateOf(this.#states, tableKey(table))
      const places = columns.map(name => placeOf(state, name))
      return tuplesOf(state.rows.filter(matcher(state, column, ids)), places)
    })
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield Buffer.from(bytes.subarray(at, at + CHUNK_BYTES))
  }

  updateRows({ table, columns, key, tuples }: RowsUpdate): Promise<number> {
    return this.#statement(() => {
      const state = stateOf(this.#states, tableKey(table))
      const places = columns.map(name => placeOf(state, name))
      const wanted = new Map(parseRows(state.form.relation, columns, tuples).map(row => [textOf(state, row, key), row]))
      let changed = 0
      const rows = state.rows.map(row => {
        const next = wanted.get(textOf(state, row, key))
        if (next === undefined) return row
        changed++
        return { fields: row.fields.map((field, i) => (places.includes(i) ? (next.fields[i] ?? null) : field)) }
      })
      this.#set(state, rows)
      this.#checkUpdated(table)
      return changed
    })
  }

  /** The table's own rules, and those of the tables that refer to it. */
  #checkUpdated(table: TableName): void {
    const tables = [tableKey(table), ...referencing(this.#states, tableKey(table)).map(({ name }) => name)]
    checkRules(this.#states, new Set(tables), 'immediate')
  }

  /** There are no views here. */
  refresh(): Promise<void> {
    return this.#statement(() => undefined)
  }

  applyStep(step: SchemaStep): Promise<void> {
    return this.#statement(() => this.#switch(step, 'apply'))
  }

  undoStep(step: SchemaStep): Promise<void> {
    return this.#statement(() => this.#switch(step, 'undo'))
  }

  #switch(step: SchemaStep, direction: 'apply' | 'undo'): void {
    const state = this.#stateFor(step)
    const { name, isRule } = parseStep(step)
    const off = new Set(state.off)
    if (direction === 'apply') off.add(name)
    else off.delete(name)
    this.#states = new Map(this.#states).set(tableKey(state.form.relation), { ...state, off })
    if (direction === 'undo' && isRule) checkRules(this.#states, [tableKey(state.form.relation)], 'immediate')
    if (direction === 'undo' && isRule) checkRules(this.#states, [tableKey(state.form.relation)], 'deferred')
  }

  violations(step: SchemaStep, idColumn: string): Promise<readonly string[]> {
    return this.#statement(() => {
      const { name, isRule } = parseStep(step)
      if (!isRule) return []
      const state = this.#stateFor(step)
      const rows = offenders(this.#states, state, ruleNamed(state, name))
      return rows.map(row => textOf(state, row, idColumn) ?? '').sort()
    })
  }

  commit(): Promise<void> {
    return this.#statement(() => {
      this.#isOver = true
      try {
        const merged = mergeStates({ begun: this.#begun, ours: this.#states, now: this.#store.states })
        checkRules(merged, merged.keys(), 'immediate')
        checkRules(merged, merged.keys(), 'deferred')
        this.#store.replace(merged)
      } catch (error) {
        endJournal(this)
        throw error
      }
      commitJournal(this)
    })
  }

  rollback(): Promise<void> {
    if (!this.#isOver) endJournal(this)
    this.#isOver = true
    return Promise.resolve()
  }

  #set(state: TableState, rows: readonly StoredRow[]): void {
    this.#states = new Map(this.#states).set(tableKey(state.form.relation), { ...state, rows })
  }

  #stateFor(step: SchemaStep): TableState {
    return stateOf(this.#states, tableKey({ schema: step.schema, name: step.table }))
  }

  /** A turn of the event loop, as a round trip would take; a refusal leaves the transaction failed. */
  async #statement<T>(work: () => T): Promise<T> {
    await new Promise(resolve => setImmediate(resolve))
    this.#assertUsable()
    try {
      return work()
    } catch (error) {
      this.#isFailed = true
      throw error
    }
  }

  #assertUsable(): void {
    if (!this.#isAlive())
      throw new RehouseError('TARGET_UNREACHABLE', 'expected an open session, got one that has ended', { next: 'Open another writer.' })
    if (this.#isOver) throw bug('expected an open transaction, got one that is over')
    if (this.#isFailed)
      throw new RehouseError('TARGET_REFUSED', 'expected a transaction that has not failed, got 25P02', { next: 'Roll back.' })
  }
}

function matcher(state: TableState, column: string, ids: readonly string[]): (row: StoredRow) => boolean {
  const wanted = new Set(ids)
  placeOf(state, column)
  return row => wanted.has(textOf(state, row, column) ?? '\0')
}

function textOf(state: TableState, row: StoredRow, column: string): string | null {
  const place = placeOf(state, column)
  const field: Field = row.fields[place] ?? null
  const type = state.form.relation.columns[place]?.type
  return field === null || type === undefined ? null : fieldText(type, field)
}

/** What we changed, on top of what is committed now. */
function mergeStates({ begun, ours, now }: { readonly begun: States; readonly ours: States; readonly now: States }): States {
  if (begun === now) return ours
  const merged = new Map(now)
  for (const [key, mine] of ours) {
    const first = stateOf(begun, key)
    if (mine === first) continue
    const current = stateOf(now, key)
    const kept = new Set(mine.rows)
    const known = new Set(first.rows)
    const rows = [...current.rows.filter(row => kept.has(row) || !known.has(row)), ...mine.rows.filter(row => !known.has(row))]
    merged.set(key, { ...current, rows, off: mine.off === first.off ? current.off : mine.off })
  }
  return merged
}
