import { quoteName, quoteTable } from '../base/quote-name.ts'
import { type Check, filePlace, finding } from './check.ts'
import { writtenTables } from './written-tables.ts'

const NO_COLUMN = { code: 'MAPPING_NO_TENANT', severity: 'error' } as const

export const mappingNoTenantColumn: Check = {
  name: 'mapping-no-tenant-column',
  finds: 'An entity whose rows belong to tenants writes to a table without the service’s `tenant_column`.',
  gives: [NO_COLUMN],
  run: survey =>
    writtenTables(survey).flatMap(({ service, entity, shape, name, relation }) => {
      const tenant = service.ref.tenantColumn
      if (tenant === null || entity.isShared || relation === null || relation.columns.some(column => column.name === tenant)) return []
      return finding(NO_COLUMN, {
        where: { ...filePlace(shape.at), service: service.ref.name, entity: entity.name, table: name },
        message: `expected column ${tenant} in ${name}, to which ${entity.name} brings rows of tenants, got none`,
        next: `Run: ALTER TABLE ${quoteTable(relation)} ADD COLUMN ${quoteName(tenant)} uuid NOT NULL; or write \`tenant: none\` for ${entity.name} if its rows are shared by all tenants.`,
      })
    }),
}
