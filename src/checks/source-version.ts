import { type Check, finding } from './check.ts'
import { unusualVersion, versionText } from './server-versions.ts'

const TOO_OLD = { code: 'SOURCE_VERSION', severity: 'error' } as const
const UNTRIED = { code: 'SOURCE_VERSION', severity: 'warning' } as const

export const sourceVersion: Check = {
  name: 'source-version',
  finds: 'A source is not PostgreSQL 15 to 18: older cannot be described, newer is untried.',
  gives: [TOO_OLD, UNTRIED],
  run: survey =>
    survey.sources.flatMap(({ name, tenant, catalogue }) => {
      const unusual = catalogue.engine === 'postgres' ? unusualVersion(catalogue.version) : null
      if (unusual === null) return []
      const isOld = unusual === 'too old'
      return finding(isOld ? TOO_OLD : UNTRIED, {
        where: tenant === null ? {} : { tenant },
        message: `expected PostgreSQL 15 to 18 as source ${name}, got ${versionText(catalogue.version)}`,
        next: isOld
          ? 'Restore a dump of it into a newer server and read that.'
          : 'Compare the counts of a dry run with your own, and look for a newer Rehouse.',
      })
    }),
}
