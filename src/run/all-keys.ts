import { KeyIndex, type KeyState, UNSEEN } from '../base/key-index.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import type { RowKey } from '../plan/row-key.ts'
import { DRAWN, type Draw, KEPT, KNOWN } from './draw.ts'
import { keyOrdinal } from './key-ordinal.ts'
import { SmallestKeys } from './smallest-keys.ts'

/** The row was read; it is not drawn. */
const EXISTS = KNOWN

/** Every key of an entity whose rows refer to one another: UNSEEN those that are only referred to. */
export class AllKeys {
  readonly index = new KeyIndex()
  readonly smallest: SmallestKeys
  isInteger = false
  /** Not counting what is there only because it was drawn before. */
  drawn = 0
  /** Rows of a key besides the first. */
  readonly #copies = new Map<number, number>()

  constructor(most: number) {
    this.smallest = new SmallestKeys(most)
  }

  /** The row at the cursor, which has a whole key: its ordinal. */
  meet(cursor: TupleCursor, rowKey: RowKey): number {
    const ordinal = rowKey.addAt(cursor, this.index)
    this.smallest.offer(cursor, rowKey)
    if (this.index.state(ordinal) === UNSEEN) this.index.setState(ordinal, EXISTS)
    else this.#copies.set(ordinal, (this.#copies.get(ordinal) ?? 0) + 1)
    return ordinal
  }

  find(key: string): number {
    return keyOrdinal(this.index, key, this.isInteger)
  }

  /** False: there is no such row, or it is taken already. */
  take(ordinal: number, as: typeof DRAWN | typeof KEPT): boolean {
    if (this.index.state(ordinal) !== EXISTS) return false
    this.index.setState(ordinal, as)
    if (as === DRAWN) this.drawn++
    return true
  }

  /** The ordinals of another index’s keys in a state. */
  rowsOf(keys: KeyIndex, state: KeyState): readonly number[] {
    const found: number[] = []
    for (let i = 0; i < keys.size; i++) if (keys.state(i) === state) found.push(this.find(keys.keyAt(i)))
    return found
  }

  handOver(draw: Draw): void {
    for (let i = 0; i < this.index.size; i++) {
      const state = this.index.state(i)
      if (state !== DRAWN && state !== KEPT) continue
      draw.add(this.index.keyAt(i), { rows: 1 + (this.#copies.get(i) ?? 0), isInteger: this.isInteger }, state)
    }
  }
}
