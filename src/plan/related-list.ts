import { TupleCursor } from '../base/tuple-cursor.ts'
import { builtinType } from '../cast/builtin-types.ts'
import { ValueError } from '../expression/value-error.ts'
import type { Relation } from '../model/catalogue.ts'
import type { RelatedMany } from '../model/mapping.ts'
import type { CompileContext } from './compile-context.ts'
import { compileCondition } from './compile-expression-source.ts'
import type { MatchKey } from './match-key.ts'
import { compileGroupText, type OrderKeys, orderKeys } from './order-keys.ts'
import { NO_FATE, QUARANTINED } from './outcome-registry.ts'
import { HAS_KEY, SEALED } from './parent-key.ts'
import type { RelatedRows } from './related-rows.ts'
import type { RowList } from './row-list.ts'
import { FateSealed, type RowState } from './row-state.ts'

export interface ListParts {
  readonly many: RelatedMany
  /** As in `attributes`, `outer.inner`. */
  readonly full: string
  readonly relation: Relation
  readonly columns: number
  readonly rows: RelatedRows
  readonly ours: MatchKey
}

/** The list of rows related to the row at hand: found, ordered, numbered and sifted once per row, then walked as often as it is asked for. */
export class RelatedList implements RowList {
  readonly #inner: CompileContext
  readonly #parts: ListParts
  readonly #cursor: TupleCursor
  readonly #order: OrderKeys
  readonly #numbers: readonly MemberNumbers[]
  readonly #rules: readonly MemberRule[]
  readonly #keyOf: (row: RowState) => string
  /** Places of related rows, in order. */
  #members: number[] = []
  /** Of each, its place before any was sifted out: what its positions are kept by. */
  #places: number[] = []
  #at = 0
  /** Of the members found: left out by rules, and refused by them. */
  excluded = 0
  quarantined = 0

