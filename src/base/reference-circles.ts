import { KeyIndex } from './key-index.ts'

const FIRST = 1 << 12

/** Rows of a table that refer to rows of the same table, by the canonical texts of their keys: which of them lead back to themselves. 4 bytes a row, and its key. */
export class ReferenceCircles {
  readonly #keys = new KeyIndex()
  /** Of a key’s ordinal: ordinal + 1 of the key its row refers to; 0 = none. */
  #next = new Int32Array(FIRST)

  /** Of rows with the same key the last counts. */
  add(key: string, refersTo: string): void {
    const at = this.#keys.addText(key)
    const to = this.#keys.addText(refersTo)
    this.#grow(Math.max(at, to))
    this.#next[at] = to + 1
  }

  #grow(ordinal: number): void {
    if (ordinal < this.#next.length) return
    const larger = new Int32Array(ordinal * 2)
    larger.set(this.#next)
    this.#next = larger
  }

  /** The keys on circles: how many, and the first few, circle by circle in the order of the references. */
  find(most: number): { readonly count: number; readonly keys: readonly string[] } {
    const seen = new Int32Array(this.#keys.size)
    const keys: string[] = []
    let count = 0
    for (let start = 0; start < seen.length; start++) {
      let at = start
      while (at >= 0 && seen[at] === 0) {
        seen[at] = start + 1
        at = (this.#next[at] as number) - 1
      }
      // Met again on this way: from here on it is a circle.
      if (at < 0 || seen[at] !== start + 1) continue
      const first = at
      do {
        count++
        if (keys.length < most) keys.push(this.#keys.keyAt(at))
        at = (this.#next[at] as number) - 1
      } while (at !== first)
    }
    return { count, keys }
  }
}
