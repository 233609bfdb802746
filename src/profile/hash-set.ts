import { mix32 } from '../base/row-hash.ts'

const FIRST = 16

/** A set of 64-bit hashes, given as two int32 lanes, up to a limit of entries; 8 bytes an entry at most two thirds full. Beyond the limit it holds nothing and says so. */
export class HashSet {
  readonly limit: number
  #slots = new Int32Array(FIRST * 2)
  #size = 0
  #hasZero = false
  #isOver = false

  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.#size
  }

  /** More entries came than the limit allows: the set is empty for good. */
  get isOver(): boolean {
    return this.#isOver
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  /** True when it was not there and is now. */
  add(hi: number, lo: number): boolean {
    if (this.#isOver) return false
    if (hi === 0 && lo === 0) {
      if (this.#hasZero) return false
      this.#hasZero = true
      return this.#grown()
    }
    const at = this.#place(this.#slots, hi, lo)
    if (this.#slots[at] !== 0 || this.#slots[at + 1] !== 0) return false
    this.#slots[at] = hi
    this.#slots[at + 1] = lo
    return this.#grown()
  }

  has(hi: number, lo: number): boolean {
    if (hi === 0 && lo === 0) return this.#hasZero
    const at = this.#place(this.#slots, hi, lo)
    return this.#slots[at] !== 0 || this.#slots[at + 1] !== 0
  }

  each(visit: (hi: number, lo: number) => void): void {
    if (this.#hasZero) visit(0, 0)
    const slots = this.#slots
    for (let i = 0; i < slots.length; i += 2) {
      const hi = slots[i] as number
      const lo = slots[i + 1] as number
      if (hi !== 0 || lo !== 0) visit(hi, lo)
    }
  }

  /** Gives its memory back; from then on it is over. */
  drop(): void {
    this.#isOver = true
    this.#hasZero = false
    this.#size = 0
    this.#slots = new Int32Array(2)
  }

  #grown(): true {
    this.#size++
    if (this.#size > this.limit) {
      this.drop()
      return true
    }
    if (this.#size * 6 > this.#slots.length * 2) this.#enlarge()
    return true
  }

  #enlarge(): void {
    const old = this.#slots
    const slots = new Int32Array(old.length * 2)
    for (let i = 0; i < old.length; i += 2) {
      const hi = old[i] as number
      const lo = old[i + 1] as number
      if (hi === 0 && lo === 0) continue
      const at = this.#place(slots, hi, lo)
      slots[at] = hi
      slots[at + 1] = lo
    }
    this.#slots = slots
  }

  #place(slots: Int32Array, hi: number, lo: number): number {
    const mask = slots.length / 2 - 1
    for (let i = mix32(hi ^ Math.imul(lo, 0x9e3779b1)) & mask; ; i = (i + 1) & mask) {
      const at = i * 2
      if ((slots[at] === hi && slots[at + 1] === lo) || (slots[at] === 0 && slots[at + 1] === 0)) return at
    }
  }
}
