import { type Check, filePlace, finding } from './check.ts'

const TWICE = { code: 'TARGET_UNSUITED', severity: 'error' } as const

/** Each service has a ledger and a lock of its own in its database: two would wait for each other. */
export const targetDatabaseTwice: Check = {
  name: 'target-database-twice',
  finds: 'Two services are one and the same database.',
  gives: [TWICE],
  run: survey =>
    survey.services.flatMap((service, i) => {
      const other = survey.services.slice(0, i).find(earlier => earlier.facts.identity === service.facts.identity)
      if (other === undefined) return []
      return finding(TWICE, {
        where: { ...filePlace(service.ref.at), service: service.ref.name },
        message: `expected a database of its own for service ${service.ref.name}, got that of ${other.ref.name}`,
        next: `Let its entities name service ${other.ref.name} and take ${service.ref.name} out; one service may have tables in several schemas.`,
      })
    }),
}
