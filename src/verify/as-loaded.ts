import type { Differences } from './differences.ts'
import { placeOf } from './explain-rows.ts'
import type { VerifiedEntity } from './table-scopes.ts'

/** Which entities and tenants were compared to the last row without a difference. */
export class AsLoaded {
  readonly #differences: Pick<Differences, 'counts'>
  readonly #done = new Set<VerifiedEntity>()
  readonly #skipped = new Set<VerifiedEntity>()

  constructor(differences: Pick<Differences, 'counts'>) {
    this.#differences = differences
  }

  done(of: VerifiedEntity): void {
    this.#done.add(of)
  }

  /** Its rows could not be compared. */
  skipped(of: VerifiedEntity): void {
    this.#skipped.add(of)
  }

  has(of: VerifiedEntity): boolean {
    if (!this.#done.has(of) || this.#skipped.has(of)) return false
    const { entity, tenant } = placeOf(of)
    const { different, missing, extra, not_verified: notVerified } = this.#differences.counts(entity, tenant)
    return different + missing + extra + notVerified === 0
  }
}
