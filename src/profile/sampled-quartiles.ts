const SAMPLE = 1024
/** How many interquartile ranges beyond the quartiles a value has to lie to be an outlier: far more than the 1.5 of box plots, which honest skew exceeds. */
const FAR = 10

export interface Fences {
  readonly low: number
  readonly high: number
}

/** A sample of at most 1024 numbers, each number seen equally likely in it; the same numbers in the same order give the same sample. */
export class SampledQuartiles {
  readonly #kept = new Float64Array(SAMPLE)
  #seen = 0
  #state = 0x2545f491

  add(value: number): void {
    if (this.#seen < SAMPLE) this.#kept[this.#seen] = value
    else {
      const at = Math.floor(this.#random() * (this.#seen + 1))
      if (at < SAMPLE) this.#kept[at] = value
    }
    this.#seen++
  }

  /** Beyond them values are outliers; null where too few numbers were seen, or half of them are the same. */
  fences(): Fences | null {
    if (this.#seen < 20) return null
    const sorted = this.#kept.slice(0, Math.min(this.#seen, SAMPLE)).sort()
    const q1 = sorted[Math.floor((sorted.length - 1) / 4)] as number
    const q3 = sorted[Math.ceil(((sorted.length - 1) * 3) / 4)] as number
    const range = q3 - q1
    return range > 0 ? { low: q1 - FAR * range, high: q3 + FAR * range } : null
  }

  #random(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return (x >>> 0) / 4_294_967_296
  }
}
