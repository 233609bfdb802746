import { type Check, filePlace, finding } from './check.ts'

const NONE = { code: 'TENANT_INVALID', severity: 'error' } as const

export const mappingNoTenants: Check = {
  name: 'mapping-no-tenants',
  finds: 'The list of tenants is empty, and entities need one.',
  gives: [NONE],
  run: survey => {
    const { tenants, entities, file } = survey.mapping
    const waiting = entities.filter(entity => !entity.isShared)
    if (tenants.kind === 'single' || waiting.length === 0 || survey.plans.some(plan => plan.tenant !== null)) return []
    const said = {
      list: 'Add the tenants under `tenants`, each with its code.',
      csv: `Add the tenants to ${tenants.kind === 'csv' ? tenants.file : ''}, one line each.`,
      relation: `Look at ${tenants.kind === 'relation' ? `${tenants.relation.source}/${tenants.relation.schema}.${tenants.relation.name}` : ''}: it has no row the login may see.`,
    }
    return [
      finding(NONE, {
        where: { file, ...filePlace(tenants.at) },
        message: `expected at least one tenant, whose rows ${waiting.length === 1 ? `entity ${waiting[0]?.name} reads` : `${waiting.length} entities read`}, got none`,
        next: said[tenants.kind],
      }),
    ]
  },
}
