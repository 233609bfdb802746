import type { TupleWriter } from '../base/tuple-writer.ts'

/** Signs of PostgreSQL’s binary numeric. */
const POSITIVE = 0
const NEGATIVE = 0x4000
const NAN = 0xc000
const PLUS_INFINITY = 0xd000
const MINUS_INFINITY = 0xf000
/** What a server sends as the scale of an infinity: bits of its header, not a scale. */
const INFINITY_SCALE = 0x20

const BASE = 10_000
const HEADER = 8
const MAX_SCALE = 16_383
const MAX_WEIGHT = 32_767
const DECIMAL = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/
const SPECIAL = /^\s*(?:(nan)|([+-]?)inf(?:inity)?)\s*$/i
const ROUND_POWERS = [0, 1000, 100, 10]

/**
 * One PostgreSQL numeric, taken apart: base-10000 digits without leading or trailing zero groups, weight of the first group, sign, display scale.
 * Exact for every value PostgreSQL can hold. Reused from value to value: no garbage on the row path.
 */
export class NumericValue {
  #digits = new Int32Array(64)
  #count = 0
  #weight = 0
  #sign = POSITIVE
  /** Digits shown after the point. */
  scale = 0

  get isNaN(): boolean {
    return this.#sign === NAN
  }

  get isInfinite(): boolean {
    return this.#sign === PLUS_INFINITY || this.#sign === MINUS_INFINITY
  }

  get isSpecial(): boolean {
    return this.#sign >= NAN
  }

  get isNegative(): boolean {
    return this.#sign === NEGATIVE || this.#sign === MINUS_INFINITY
  }

  get isZero(): boolean {
    return this.#count === 0 && !this.isSpecial
  }

  /** Reads the binary field at `start`. Throws RangeError when its length does not fit what it says of itself. */
  read(data: Buffer, start: number, length: number): void {
    const count = length < HEADER ? -1 : data.readInt16BE(start)
    if (count < 0 || length !== HEADER + 2 * count) throw new RangeError(`expected a numeric of ${HEADER + 2 * count} bytes, got ${length}`)
    this.#room(count)
    this.#count = count
    this.#weight = data.readInt16BE(start + 2)
    this.#sign = data.readUInt16BE(start + 4)
    this.scale = this.isSpecial ? 0 : data.readUInt16BE(start + 6)
    for (let i = 0, at = start + HEADER; i < count; i++, at += 2) this.#digits[i] = data.readInt16BE(at)
    this.#normalise()
  }

  /** Reads decimal text as numeric’s input function does: digits, point, exponent, NaN, ±Infinity, blanks around. False when it is not a number or numeric cannot hold it. */
  parse(text: string): boolean {
    const match = DECIMAL.exec(text)
    if (!match) return this.#parseSpecial(text)
    const [, sign = '', whole = '', fraction = '', power = '0'] = match
    const exponent = Number(power)
    const digits = whole + fraction
    if (digits === '' || Math.abs(exponent) > 200_000) return false
    this.scale = Math.max(0, fraction.length - exponent)
    this.#setDigits(digits, whole.length + exponent)
    this.#sign = sign === '-' ? NEGATIVE : POSITIVE
    this.#normalise()
    return this.scale <= MAX_SCALE && this.#weight <= MAX_WEIGHT
  }

