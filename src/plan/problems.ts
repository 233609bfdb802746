import { type Code, RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { Place, Where } from '../model/place.ts'

/** Collects what is wrong with a mapping, so that a person sees all of it at once. */
export class Problems {
  readonly findings: Finding[] = []
  readonly #where: Where

  constructor(where: Where) {
    this.#where = where
  }

  error(code: Code, message: string, { at, next }: { readonly at: Place | Where; readonly next: string }): void {
    this.findings.push({ code, severity: 'error', where: { ...this.#where, ...at }, message, next })
  }

  /** Runs `work`; a RehouseError becomes an error finding and `fallback` the answer. */
  attempt<T>(at: Place | Where, fallback: T, work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RehouseError)) throw error
      this.error(error.code, error.message, { at: { ...at, ...error.where }, next: error.next })
      return fallback
    }
  }

  get hasErrors(): boolean {
    return this.findings.length > 0
  }
}
