import { type Check, filePlace, finding } from './check.ts'

const NO_COLUMN = { code: 'MAPPING_NO_TENANT', severity: 'warning' } as const

export const mappingServiceWithoutTenant: Check = {
  name: 'mapping-service-without-tenant',
  finds: 'Several tenants’ rows go into a service that has no `tenant_column`.',
  gives: [NO_COLUMN],
  run: survey => {
    const tenants = survey.plans.filter(plan => plan.tenant !== null).length
    if (tenants < 2) return []
    return survey.services
      .filter(
        ({ ref }) => ref.tenantColumn === null && survey.mapping.entities.some(entity => entity.service === ref.name && !entity.isShared),
      )
      .map(({ ref }) =>
        finding(NO_COLUMN, {
          where: { ...filePlace(ref.at), service: ref.name },
          message: `expected a tenant_column in service ${ref.name}, to which ${tenants} tenants bring rows, got none: nothing would tell their rows apart`,
          next: `Write under services.${ref.name}: \`tenant_column: tenant_id\`, the column of every table that holds the tenant’s uuid.`,
        }),
      )
  },
}