  #parseSpecial(text: string): boolean {
    const match = SPECIAL.exec(text)
    if (!match) return false
    this.#setSpecial(match[1] ? NAN : match[2] === '-' ? MINUS_INFINITY : PLUS_INFINITY)
    return true
  }

  #setSpecial(sign: number): void {
    this.#count = 0
    this.#weight = 0
    this.scale = 0
    this.#sign = sign
  }

  /** `digits` stands for 0.digits × 10^point. */
  #setDigits(digits: string, point: number): void {
    const lead = ((point % 4) + 4) % 4
    const padded = (lead === 0 ? '' : '0'.repeat(4 - lead)) + digits
    const count = Math.ceil(padded.length / 4)
    this.#room(count)
    for (let i = 0; i < count; i++) this.#digits[i] = Number(padded.slice(4 * i, 4 * i + 4).padEnd(4, '0'))
    this.#count = count
    this.#weight = Math.ceil(point / 4) - 1
  }

  /** A whole number below 2^53 in size. */
  setInteger(value: number): void {
    let rest = Math.abs(value)
    let count = 0
    for (let r = rest; r > 0; r = Math.floor(r / BASE)) count++
    this.#room(count)
    for (let i = count - 1; i >= 0; i--) {
      const next = Math.floor(rest / BASE)
      this.#digits[i] = rest - next * BASE
      rest = next
    }
    this.#count = count
    this.#weight = count - 1
    this.#sign = value < 0 ? NEGATIVE : POSITIVE
    this.scale = 0
    this.#normalise()
  }

  /** Rounds half away from zero to `scale` digits after the point (negative: before it), as PostgreSQL does. True when digits other than zero were lost. The scale shown is `scale`, at least 0. */
  round(scale: number): boolean {
    if (this.isSpecial) return false
    const keep = (this.#weight + 1) * 4 + scale
    this.scale = Math.max(0, scale)
    if (this.#count === 0 || keep >= this.#count * 4) return false
    const isLost = this.#hasDigitsAfter(keep)
    if (keep < 0) this.#count = 0
    else this.#cut(keep)
    this.#normalise()
    return isLost
  }

  #hasDigitsAfter(keep: number): boolean {
    if (keep <= 0) return true
    const group = Math.floor(keep / 4)
    const power = ROUND_POWERS[keep % 4] as number
    if (power > 0 && (this.#digits[group] as number) % power !== 0) return true
    // The last group is never zero, so any group after this one holds a digit.
    return group + (power > 0 ? 1 : 0) < this.#count
  }

  #cut(keep: number): void {
    const digits = this.#digits
    let at = Math.ceil(keep / 4)
    const inGroup = keep % 4
    this.#count = at
    let carry = 0
    if (inGroup === 0) carry = (digits[at] as number) >= BASE / 2 ? 1 : 0
    else {
      const power = ROUND_POWERS[inGroup] as number
      const group = digits[--at] as number
      const extra = group % power
      digits[at] = group - extra + (extra >= power / 2 ? power : 0)
      if ((digits[at] as number) >= BASE) {
        digits[at] = (digits[at] as number) - BASE
        carry = 1
      }
    }
    while (carry === 1 && at > 0) {
      const sum = (digits[--at] as number) + 1
      carry = sum === BASE ? 1 : 0
      digits[at] = carry === 1 ? 0 : sum
    }
    if (carry === 1) this.#prepend(1)
  }

  #prepend(group: number): void {
    this.#room(this.#count + 1)
    this.#digits.copyWithin(1, 0, this.#count)
    this.#digits[0] = group
    this.#count++
    this.#weight++
  }

  /** Decimal digits before the point; negative when zeros follow the point. 0 for zero. */
  get wholeDigits(): number {
    if (this.#count === 0) return 0
    const first = this.#digits[0] as number
    return (this.#weight + 1) * 4 - (first < 10 ? 3 : first < 100 ? 2 : first < 1000 ? 1 : 0)
  }

  /** The value without its fraction as a double; exact below 2^53. Not for specials. */
  get wholeNumber(): number {
    let value = 0
    for (let i = 0; i <= this.#weight; i++) value = value * BASE + (i < this.#count ? (this.#digits[i] as number) : 0)
    return this.#sign === NEGATIVE ? -value : value
  }

  /** The same, exact at any size. */
  get wholeBigint(): bigint {
    let value = 0n
    for (let i = 0; i <= this.#weight; i++) value = value * 10_000n + (i < this.#count ? BigInt(this.#digits[i] as number) : 0n)
    return this.#sign === NEGATIVE ? -value : value
  }

  /** Drops zeros at the end of the scale: 1.50 → 1.5; all forms of a value become the same. */
  trimScale(): void {
    if (this.isSpecial) return
    if (this.#count === 0) this.scale = 0
    else {
      const last = this.#digits[this.#count - 1] as number
      const zeros = last % 10 !== 0 ? 0 : last % 100 !== 0 ? 1 : last % 1000 !== 0 ? 2 : 3
      this.scale = Math.max(0, (this.#count - 1 - this.#weight) * 4 - zeros)
    }
  }

  /** Writes one field as a server would send it. */
  write(out: TupleWriter): void {
    const bytes = HEADER + 2 * this.#count
    out.ensure(4 + bytes)
    const buf = out.buf
    let at = out.at
    buf.writeInt32BE(bytes, at)
    buf.writeInt16BE(this.#count, at + 4)
    buf.writeInt16BE(this.#weight, at + 6)
    buf.writeUInt16BE(this.#sign, at + 8)
    buf.writeUInt16BE(this.isInfinite ? INFINITY_SCALE : this.scale, at + 10)
    at += 4 + HEADER
    for (let i = 0; i < this.#count; i++, at += 2) {
      const group = this.#digits[i] as number
      buf[at] = group >> 8
      buf[at + 1] = group
    }
    out.at = at
  }

  /** Canonical decimal text as PostgreSQL prints it, scale kept: `-1.50`, `NaN`, `Infinity`. */
  text(): string {
    if (this.isSpecial) return this.isNaN ? 'NaN' : this.isNegative ? '-Infinity' : 'Infinity'
    let text = this.#sign === NEGATIVE ? '-' : ''
    if (this.#weight < 0) text += '0'
    for (let i = 0; i <= this.#weight; i++) text += i === 0 ? String(this.#count === 0 ? 0 : this.#digits[0]) : this.#group(i)
    if (this.scale === 0) return text
    let fraction = ''
    for (let i = this.#weight + 1; fraction.length < this.scale; i++) fraction += this.#group(i)
    return `${text}.${fraction.slice(0, this.scale)}`
  }

  #group(index: number): string {
    return index < 0 || index >= this.#count ? '0000' : String(this.#digits[index]).padStart(4, '0')
  }

  #room(count: number): void {
    if (count <= this.#digits.length) return
    const next = new Int32Array(Math.max(count, this.#digits.length * 2))
    next.set(this.#digits)
    this.#digits = next
  }

  #normalise(): void {
    const digits = this.#digits
    let first = 0
    while (first < this.#count && digits[first] === 0) first++
    if (first > 0) {
      digits.copyWithin(0, first, this.#count)
      this.#count -= first
      this.#weight -= first
    }
    while (this.#count > 0 && digits[this.#count - 1] === 0) this.#count--
    if (this.#count > 0 || this.isSpecial) return
    this.#weight = 0
    this.#sign = POSITIVE
  }
}
