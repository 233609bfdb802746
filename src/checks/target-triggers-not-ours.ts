import { quoteName, quoteTable } from '../base/quote-name.ts'
import { type Check, finding } from './check.ts'
import { liveTriggers, namesOf } from './live-triggers.ts'
import { writtenRelations } from './written-tables.ts'

const NOT_OURS = { code: 'TARGET_UNSUITED', severity: 'error' } as const

export const targetTriggersNotOurs: Check = {
  name: 'target-triggers-not-ours',
  finds: 'The service says `triggers: disable`, which only the owner of a table may do, and our role is not.',
  gives: [NOT_OURS],
  run: survey =>
    writtenRelations(survey).flatMap(({ service, name, relation }) => {
      const triggers = liveTriggers(relation)
      if (service.ref.triggers !== 'disable' || triggers.length === 0 || relation.isOwnedByUs) return []
      const { role } = service.facts
      return finding(NOT_OURS, {
        where: { service: service.ref.name, table: name },
        message: `expected role ${role} to own the table whose triggers are to be disabled (${namesOf(triggers)}), got ${relation.owner} as its owner`,
        next: `As an administrator run: GRANT ${quoteName(relation.owner)} TO ${quoteName(role)}; or, if ${relation.owner} is a superuser: ALTER TABLE ${quoteTable(relation)} OWNER TO ${quoteName(role)}; Or write \`triggers: fire\`.`,
      })
    }),
}
