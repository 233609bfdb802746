import { type Check, finding } from './check.ts'

const READ_ONLY = { code: 'TARGET_UNSUITED', severity: 'error' } as const

export const targetReadOnly: Check = {
  name: 'target-read-only',
  finds: 'A target takes no writes: a standby, or a session that is read only by default.',
  gives: [READ_ONLY],
  run: survey =>
    survey.services
      .filter(service => service.facts.isReadOnly)
      .map(service =>
        finding(READ_ONLY, {
          where: { service: service.ref.name },
          message: 'expected a target that takes writes, got one that only reads',
          next: 'Give the address of the primary server. If it is the primary: SHOW default_transaction_read_only; must say off, for the database and for the role.',
        }),
      ),
}
