import { compareDecimals } from '../base/decimal-text.ts'
import { baseOf, familyOf } from '../cast/sql-family.ts'
import { valueText } from '../cast/value-text.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { NumberFacts } from './column-facts.ts'
import { SampledQuartiles } from './sampled-quartiles.ts'

/** int, numeric, float: smallest, largest, whole or not, far outside or not. */
export class NumberValues {
  readonly #text: (data: Buffer, start: number, length: number) => string
  readonly #number: (data: Buffer, start: number, length: number) => number
  readonly #isInteger: boolean
  readonly #quartiles = new SampledQuartiles()
  #min: { value: number; text: string } | null = null
  #max: { value: number; text: string } | null = null
  #isWhole = true
  #special = 0

  constructor(type: SqlType) {
    this.#text = valueText(type)
    const { name } = baseOf(type)
    this.#isInteger = familyOf(type) === 'int' || familyOf(type) === 'oid'
    this.#number = numberReader(name, this.#text)
  }

  add(data: Buffer, start: number, length: number): void {
    const value = this.#number(data, start, length)
    if (!Number.isFinite(value)) {
      this.#special++
      return
    }
    if (!this.#isInteger && this.#isWhole && !Number.isInteger(value)) this.#isWhole = false
    this.#quartiles.add(value)
    if (this.#min === null || value <= this.#min.value)
      this.#min = this.#better(this.#min, { value, text: this.#text(data, start, length) }, -1)
    if (this.#max === null || value >= this.#max.value)
      this.#max = this.#better(this.#max, { value, text: this.#text(data, start, length) }, 1)
  }

  facts(): NumberFacts {
    const low = this.#min?.value ?? 0
    const high = this.#max?.value ?? 0
    const fences = this.#quartiles.fences()
    const isLow = fences !== null && low < fences.low
    const isHigh = fences !== null && high > fences.high
    return {
      extremes: this.#min === null || this.#max === null ? null : { min: this.#min.text, max: this.#max.text },
      low,
      high,
      isWhole: this.#isWhole && this.#min !== null,
      special: this.#special,
      outlier: isLow ? (isHigh ? 'both' : 'low') : isHigh ? 'high' : 'none',
    }
  }

  /** Doubles decide where they differ; where they are the same, the digits do. */
  #better<T extends { readonly value: number; readonly text: string }>(known: T | null, other: T, sign: 1 | -1): T {
    if (known === null || other.value !== known.value) return other
    if (other.text === known.text || /e/i.test(other.text + known.text)) return known
    return compareDecimals(other.text, known.text) * sign > 0 ? other : known
  }
}

function numberReader(
  name: string,
  text: (data: Buffer, start: number, length: number) => string,
): (data: Buffer, start: number, length: number) => number {
  switch (name) {
    case 'int2':
      return (data, start) => data.readInt16BE(start)
    case 'int4':
      return (data, start) => data.readInt32BE(start)
    case 'int8':
      return (data, start) => data.readInt32BE(start) * 4_294_967_296 + data.readUInt32BE(start + 4)
    case 'oid':
      return (data, start) => data.readUInt32BE(start)
    case 'float4':
      return (data, start) => data.readFloatBE(start)
    case 'float8':
      return (data, start) => data.readDoubleBE(start)
    default:
      return (data, start, length) => Number(text(data, start, length))
  }
}
