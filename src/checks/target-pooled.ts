import { type Check, finding } from './check.ts'

const POOLED = { code: 'TARGET_UNSUITED', severity: 'error' } as const

/** PgBouncer in transaction mode: neither settings, nor locks, nor the fence outlive a transaction. */
export const targetPooled: Check = {
  name: 'target-pooled',
  finds: 'A pooler that shares sessions between transactions stands before a target.',
  gives: [POOLED],
  run: survey =>
    survey.services
      .filter(service => service.facts.isPooled)
      .map(service =>
        finding(POOLED, {
          where: { service: service.ref.name },
          message: 'expected a session of its own with the target, got a pooler that shares sessions between transactions',
          next: 'Give the address of the server itself, or of a pool in session mode.',
        }),
      ),
}
