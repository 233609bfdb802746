import { quoteName, quoteTable } from '../base/quote-name.ts'
import type { TargetRelation } from '../model/catalogue.ts'
import { type Check, finding } from './check.ts'
import { writtenRelations } from './written-tables.ts'

const BOUND = { code: 'TARGET_POLICY_DENIED', severity: 'error' } as const

export const targetRowSecurity: Check = {
  name: 'target-row-security',
  finds: 'Row-level security is in force for our role on a table to be loaded: COPY FROM is refused, and a read would see nothing.',
  gives: [BOUND],
  run: survey =>
    writtenRelations(survey)
      .filter(({ relation }) => relation.isRowSecurityActive)
      .map(({ service, name, relation }) =>
        finding(BOUND, {
          where: { service: service.ref.name, table: name },
          message: `expected a role that row-level security does not bind, got ${service.facts.role}: COPY FROM is refused under row-level security`,
          next: wayOut(relation, service.facts.role),
        }),
      ),
}

function wayOut(relation: TargetRelation, role: string): string {
  const bypass = `As a superuser run: ALTER ROLE ${quoteName(role)} BYPASSRLS;`
  if (relation.isOwnedByUs) {
    return `${bypass} Or, for the time of the load, as the owner: ALTER TABLE ${quoteTable(relation)} NO FORCE ROW LEVEL SECURITY;`
  }
  if (relation.forcesRowSecurity) return `${bypass} Being the owner is not enough: the table has FORCE ROW LEVEL SECURITY.`
  return `${bypass} Or migrate as the owner, ${relation.owner}, whom it does not bind: the table has no FORCE ROW LEVEL SECURITY.`
}
