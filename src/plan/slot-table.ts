import { builtinType } from '../cast/builtin-types.ts'
import { fieldDecoder } from '../cast/field-codec.ts'
import { bug } from '../errors.ts'
import type { AggregateName } from '../expression/expression-node.ts'
import { memberText } from '../expression/json-member.ts'
import { ordinalName } from '../expression/scope.ts'
import type { Scope } from '../expression/type-expression.ts'
import type { SqlType } from '../model/sql-type.ts'
import { matchColumn } from './collect-names.ts'
import { hasMembers } from './element-type.ts'
import { aggregateOf } from './list-aggregates.ts'
import type { ListEntry } from './row-list.ts'
import type { RowState, WriteField } from './row-state.ts'

const TEXT = builtinType('text')

/** Which values a program can name. Source columns first (slot = field of the cursor), then values computed once per row when first asked for. */
export class SlotTable implements Scope {
  readonly #state: RowState
  readonly #named = new Map<string, { slot: number; type: SqlType }>()
  readonly #lists = new Map<string, ListEntry>()
  /** Names of values nothing has asked for, to be told to who misspells one. */
  readonly #unused = new Set<string>()
  /** Names of list elements. */
  readonly #elements = new Set<string>()
  #columns: readonly { readonly name: string; readonly type: SqlType }[] = []
  readonly #all: readonly string[]

  /** `all`: every column of the relation, also those nobody uses: a name that fits two of them but for its case is neither. */
  constructor(state: RowState, all: readonly string[]) {
    this.#state = state
    this.#all = all
  }

  /** Called once, before any computed value. */
  addColumns(columns: readonly { readonly name: string; readonly type: SqlType }[]): void {
    for (const { name, type } of columns) this.#named.set(name, { slot: this.#state.addSlot(fieldDecoder(type), null), type })
    this.#columns = columns
  }

  addComputed(name: string, type: SqlType, compute: WriteField): number {
    const slot = this.#state.addSlot(fieldDecoder(type), compute)
    this.#named.set(name, { slot, type })
    return slot
  }

  /** A name that could have been used, and would then be a value. */
  addUnused(name: string): void {
    this.#unused.add(name)
  }

  addList(name: string, entry: ListEntry): void {
    this.#lists.set(name, entry)
  }

  list(name: string): ListEntry | null {
    return this.#lists.get(name) ?? null
  }

  /** Each aggregate is a value of its own, computed when first asked for. */
  aggregate(name: AggregateName, parts: readonly string[]): { slot: number; type: SqlType } | null {
    const [list = '', ...column] = parts
    const entry = this.#lists.get(list)
    const made = entry && aggregateOf(name, { entry, column: column.join('.') })
    if (!made) return null
    const label = `\u0000${name}(${parts.join('.')})`
    return this.#named.get(label) ?? { slot: this.addComputed(label, made.type, made.write), type: made.type }
  }

  /** Another name for a slot there is (a group member that is a bare column). */
  alias(name: string, slot: number, type: SqlType): void {
    this.#named.set(name, { slot, type })
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#named.delete(name)
  }

  /** A named value whose members are named too: `m.id` is the text of a member of the document `m`. */
  addElement(name: string): void {
    this.#elements.add(name)
  }

  /** Forgets an element with all that is named after it. Resolves to the slots it had. */
  forgetElement(name: string): readonly number[] {
    const own = [...this.#named].filter(([known]) => known === name || known === ordinalName(name) || known.startsWith(`${name}.`))
    this.forget(own.map(([known]) => known))
    this.#elements.delete(name)
    return own.map(([, { slot }]) => slot)
  }

  #member(parts: readonly string[]): { slot: number; type: SqlType } | null {
    const [element = '', ...path] = parts
    const whole = this.#elements.has(element) && path.length > 0 ? this.#named.get(element) : undefined
    if (whole === undefined || !hasMembers(whole.type)) return null
    const slot = this.addComputed(parts.join('.'), TEXT, (row, out) => {
      const text = memberText(row.value(whole.slot), path)
      if (text === null) out.null()
      else out.text(text)
      return true
    })
    return { slot, type: TEXT }
  }

  resolve(parts: readonly string[]): { slot: number; type: SqlType } | null {
    const name = parts.join('.')
    const exact = this.#named.get(name)
    if (exact) return exact
    const member = this.#member(parts)
    if (member) return member
    const near = matchColumn(name, { columns: this.known().map(known => ({ name: known })) })
    return near === null ? null : (this.#named.get(near) ?? null)
  }

  /** A column the source delivers, whatever else has its name. */
  field(name: string): { readonly slot: number; readonly type: SqlType } {
    const slot = this.#columns.findIndex(column => column.name === name)
    const column = this.#columns[slot]
    if (column === undefined) throw bug(`expected ${name} among the columns asked for, got none`)
    return { slot, type: column.type }
  }

  /** The column whose bytes a slot has; undefined: it is computed. */
  columnAt(slot: number): string | undefined {
    return this.#columns[slot]?.name
  }

  /** Whether the slot's bytes are a field of the cursor. */
  isField(slot: number): boolean {
    return slot < this.#columns.length
  }

  known(): readonly string[] {
    return [...new Set([...this.#named.keys(), ...this.#all, ...this.#unused])].filter(name => !name.startsWith('\u0000'))
  }
}
