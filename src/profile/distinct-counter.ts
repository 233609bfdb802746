import { HashSet } from './hash-set.ts'

const REGISTER_BITS = 12
const REGISTERS = 1 << REGISTER_BITS
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)

/** Counts different values by their 64-bit hashes: exactly up to a limit, beyond it about (HyperLogLog of 4096 registers, standard error 1.6 %). */
export class DistinctCounter {
  readonly #exact: HashSet
  #registers: Uint8Array | null = null

  constructor(limit: number) {
    this.#exact = new HashSet(limit)
  }

  get isExact(): boolean {
    return !this.#exact.isOver
  }

  /** True when the value is surely a new one; beyond the limit never. */
  add(hi: number, lo: number): boolean {
    const registers = this.#registers
    if (registers !== null) {
      note(registers, hi, lo)
      return false
    }
    if (this.#exact.size < this.#exact.limit) return this.#exact.add(hi, lo)
    if (this.#exact.has(hi, lo)) return false
    const made = new Uint8Array(REGISTERS)
    this.#exact.each((h, l) => note(made, h, l))
    note(made, hi, lo)
    this.#registers = made
    this.#exact.drop()
    return false
  }

  get count(): number {
    return this.#registers === null ? this.#exact.size : estimate(this.#registers)
  }
}

function note(registers: Uint8Array, hi: number, lo: number): void {
  const at = hi >>> (32 - REGISTER_BITS)
  const rank = Math.clz32((hi << REGISTER_BITS) | (lo >>> (32 - REGISTER_BITS))) + 1
  if (rank > (registers[at] as number)) registers[at] = rank
}

function estimate(registers: Uint8Array): number {
  let sum = 0
  let zeros = 0
  for (const rank of registers) {
    sum += 2 ** -rank
    if (rank === 0) zeros++
  }
  const raw = (ALPHA * REGISTERS * REGISTERS) / sum
  return Math.round(raw <= 2.5 * REGISTERS && zeros > 0 ? REGISTERS * Math.log(REGISTERS / zeros) : raw)
}
