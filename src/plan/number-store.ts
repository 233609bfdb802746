import { KeyIndex, NOT_FOUND } from '../base/key-index.ts'
import type { StoreKey } from './related-rows.ts'

/** By a row’s ordinal: its position from 1, 0 = none; and the rows whose values could not be told. */
export interface NumberColumn {
  readonly numbers: Int32Array
  readonly refused: ReadonlyMap<number, Refusal>
}

export interface Refusal {
  readonly code: string
  readonly column: string | null
}

/** The positions of an entity's rows, by their key: one column of them for each `number`. */
export class NumberStore {
  readonly #index = new KeyIndex()
  #numbers: readonly NumberColumn[] = []
  isFilled = false

  /** The ordinal of a row that has not been there; NOT_FOUND for the second row of a key: it takes no position. */
  addInteger(halves: Int32Array): number {
    const known = this.#index.size
    const ordinal = this.#index.add(halves[0] as number, halves[1] as number)
    return ordinal === known ? ordinal : NOT_FOUND
  }

  addText(text: string): number {
    const known = this.#index.size
    const ordinal = this.#index.addText(text)
    return ordinal === known ? ordinal : NOT_FOUND
  }

  fill(numbers: readonly NumberColumn[]): void {
    this.#numbers = numbers
    this.isFilled = true
  }

  /** The position of a row, 0 for none, or why it can have none. */
  numberOf(which: number, key: StoreKey): number | Refusal {
    const ordinal = key.isInteger ? this.#index.find(key.halves[0] as number, key.halves[1] as number) : this.#index.findText(key.text)
    const column = this.#numbers[which]
    if (ordinal === NOT_FOUND || column === undefined) return 0
    return column.refused.get(ordinal) ?? column.numbers[ordinal] ?? 0
  }
}
