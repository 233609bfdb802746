import { mkdir } from 'node:fs/promises'
import type { Differences, RowCounts } from '../verify/differences.ts'
import { placeOf } from '../verify/explain-rows.ts'
import { type Progress, writeProgress } from '../verify/progress-file.ts'
import type { TableScope, VerifiedEntity } from '../verify/table-scopes.ts'
import type { VerifyRequest } from './verify-request.ts'

export interface StepsSetting {
  readonly mappingHash: string
  readonly request: VerifyRequest
  readonly folder: string
  readonly differences: Differences
  readonly entities: readonly VerifiedEntity[]
}

/** Which entities are compared, kept in the verification’s folder after each, so that one that is cut off can go on. */
export class VerifySteps {
  readonly #setting: StepsSetting
  readonly #done = new Map<string, { readonly entity: string; readonly tenant: string | null; readonly counts: RowCounts }>()

  constructor(setting: StepsSetting) {
    this.#setting = setting
  }

  /** What an earlier part has done. */
  takeUp(progress: Progress | null): void {
    for (const one of progress?.done ?? []) this.#done.set(JSON.stringify([one.entity, one.tenant]), one)
  }

  /** What is still to do. Those that fill a table together are compared together, however far they are. */
  left(scopes: readonly TableScope[]): readonly VerifiedEntity[] {
    const { entities, differences } = this.#setting
    const left = new Set(entities.filter(of => !this.#done.has(nameOf(of))))
    for (let size = -1; size !== left.size; ) {
      size = left.size
      for (const { writers } of scopes) if (writers.some(({ of }) => left.has(of))) for (const { of } of writers) left.add(of)
    }
    for (const of of entities) {
      const counts = this.#done.get(nameOf(of))?.counts
      if (counts !== undefined && !left.has(of)) differences.setCounts(placeOf(of), counts)
    }
    return entities.filter(of => left.has(of))
  }

  async done(of: VerifiedEntity): Promise<void> {
    const place = placeOf(of)
    this.#done.set(nameOf(of), { ...place, counts: { ...this.#setting.differences.counts(place.entity, place.tenant) } })
    await this.#write({ isEnded: false })
  }

  /** Nothing is left to go on with. */
  async end(): Promise<void> {
    await this.#write({ isEnded: true })
  }

  async #write({ isEnded }: Pick<Progress, 'isEnded'>): Promise<void> {
    const { folder, differences, mappingHash, request } = this.#setting
    const { level, tenants, entities } = request
    await differences.save()
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeProgress(folder, { isEnded, mappingHash, level, tenants, entities, done: [...this.#done.values()], ...differences.soFar })
  }
}

function nameOf(of: VerifiedEntity): string {
  const { entity, tenant } = placeOf(of)
  return JSON.stringify([entity, tenant])
}
