import { KeySet, MOST_KEYS } from './key-set.ts'

/** `proven`: no two rows have the same key. `double`: two may have. `unknown`: too many keys to be held. */
export type Proof = 'proven' | 'double' | 'unknown'

const UUID_LENGTH = 36
const EXACT_DIGITS = 15
const ZERO = 0x30
const MINUS = 0x2d
const TWO_32 = 4_294_967_296

/**
 * Proves in bounded memory that the keys of a file are unique. Whole numbers that only rise need no memory but a list of 8 bytes each, given up when it grows
 * too long. Everything else is held as 64 bits of hash: two keys that meet there count as double, so what is proven is proven.
 */
export class KeyProof {
  #state: 'rising' | 'set' | Proof = 'rising'
  #last = Number.NEGATIVE_INFINITY
  #rising: Float64Array | null = new Float64Array(1024)
  #count = 0
  #set: KeySet | null = null

  /** The key of the next row as bytes that are equal exactly where keys are. False: it was there before, or nothing can be said any more. */
  add(data: Uint8Array, start: number, end: number): boolean {
    if (this.#state === 'rising') {
      const value = wholeNumber(data, start, end)
      if (value > this.#last) {
        this.#rise(value)
        return true
      }
      this.#fall()
    }
    return this.#state === 'set' && this.#hold(data, start, end)
  }

  get proof(): Proof {
    return this.#state === 'rising' || this.#state === 'set' ? 'proven' : this.#state
  }

  #rise(value: number): void {
    this.#last = value
    const list = this.#rising
    if (list === null) return
    list[this.#count++] = value
    if (this.#count < list.length) return
    this.#rising = this.#count >= MOST_KEYS ? null : new Float64Array(Math.min(list.length * 2, MOST_KEYS))
    this.#rising?.set(list)
  }

  /** From now on keys are held in a set, with those that came before. */
  #fall(): void {
    const list = this.#rising
    this.#rising = null
    if (list === null) {
      this.#state = 'unknown'
      return
    }
    this.#state = 'set'
    this.#set = new KeySet()
    for (let i = 0; i < this.#count; i++) this.#addNumber(this.#set, list[i] as number)
  }

  #addNumber(set: KeySet, value: number): boolean {
    const high = Math.floor(value / TWO_32)
    return set.add(high | 0, (value - high * TWO_32) | 0)
  }

  #hold(data: Uint8Array, start: number, end: number): boolean {
    const set = this.#set
    if (set === null) return false
    if (set.isFull) return this.#end('unknown')
    const value = wholeNumber(data, start, end)
    const isNew = Number.isNaN(value) ? this.#addText(set, data, { start, end }) : this.#addNumber(set, value)
    return isNew || this.#end('double')
  }

  #end(proof: Proof): false {
    this.#state = proof
    this.#set = null
    return false
  }

  #addText(set: KeySet, data: Uint8Array, { start, end }: { readonly start: number; readonly end: number }): boolean {
    // UUIDs are equal whatever the case of their digits; other texts of their length that differ in nothing else are taken for double.
    const fold = end - start === UUID_LENGTH ? 0x20 : 0
    let one = 0xdeadbeef ^ (end - start)
    let other = 0x41c6ce57
    for (let i = start; i < end; i++) {
      const byte = (data[i] as number) | fold
      one = Math.imul(one ^ byte, 2_654_435_761)
      other = Math.imul(other ^ byte, 1_597_334_677)
    }
    one = Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(other ^ (other >>> 13), 3_266_489_909)
    other = Math.imul(other ^ (other >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909)
    return set.add(one, other)
  }
}

/** A whole number as it is inferred, without leading zeros; NaN: something else. */
function wholeNumber(data: Uint8Array, start: number, end: number): number {
  const isNegative = data[start] === MINUS
  const from = isNegative ? start + 1 : start
  const length = end - from
  if (length < 1 || length > EXACT_DIGITS || (data[from] === ZERO && (length > 1 || isNegative))) return Number.NaN
  let value = 0
  for (let i = from; i < end; i++) {
    const digit = (data[i] as number) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return isNegative ? -value : value
}
