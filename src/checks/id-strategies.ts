import type { IdStrategy } from '../model/mapping.ts'
import type { Survey } from './survey.ts'

export interface EntityId {
  readonly strategy: IdStrategy
  readonly isShared: boolean
}

/** How each planned entity's identifiers are made. The key's type decides, so `keep` of one tenant would show in all. */
export function strategiesOf(survey: Survey): ReadonlyMap<string, EntityId> {
  const found = new Map<string, EntityId>()
  for (const plan of survey.plans) {
    for (const [name, { entity, strategy }] of plan.entities) {
      if (!found.has(name)) found.set(name, { strategy, isShared: entity.isShared })
    }
  }
  return found
}