  constructor(parts: ListParts, inner: CompileContext) {
    const { many, columns } = parts
    this.#parts = parts
    this.#inner = inner
    this.#cursor = new TupleCursor(columns)
    this.#order = orderKeys(many.order, inner)
    this.#numbers = many.number.map(numbering => {
      const where = numbering.where === null ? null : compileCondition(numbering.where, inner)
      return { where, groupOf: compileGroupText(numbering.within, inner), order: orderKeys(numbering.order, inner), numbers: [] }
    })
    for (const [i, { name }] of many.number.entries())
      inner.slots.addComputed(name, builtinType('int4'), (_row, out) => {
        const number = this.#numbers[i]?.numbers[this.#places[this.#at] ?? -1] ?? 0
        if (number === 0) return out.null()
        out.int32(number)
        return true
      })
    this.#rules = many.rules.map(({ when, fate, code }) => ({ holds: compileCondition(when, inner), fate, code }))
    this.#keyOf = memberKey(parts.relation, inner)
  }

  get size(): number {
    return this.#members.length
  }

  get state(): RowState {
    return this.#inner.state
  }

  resolve(parts: readonly string[]): ReturnType<RowList['resolve']> {
    return this.#inner.slots.resolve(parts)
  }

  /** Finds the members of the row at hand. False: its fate is sealed. */
  find(row: RowState): boolean {
    const { ours, rows } = this.#parts
    const result = ours.read(row)
    if (result === SEALED) return false
    const found = result === HAS_KEY ? rows.rowsOf(ours.key) : []
    this.#members = found
    this.excluded = 0
    this.quarantined = 0
    this.#places = found.map((_, i) => i)
    if (found.length === 0) return true
    if (!this.#sort(row)) return false
    this.#number()
    this.#sift(row)
    return true
  }

  each(row: RowState, visit: (member: RowState) => boolean): boolean {
    const { state } = this.#inner
    for (let i = 0; i < this.#members.length; i++) {
      this.place(i)
      const goesOn = this.#sealing(row, () => visit(state))
      if (!goesOn) return state.fate === NO_FATE ? false : row.seal(state.fate, state.fateCode, state.fateColumn ?? this.#parts.full)
      for (const outcome of state.taken) row.taken.push(outcome)
      for (const note of state.notes) row.notes.push(note)
    }
    return true
  }

  place(i: number): void {
    this.#at = i
    this.#parts.rows.place(this.#members[i] as number, this.#cursor)
    this.#inner.state.begin(this.#cursor)
  }

  #sealing(row: RowState, visit: () => boolean): boolean {
    try {
      return visit()
    } catch (error) {
      if (error instanceof FateSealed) return false
      if (error instanceof ValueError) return row.seal(QUARANTINED, 'invalid_value', this.#parts.full)
      throw error
    }
  }

  /** By `order`, then by what they hold, so that the same rows give the same list whatever order they came in. */
  #sort(row: RowState): boolean {
    this.#order.clear()
    for (let i = 0; i < this.#members.length; i++) {
      this.place(i)
      if (!this.#sealing(row, () => this.#order.take(this.#inner.state, i))) return row.fate !== NO_FATE ? false : this.#pass(row)
    }
    if (this.#members.length === 1) return true
    const bytes: Buffer[] = []
    const bytesOf = (i: number): Buffer => (bytes[i] ??= this.#content(i))
    const order = this.#members.map((_, i) => i)
    order.sort((a, b) => this.#order.compare(a, b) || Buffer.compare(bytesOf(a), bytesOf(b)))
    this.#members = order.map(i => this.#members[i] as number)
    return true
  }

  #content(i: number): Buffer {
    this.place(i)
    return Buffer.from(this.#cursor.data.subarray(this.#cursor.rowStart, this.#cursor.rowEnd))
  }

  #pass(row: RowState): false {
    const { state } = this.#inner
    return row.seal(state.fate, state.fateCode, state.fateColumn ?? this.#parts.full)
  }

  #number(): void {
    for (const of of this.#numbers) {
      const groups: (string | null)[] = []
      of.order.clear()
      of.numbers = this.#members.map(() => 0)
      for (let i = 0; i < this.#members.length; i++) {
        this.place(i)
        groups.push(of.where === null || of.where(this.#inner.state) ? of.groupOf(this.#inner.state) : null)
        of.order.take(this.#inner.state, i)
      }
      const counts = new Map<string, number>()
      const order = this.#members.map((_, i) => i).sort((a, b) => of.order.compare(a, b) || a - b)
      for (const i of order) {
        const group = groups[i]
        if (group === null || group === undefined) continue
        const count = (counts.get(group) ?? 0) + 1
        counts.set(group, count)
        of.numbers[i] = count
      }
    }
  }

  /** The rules, one member after the other. */
  #sift(row: RowState): void {
    if (this.#rules.length === 0) return
    const { full } = this.#parts
    const kept: number[] = []
    for (let i = 0; i < this.#members.length; i++) {
      this.place(i)
      const { state } = this.#inner
      const rule = this.#firstRule(row)
      if (rule === null) kept.push(i)
      else if (rule.fate === 'exclude') {
        this.excluded++
        row.taken.push(row.registry.number('note', full, rule.code))
      } else {
        this.quarantined++
        row.refused.push({ part: `${full}[${this.#keyOf(state)}]`, code: rule.code })
      }
    }
    this.#places = kept
    this.#members = kept.map(i => this.#members[i] as number)
  }

  /** The first that leaves the member out; notes on the way are the row’s. A value no rule can take is refused like by a rule. */
  #firstRule(row: RowState): { readonly fate: 'exclude' | 'quarantine'; readonly code: string } | null {
    const { state } = this.#inner
    try {
      for (const { holds, fate, code } of this.#rules) {
        if (!holds(state)) continue
        if (fate !== 'note') return { fate, code }
        row.notes.push({ code, column: this.#parts.full })
      }
      return null
    } catch (error) {
      if (error instanceof FateSealed) return { fate: 'quarantine', code: state.fateCode }
      if (error instanceof ValueError) return { fate: 'quarantine', code: 'invalid_value' }
      throw error
    }
  }
}

interface MemberNumbers {
  readonly where: ((row: RowState) => boolean) | null
  readonly groupOf: (row: RowState) => string
  readonly order: OrderKeys
  numbers: number[]
}

interface MemberRule {
  readonly holds: (row: RowState) => boolean
  readonly fate: 'exclude' | 'quarantine' | 'note'
  readonly code: string
}

/** By its primary key where that is read, else by nothing: it names the member to a person. */
export function memberKey(relation: Relation, { slots }: CompileContext): (row: RowState) => string {
  const known = (relation.primaryKey ?? []).flatMap(name => slots.resolve([name])?.slot ?? [])
  return row => known.map(slot => String(row.value(slot) ?? '')).join(',')
}
