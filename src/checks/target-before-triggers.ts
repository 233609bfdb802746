import { type Check, finding } from './check.ts'
import { liveTriggers, namesOf } from './live-triggers.ts'
import { writtenRelations } from './written-tables.ts'

const BEFORE = { code: 'TARGET_TRIGGERS', severity: 'info' } as const

export const targetBeforeTriggers: Check = {
  name: 'target-before-triggers',
  finds: 'With `triggers: fire`, a trigger runs before each row is inserted, where it can change or drop the row.',
  gives: [BEFORE],
  run: survey =>
    writtenRelations(survey).flatMap(({ service, name, relation }) => {
      if (service.ref.triggers !== 'fire') return []
      const before = liveTriggers(relation).filter(t => t.timing === 'before' && t.level === 'row' && t.events.includes('insert'))
      if (before.length === 0) return []
      return finding(BEFORE, {
        where: { service: service.ref.name, table: name },
        message: `expected rows to be stored as they are sent, got ${namesOf(before)} before each insert: rows stored must equal rows sent, or the batch is rolled back`,
        next: 'Make sure that the trigger drops no row and leaves alone what the mapping fills, or write `triggers: disable`.',
      })
    }),
}
