import type { TargetRelation, Trigger } from '../model/catalogue.ts'

/** Triggers a load can set off: it inserts, and takes back or completes rows. Those on TRUNCATE alone never fire. */
export function liveTriggers(relation: TargetRelation): readonly Trigger[] {
  return relation.triggers.filter(trigger => trigger.isEnabled && trigger.events.some(event => event !== 'truncate'))
}

export function namesOf(triggers: readonly Trigger[]): string {
  return triggers.map(trigger => trigger.name).join(', ')
}
