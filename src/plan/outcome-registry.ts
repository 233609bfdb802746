import type { OutcomeCount } from '../model/ledger-records.ts'

/** Fates of a row. */
export const NO_FATE = 0
export const EXCLUDED = 1
export const QUARANTINED = 2
/** The row is another row. */
export const MERGED = 3

export type OutcomeKind = OutcomeCount['kind']

/** Numbers the outcomes a program can take, so that counting one is adding to an array. */
export class OutcomeRegistry {
  readonly #known = new Map<string, number>()
  readonly #entries: { kind: OutcomeKind; column: string; code: string }[] = []

  number(kind: OutcomeKind, column: string, code: string): number {
    const name = JSON.stringify([kind, column, code])
    const known = this.#known.get(name)
    if (known !== undefined) return known
    this.#known.set(name, this.#entries.length)
    return this.#entries.push({ kind, column, code }) - 1
  }

  /** Names for numbers counted elsewhere. */
  named(counts: ReadonlyMap<number, number>): OutcomeCount[] {
    const out: OutcomeCount[] = []
    for (const [number, count] of counts) {
      const entry = this.#entries[number]
      if (entry && count !== 0) out.push({ ...entry, count })
    }
    return out
  }
}
