import { type Check, finding } from './check.ts'
import { unusualVersion, versionText } from './server-versions.ts'

const TOO_OLD = { code: 'TARGET_VERSION', severity: 'error' } as const
const UNTRIED = { code: 'TARGET_VERSION', severity: 'warning' } as const

export const targetVersion: Check = {
  name: 'target-version',
  finds: 'A target is not PostgreSQL 15 to 18: older is refused, newer is untried.',
  gives: [TOO_OLD, UNTRIED],
  run: survey =>
    survey.services.flatMap(service => {
      const { version } = service.facts
      const unusual = unusualVersion(version)
      if (unusual === null) return []
      const isOld = unusual === 'too old'
      return finding(isOld ? TOO_OLD : UNTRIED, {
        where: { service: service.ref.name },
        message: `expected PostgreSQL 15 to 18, got ${versionText(version)}`,
        next: isOld
          ? 'Upgrade the target to PostgreSQL 15 or newer.'
          : 'Try the migration on a copy of the target first, and look for a newer Rehouse.',
      })
    }),
}
