import type { Finding } from '../model/finding.ts'
import { type Check, finding } from './check.ts'
import type { Survey } from './survey.ts'

const SHARED = { code: 'SOURCE_SHARED', severity: 'warning' } as const

export const sourceShared: Check = {
  name: 'source-shared',
  finds: 'Two tenants have the same database as their source, or a source is the database of a service.',
  gives: [SHARED],
  run: survey => [...sameForTwoTenants(survey), ...sameAsTarget(survey)],
}

function sameForTwoTenants(survey: Survey): readonly Finding[] {
  const own = survey.sources.filter(source => source.tenant !== null)
  return own.flatMap((source, i) => {
    const other = own.slice(0, i).find(earlier => earlier.name === source.name && earlier.facts.identity === source.facts.identity)
    if (other === undefined || source.tenant === null) return []
    return finding(SHARED, {
      where: { tenant: source.tenant },
      message: `expected a database of its own as source ${source.name} of tenant ${source.tenant}, got that of tenant ${other.tenant}: each row would arrive for both`,
      next: 'Correct the tenant’s column that the address is made of.',
    })
  })
}

function sameAsTarget(survey: Survey): readonly Finding[] {
  return survey.sources.flatMap(source => {
    const service = survey.services.find(candidate => candidate.facts.identity === source.facts.identity)
    if (service === undefined) return []
    return finding(SHARED, {
      where: { service: service.ref.name, ...(source.tenant === null ? {} : { tenant: source.tenant }) },
      message: `expected source ${source.name} and service ${service.ref.name} to be two databases, got one`,
      next: 'Check both addresses. Where they are meant to be one database, exclude the target’s own tables from the source.',
    })
  })
}
