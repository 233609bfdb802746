import { quoteName, quoteTable } from '../base/quote-name.ts'
import { type Check, finding } from './check.ts'
import { writtenRelations } from './written-tables.ts'

const DENIED = { code: 'TARGET_POLICY_DENIED', severity: 'error' } as const

export const targetRights: Check = {
  name: 'target-rights',
  finds: 'Our role may not insert into a table to be loaded, or not read it.',
  gives: [DENIED],
  run: survey =>
    writtenRelations(survey).flatMap(({ service, name, relation }) => {
      const lacking = [...(relation.canInsert ? [] : ['INSERT']), ...(relation.canSelect ? [] : ['SELECT'])]
      if (lacking.length === 0) return []
      const role = quoteName(service.facts.role)
      return finding(DENIED, {
        where: { service: service.ref.name, table: name },
        message: `expected role ${service.facts.role} to have the rights to insert and read, got none to ${lacking.join(' and ')}`,
        next: `As the owner, ${relation.owner}, run: GRANT USAGE ON SCHEMA ${quoteName(relation.schema)} TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE ${quoteTable(relation)} TO ${role}; \`rehouse check --grants\` prints all of it.`,
      })
    }),
}
