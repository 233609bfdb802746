import { familyOf } from '../cast/sql-family.ts'
import type { Column } from '../model/catalogue.ts'
import type { ColumnFacts } from './column-facts.ts'
import { DistinctCounter } from './distinct-counter.ts'
import { type FieldHash, fieldHash } from './field-hash.ts'
import { MomentValues } from './moment-values.ts'
import { NumberValues } from './number-values.ts'
import { TextValues } from './text-values.ts'

const NUMBERS = new Set(['int', 'oid', 'numeric', 'float'])
const MOMENTS = new Set(['date', 'timestamp', 'timestamptz', 'datetime2', 'datetimeoffset'])
const TEXTS = new Set(['text', 'bpchar'])

/** One column in the first pass: fields in, facts out. */
export class ColumnCollector {
  readonly #column: Column
  readonly #distinct: DistinctCounter
  readonly #hash: FieldHash
  readonly #numbers: NumberValues | null
  readonly #moments: MomentValues | null
  readonly #texts: TextValues | null
  readonly #lanes = new Int32Array(2)
  #rows = 0
  #nulls = 0

  constructor(column: Column, limit: number) {
    const family = familyOf(column.type)
    this.#column = column
    this.#distinct = new DistinctCounter(limit)
    this.#hash = fieldHash(column.type)
    this.#numbers = NUMBERS.has(family) ? new NumberValues(column.type) : null
    this.#moments = MOMENTS.has(family) ? new MomentValues(column.type) : null
    this.#texts = TEXTS.has(family) ? new TextValues(column.type, limit) : null
  }

  /** `length` −1: NULL. */
  add(data: Buffer, start: number, length: number): void {
    this.#rows++
    if (length < 0) {
      this.#nulls++
      return
    }
    const lanes = this.#lanes
    lanes[0] = 0
    lanes[1] = 0
    this.#hash(data, start, length, lanes)
    const isNew = this.#distinct.add(lanes[0] as number, lanes[1] as number)
    if (this.#texts !== null) this.#texts.add(data, start, length, isNew)
    else if (this.#numbers !== null) this.#numbers.add(data, start, length)
    else if (this.#moments !== null) this.#moments.add(data, start, length)
  }

  facts(): ColumnFacts {
    const texts = this.#texts?.facts() ?? null
    return {
      column: this.#column,
      rows: this.#rows,
      nulls: this.#nulls,
      distinct: this.#distinct.count,
      isDistinctExact: this.#distinct.isExact,
      numbers: this.#numbers?.facts() ?? null,
      moments: this.#moments?.facts() ?? null,
      texts: texts === null || this.#distinct.isExact ? texts : { ...texts, extremes: null },
    }
  }
}
