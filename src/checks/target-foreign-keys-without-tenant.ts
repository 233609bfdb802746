import { quoteName, quoteTable } from '../base/quote-name.ts'
import type { ForeignKey } from '../model/catalogue.ts'
import { type Check, finding } from './check.ts'
import type { SurveyedService } from './survey.ts'
import { writtenRelations } from './written-tables.ts'

const NO_TENANT = { code: 'TARGET_TENANT_KEYS', severity: 'warning' } as const

/** References to tables without tenant (the tenants themselves, shared lists) need none. */
export const targetForeignKeysWithoutTenant: Check = {
  name: 'target-foreign-keys-without-tenant',
  finds: 'A foreign key from one table with tenants to another does not contain the tenant: a row could refer to another tenant’s.',
  gives: [NO_TENANT],
  run: survey =>
    writtenRelations(survey).flatMap(({ service, name, relation }) => {
      const tenant = service.ref.tenantColumn
      if (tenant === null || !relation.columns.some(column => column.name === tenant)) return []
      return relation.foreignKeys
        .filter(key => !key.columns.includes(tenant) && hasTenant(key, { service, tenant }))
        .map(key =>
          finding(NO_TENANT, {
            where: { service: service.ref.name, table: name },
            message: `expected ${tenant} in foreign key ${key.name}, got (${key.columns.join(', ')}): the target itself would let a row refer to another tenant’s`,
            next: withTenant(key, tenant),
          }),
        )
    }),
}

function hasTenant(key: ForeignKey, { service, tenant }: { service: SurveyedService; tenant: string }): boolean {
  const parent = service.relations.get(`${key.referencedSchema}.${key.referencedTable}`)
  return parent?.columns.some(column => column.name === tenant) ?? false
}

function withTenant(key: ForeignKey, tenant: string): string {
  const list = (columns: readonly string[]): string => [tenant, ...columns].map(quoteName).join(', ')
  const parent = quoteTable({ schema: key.referencedSchema, name: key.referencedTable })
  return `Give ${parent} a UNIQUE (${list(key.referencedColumns)}) and make the key again as FOREIGN KEY (${list(key.columns)}) REFERENCES ${parent} (${list(key.referencedColumns)}).`
}
