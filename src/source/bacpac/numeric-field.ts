import type { TupleWriter } from '../../base/tuple-writer.ts'

const BASE = 10_000
const TWO_32 = 4_294_967_296
/** 2^53 / 1000: below it a number and what it is multiplied with are exact. */
const EXACT = 9_007_199_254_740
const POSITIVE = 0
const NEGATIVE = 0x4000
const POWERS = [1, 10, 100, 1000]
/** 38 digits and up to three zeros after them. */
const MOST_GROUPS = 11

/** Writes exact decimals as numeric fields. It holds scratch space: one per reader. */
export class NumericWriter {
  /** Groups of four digits, the least first. */
  readonly #groups = new Int32Array(MOST_GROUPS + 1)
  /** The magnitude, least word first, with room for the zeros. */
  readonly #words = new Float64Array(5)

  /** `magnitude` is a whole number below 9·10^12, of which the last `scale` digits are behind the point. */
  small(magnitude: number, isNegative: boolean, scale: number, out: TupleWriter): void {
    let rest = magnitude * (POWERS[padding(scale)] as number)
    let count = 0
    while (rest > 0) {
      const quotient = Math.floor(rest / BASE)
      this.#groups[count++] = rest - quotient * BASE
      rest = quotient
    }
    this.#write(count, isNegative, scale, out)
  }

  /** Any magnitude of up to 38 digits, as four words, the least first. */
  write(words: Readonly<Uint32Array>, isNegative: boolean, scale: number, out: TupleWriter): void {
    const [first = 0, second = 0, third = 0, fourth = 0] = words
    if (third === 0 && fourth === 0 && second * TWO_32 + first < EXACT) {
      this.small(second * TWO_32 + first, isNegative, scale, out)
      return
    }
    this.#multiply(words, POWERS[padding(scale)] as number)
    let count = 0
    let top = 4
    while (top >= 0) {
      if (this.#words[top] === 0) top--
      else this.#groups[count++] = this.#divide(top)
    }
    this.#write(count, isNegative, scale, out)
  }

  #multiply(words: Readonly<Uint32Array>, factor: number): void {
    let carry = 0
    for (let i = 0; i < 4; i++) {
      const product = (words[i] as number) * factor + carry
      carry = Math.floor(product / TWO_32)
      this.#words[i] = product - carry * TWO_32
    }
    this.#words[4] = carry
  }

  /** Divides by 10 000 in place; the remainder. */
  #divide(top: number): number {
    let rest = 0
    for (let i = top; i >= 0; i--) {
      const value = rest * TWO_32 + (this.#words[i] as number)
      const quotient = Math.floor(value / BASE)
      this.#words[i] = quotient
      rest = value - quotient * BASE
    }
    return rest
  }

  #write(count: number, isNegative: boolean, scale: number, out: TupleWriter): void {
    const groups = this.#groups
    let last = 0
    while (last < count && groups[last] === 0) last++
    const digits = count - last
    out.ensure(12 + digits * 2)
    const { view, at } = out
    view.setInt32(at, 8 + digits * 2)
    view.setInt16(at + 4, digits)
    view.setInt16(at + 6, digits === 0 ? 0 : count - Math.ceil(scale / 4) - 1)
    view.setInt16(at + 8, isNegative && digits > 0 ? NEGATIVE : POSITIVE)
    view.setInt16(at + 10, scale)
    for (let i = 0; i < digits; i++) view.setInt16(at + 12 + i * 2, groups[count - 1 - i] as number)
    out.at = at + 12 + digits * 2
  }
}

/** Zeros that make the digits behind the point whole groups. */
function padding(scale: number): number {
  return (4 - (scale % 4)) % 4
}
