import { quoteName } from '../base/quote-name.ts'
import type { ForeignKey } from '../model/catalogue.ts'
import { type Check, finding } from './check.ts'
import { writtenRelations } from './written-tables.ts'

const NULLS_TENANT = { code: 'TARGET_TENANT_KEYS', severity: 'warning' } as const

export const targetSetNull: Check = {
  name: 'target-set-null',
  finds:
    'A foreign key with ON DELETE SET NULL contains the tenant and has no column list: deleting the parent would set the tenant to NULL too.',
  gives: [NULLS_TENANT],
  run: survey =>
    writtenRelations(survey).flatMap(({ service, name, relation }) => {
      const tenant = service.ref.tenantColumn
      if (tenant === null) return []
      return relation.foreignKeys
        .filter(key => nullsTenant(key, tenant))
        .map(key => {
          const rest = key.columns.filter(column => column !== tenant).map(quoteName)
          return finding(NULLS_TENANT, {
            where: { service: service.ref.name, table: name, column: tenant },
            message: `expected foreign key ${key.name} to leave ${tenant} alone when its parent is deleted, got ON DELETE SET NULL on all its columns`,
            next: `Make the key again with a column list (PostgreSQL 15 and newer): ON DELETE SET NULL (${rest.join(', ')}).`,
          })
        })
    }),
}

function nullsTenant(key: ForeignKey, tenant: string): boolean {
  return key.onDelete === 'set null' && key.columns.length > 1 && (key.setNullColumns ?? key.columns).includes(tenant)
}
