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

  error(code: Code, message: string, at: Place | Where, next: string): void {
    this.#add('error', code, message, at, next)
  }

  warning(code: string, message: string, at: Place | Where, next: string): void {
    this.#add('warning', code, message, at, next)
  }

  info(code: string, message: string, at: Place | Where, next: string): void {
    this.#add('info', code, message, at, next)
  }

  /** Runs `work`; a RehouseError becomes an error finding and `fallback` the answer. */
  attempt<T>(at: Place | Where, fallback: T, work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RehouseError)) throw error
      this.#add('error', error.code, error.message, { ...at, ...error.where }, error.next)
      return fallback
    }
  }

  get hasErrors(): boolean {
    return this.findings.some(f => f.severity === 'error')
  }

  #add(severity: Finding['severity'], code: string, message: string, at: Place | Where, next: string): void {
    this.findings.push({ code, severity, where: { ...this.#where, ...at }, message, next })
  }
}
