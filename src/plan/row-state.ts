import type { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { Value } from '../model/value.ts'
import { NO_FATE, type OutcomeRegistry } from './outcome-registry.ts'

/** Decodes a field; null for SQL NULL is the caller's. */
export type Decode = (data: Buffer, start: number, length: number) => Value

/** Writes one field (maybe NULL). False: the row's fate is sealed (`RowState.fate`). */
export type WriteField = (row: RowState, out: TupleWriter) => boolean

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
  zoneHit: 'gap' | 'overlap' | null = null

  /** Indices of outcomes taken by this row; counted when the row is loaded. */
  readonly taken: number[] = []
  readonly notes: { code: string; column: string | null }[] = []

  #stamp = 0
  readonly #decoders: Decode[] = []
  readonly #values: Value[] = []
  readonly #valueStamps: number[] = []
  readonly #computed: (WriteField | null)[] = []
  readonly #scratch = new TupleWriter(1 << 10)
  readonly #computedAt: number[] = []
  readonly #computedStamps: number[] = []

  constructor(registry: OutcomeRegistry) {
    this.registry = registry
  }

  /** Declares the next slot. `compute` null: the field of the same number in the cursor. */
  addSlot(decode: Decode, compute: WriteField | null): number {
    this.#decoders.push(decode)
    this.#values.push(null)
    this.#valueStamps.push(0)
    this.#computed.push(compute)
    this.#computedAt.push(0)
    this.#computedStamps.push(0)
    return this.#decoders.length - 1
  }

  begin(cursor: TupleCursor): void {
    this.cursor = cursor
    this.#stamp++
    this.#scratch.reset()
    this.fate = NO_FATE
    this.zoneHit = null
    this.taken.length = 0
    this.notes.length = 0
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
    const at = this.#computedAt[slot] as number
    const length = this.#scratch.buf.readInt32BE(at)
    if (length < 0) out.null()
    else out.field(this.#scratch.buf, at + 4, length)
    return true
  }

  #compute(slot: number): boolean {
    if (this.#computedStamps[slot] === this.#stamp) return true
    const compute = this.#computed[slot] as WriteField
    // A computed slot may ask for others: what they need goes to the scratch first, so remember the place only afterwards.
    const own = new TupleWriter(64)
    if (!compute(this, own)) return false
    this.#computedAt[slot] = this.#scratch.at
    this.#scratch.ensure(own.at)
    own.buf.copy(this.#scratch.buf, this.#scratch.at, 0, own.at)
    this.#scratch.at += own.at
    this.#computedStamps[slot] = this.#stamp
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
    const at = this.#computedAt[slot] as number
    const length = this.#scratch.buf.readInt32BE(at)
    return length < 0 ? null : decode(this.#scratch.buf, at + 4, length)
  }

  seal(fate: number, code: string, column: string | null): false {
    this.fate = fate
    this.fateCode = code
    this.fateColumn = column
    this.fateValue = null
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
