import { type Check, filePlace, finding } from './check.ts'
import { liveTriggers, namesOf } from './live-triggers.ts'
import { writtenRelations } from './written-tables.ts'

const UNSAID = { code: 'TARGET_UNSUITED', severity: 'error' } as const

export const targetTriggersUnsaid: Check = {
  name: 'target-triggers-unsaid',
  finds: 'A table to be loaded has triggers, and the service does not say whether they fire.',
  gives: [UNSAID],
  run: survey =>
    writtenRelations(survey).flatMap(({ service, name, relation }) => {
      const triggers = liveTriggers(relation)
      if (service.ref.triggers !== null || triggers.length === 0) return []
      return finding(UNSAID, {
        where: { ...filePlace(service.ref.at), service: service.ref.name, table: name },
        message: `expected service ${service.ref.name} to say what becomes of triggers, got nothing about ${namesOf(triggers)}`,
        next: `Write under services.${service.ref.name}: \`triggers: disable\` to leave them out during the load, or \`triggers: fire\` to let them run for each row.`,
      })
    }),
}
