import type { Code } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { Place, Where } from '../model/place.ts'

export interface Problem {
  readonly code: Code
  readonly at: Place
  readonly message: string
  readonly next: string
  readonly entity?: string | undefined
  readonly table?: string | undefined
  readonly isWarning?: true
}

/** A reader of ten thousand problems is not helped by the rest. */
const MOST = 100

/** Collects what is wrong with one manifest. What has the same place and way out (a part used twice through an anchor) is kept once. */
export class Problems {
  readonly #findings = new Map<string, Finding>()
  #errors = 0

  get isFull(): boolean {
    return this.#findings.size >= MOST
  }

  get errors(): number {
    return this.#errors
  }

  add(problem: Problem): void {
    if (this.isFull) return
    const key = `${problem.at.line}:${problem.at.column}:${problem.code}:${problem.next}`
    if (this.#findings.has(key)) return
    if (!problem.isWarning) this.#errors++
    const where: Where = {
      file: problem.at.file,
      line: problem.at.line,
      column: problem.at.column,
      ...(problem.entity === undefined ? {} : { entity: problem.entity }),
      ...(problem.table === undefined ? {} : { table: problem.table }),
    }
    this.#findings.set(key, {
      code: problem.code,
      severity: problem.isWarning ? 'warning' : 'error',
      where,
      message: problem.message,
      next: problem.next,
    })
  }

  /** In the order of the file. */
  findings(): readonly Finding[] {
    return [...this.#findings.values()].sort(
      (a, b) => (a.where.line ?? 0) - (b.where.line ?? 0) || Number(a.where.column) - Number(b.where.column),
    )
  }
}
