/** Keys a set holds at most. */
export const MOST_KEYS = 6_000_000
const FIRST_SLOTS = 1024
const MOST_LOAD = 0.75

/**
 * A set of 64-bit numbers in two halves, of bounded size: at most about 64 MB, a third more while it grows.
 * What stands for a key may be its hash: then `isNew` false can be a coincidence, true never is.
 */
export class KeySet {
  #high = new Int32Array(FIRST_SLOTS)
  #low = new Int32Array(FIRST_SLOTS)
  #count = 0
  /** Two zeros mean an empty slot, so that key is kept apart. */
  #hasZero = false

  get isFull(): boolean {
    return this.#count >= MOST_KEYS
  }

  /** Adds a key. False: it was there before. */
  add(high: number, low: number): boolean {
    if (this.#count >= this.#high.length * MOST_LOAD) this.#grow()
    if ((high | 0) !== 0 || (low | 0) !== 0) return this.#put(high | 0, low | 0)
    const isNew = !this.#hasZero
    this.#hasZero = true
    return isNew
  }

  #put(high: number, low: number): boolean {
    const mask = this.#high.length - 1
    let slot = mix(high, low) & mask
    for (;;) {
      const heldHigh = this.#high[slot] as number
      const heldLow = this.#low[slot] as number
      if (heldHigh === 0 && heldLow === 0) break
      if (heldHigh === high && heldLow === low) return false
      slot = (slot + 1) & mask
    }
    this.#high[slot] = high
    this.#low[slot] = low
    this.#count++
    return true
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low]
    this.#high = new Int32Array(high.length * 2)
    this.#low = new Int32Array(low.length * 2)
    this.#count = 0
    for (let i = 0; i < high.length; i++) if (high[i] !== 0 || low[i] !== 0) this.#put(high[i] as number, low[i] as number)
  }
}

function mix(high: number, low: number): number {
  let hash = Math.imul(high ^ (low >>> 15), 0x85ebca6b) ^ low
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
