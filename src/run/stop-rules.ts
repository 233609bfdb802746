import type { Counts } from '../model/counts.ts'
import type { StopRules } from '../model/mapping.ts'

/** Shares of one tenant's rows over all its entities. Above a limit the tenant is stopped, once enough rows were read to say so. */
export class TenantTally {
  readonly #rules: StopRules
  readonly #earlier = new Set<string>()
  #read = 0
  #quarantined = 0
  #refused = 0

  constructor(rules: StopRules) {
    this.#rules = rules
  }

  /** `refused`: rows the server or a cast would not take, a part of the quarantined. */
  add(counts: Pick<Counts, 'read' | 'quarantined'>, refused: number): void {
    this.#read += counts.read
    this.#quarantined += counts.quarantined
    this.#refused += refused
  }

  /** What the ledger has of a task this process takes up; later calls for the same task add nothing. */
  addEarlier(task: string, counts: Pick<Counts, 'read' | 'quarantined'>): void {
    if (this.#earlier.has(task)) return
    this.#earlier.add(task)
    this.add(counts, 0)
  }

  /** One sentence why the tenant must stop; null = it may go on. */
  verdict(): string | null {
    if (this.#read < this.#rules.minRows) return null
    if (this.#quarantined > this.#rules.quarantined * this.#read)
      return this.#sentence('quarantined', this.#quarantined, this.#rules.quarantined)
    if (this.#refused > this.#rules.errors * this.#read) return this.#sentence('in error', this.#refused, this.#rules.errors)
    return null
  }

  #sentence(word: string, rows: number, limit: number): string {
    const share = ((100 * rows) / this.#read).toFixed(2)
    return `expected at most ${100 * limit} % of rows ${word}, got ${rows} of ${this.#read} (${share} %)`
  }
}

/** Codes Rehouse gives a row by itself because it could not be stored, as against codes the mapping chose. */
export const REFUSAL_CODES: ReadonlySet<string> = new Set([
  'not_null',
  'not_representable',
  'invalid_value',
  'unique_violation',
  'foreign_key_violation',
  'check_violation',
  'exclusion_violation',
  'integrity_violation',
  'value_refused',
  'trigger_refused',
  'policy_refused',
  'id_taken',
  'duplicate_key',
  'null_key',
])
