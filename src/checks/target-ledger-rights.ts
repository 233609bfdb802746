import { quoteName } from '../base/quote-name.ts'
import { type Check, finding } from './check.ts'

const DENIED = { code: 'TARGET_POLICY_DENIED', severity: 'error' } as const

export const targetLedgerRights: Check = {
  name: 'target-ledger-rights',
  finds:
    'The ledger has to be made or upgraded, and our role may not: it lacks the right to create the schema `rehouse`, or to create in it.',
  gives: [DENIED],
  run: survey =>
    survey.services.flatMap(({ ref, facts, ledger }) => {
      if (ledger === 'current' || facts.canCreateSchema) return []
      const isAbsent = ledger === 'absent'
      return finding(DENIED, {
        where: { service: ref.name },
        message: isAbsent
          ? `expected role ${facts.role} to be allowed to make the ledger in schema rehouse, got no right to`
          : `expected role ${facts.role} to be allowed to upgrade the ledger in schema rehouse, got no right to create in it`,
        next: isAbsent
          ? `As an administrator run in the target: CREATE SCHEMA rehouse AUTHORIZATION ${quoteName(facts.role)}; or, if it is there: ALTER SCHEMA rehouse OWNER TO ${quoteName(facts.role)};`
          : 'Migrate as the role that made the ledger: its tables belong to that role, and only their owner can upgrade them.',
      })
    }),
}
