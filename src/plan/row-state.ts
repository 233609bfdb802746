import type { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { NO_FATE, type OutcomeRegistry } from './outcome-registry.ts'

/** Decodes a field; null for SQL NULL is the caller's. */
export type Decode = (data: Buffer, start: number, length: number) => Value

/** Writes one field (maybe NULL). False: the row's fate is sealed (`RowState.fate`). */
export type WriteField = (row: RowState, out: TupleWriter) => boolean

const NO_FIELD = new TupleWriter(0)

/**
 * Everything a compiled program needs to know about the row it is at. One per program; set back by `begin`.
 * Slots 0..n-1 are the fields the source delivers; slots from n on are computed once per row when first asked for.
 */
export class RowState {
  readonly registry: OutcomeRegistry
  cursor!: TupleCursor
  /** Of the row's own key, when it is one integer. */
  readonly keyHalves = new Int32Array(2)
  /** Canonical text of the row's own key, when it is not one integer. */
  keyText = ''
  /** The head row's id, 16 bytes. */
  readonly id = Buffer.alloc(16)

  fate = NO_FATE
  fateCode = ''
  fateColumn: string | null = null
  /** Masked value that sealed the fate; null = not known. */
  fateValue: string | null = null
  /** One sentence without data; null = nothing more to say. */
  fateDetail: string | null = null
  zoneHit: 'gap' | 'overlap' | null = null

  /** Indices of outcomes taken by this row; counted when the row is loaded. */
  readonly taken: number[] = []
  readonly notes: { code: string; column: string | null }[] = []
  /** Members of lists that were refused: parts of the row. */
  readonly refused: { readonly part: string; readonly code: string }[] = []

  #stamp = 0
  readonly #decoders: Decode[] = []
  readonly #values: Value[] = []
  readonly #valueStamps: number[] = []
  readonly #computed: (WriteField | null)[] = []
  /** Each computed slot's own field: computing one may ask for others. */
  readonly #fields: TupleWriter[] = []
  readonly #computedStamps: number[] = []
  /** Slots computed for this row, in order. */
  readonly #order: number[] = []
  readonly #mark = { taken: 0, notes: 0, refused: 0, computed: 0 }

  constructor(registry: OutcomeRegistry) {
    this.registry = registry
  }

  /** Declares the next slot. `compute` null: the field of the same number in the cursor. */
  addSlot(decode: Decode, compute: WriteField | null): number {
    this.#decoders.push(decode)
    this.#values.push(null)
    this.#valueStamps.push(0)
    this.#computed.push(compute)
    this.#fields.push(compute === null ? NO_FIELD : new TupleWriter(64))
    this.#computedStamps.push(0)
    return this.#decoders.length - 1
  }

  begin(cursor: TupleCursor): void {
    this.cursor = cursor
    this.#stamp++
    this.fate = NO_FATE
    this.zoneHit = null
    // Mostly empty already, and emptying an array costs more than asking.
    if (this.#order.length > 0) this.#order.length = 0
    if (this.taken.length > 0) this.taken.length = 0
    if (this.notes.length > 0) this.notes.length = 0
    if (this.refused.length > 0) this.refused.length = 0
  }

  /** Remarks the row as a whole, once however many of its tuples ask for it. */
  note(code: string): void {
    if (!this.notes.some(note => note.code === code && note.column === null)) this.notes.push({ code, column: null })
  }

  /** Remembers how far the row has come, for `goBack`. */
  mark(): void {
    this.#mark.taken = this.taken.length
    this.#mark.notes = this.notes.length
    this.#mark.refused = this.refused.length
    this.#mark.computed = this.#order.length
  }

  /** Forgets the fate, the outcomes and the computed values that came after the last `mark`: who needs such a value again takes its outcomes again. */
  goBack(): void {
    this.fate = NO_FATE
    this.taken.length = this.#mark.taken
    this.notes.length = this.#mark.notes
    this.refused.length = this.#mark.refused
    for (const slot of this.#order.splice(this.#mark.computed)) {
      this.#computedStamps[slot] = 0
      this.#valueStamps[slot] = 0
    }
  }

  /** Forgets what these slots hold: the next who asks computes it again. */
  forget(slots: readonly number[]): void {
    for (const slot of slots) {
      this.#computedStamps[slot] = 0
      this.#valueStamps[slot] = 0
    }
  }

  /** Copies a slot's field to `out`. */
  copySlot(slot: number, out: TupleWriter): boolean {
    if (this.#computed[slot] === null) {
      const length = this.cursor.length[slot] as number
      if (length < 0) out.null()
      else out.field(this.cursor.data, this.cursor.start[slot] as number, length)
      return true
    }
    if (!this.#compute(slot)) return false
    const { buf } = this.#fields[slot] as TupleWriter
    const length = buf.readInt32BE(0)
    if (length < 0) out.null()
    else out.field(buf, 4, length)
    return true
  }

  #compute(slot: number): boolean {
    if (this.#computedStamps[slot] === this.#stamp) return true
    const field = this.#fields[slot] as TupleWriter
    field.reset()
    if (!(this.#computed[slot] as WriteField)(this, field)) return false
    this.#computedStamps[slot] = this.#stamp
    this.#order.push(slot)
    return true
  }

  /** A slot's value, decoded once per row. A computed slot whose computing seals the row's fate throws `FateSealed`. */
  value(slot: number): Value {
    if (this.#valueStamps[slot] === this.#stamp) return this.#values[slot] as Value
    const value = this.#decode(slot)
    this.#values[slot] = value
    this.#valueStamps[slot] = this.#stamp
    return value
  }

  #decode(slot: number): Value {
    const decode = this.#decoders[slot] as Decode
    if (this.#computed[slot] === null) {
      const length = this.cursor.length[slot] as number
      return length < 0 ? null : decode(this.cursor.data, this.cursor.start[slot] as number, length)
    }
    if (!this.#compute(slot)) throw new FateSealed()
    const { buf } = this.#fields[slot] as TupleWriter
    const length = buf.readInt32BE(0)
    return length < 0 ? null : decode(buf, 4, length)
  }

  seal(fate: number, code: string, column: string | null): false {
    this.fate = fate
    this.fateCode = code
    this.fateColumn = column
    this.fateValue = null
    this.fateDetail = null
    return false
  }
}

/** Thrown through an expression when a value it needs has sealed the row's fate. Caught by the row program. */
export class FateSealed extends Error {}

/** A value on its way to a column: its type, and how its field is written. `slot` when the bytes lie ready in the cursor. */
export interface ValueSource {
  readonly type: SqlType
  readonly slot: number | null
  readonly write: WriteField
  /** What was lost on the way here, one sentence; absent = nothing can be. */
  readonly lost?: string
}
