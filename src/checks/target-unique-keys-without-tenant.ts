import { quoteName } from '../base/quote-name.ts'
import type { UniqueKey } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import { type Check, finding } from './check.ts'
import { strategiesOf } from './id-strategies.ts'
import type { Survey } from './survey.ts'
import { type WrittenRelation, type WrittenTable, writtenRelations } from './written-tables.ts'

const COLLIDES = { code: 'TARGET_TENANT_KEYS', severity: 'warning' } as const
const KEPT = { code: 'MAPPING_ID_TAKEN', severity: 'info' } as const

/** A column filled with an identifier that contains the tenant makes a key safe; one that keeps the source's UUID only if the sources differ. */
export const targetUniqueKeysWithoutTenant: Check = {
  name: 'target-unique-keys-without-tenant',
  finds:
    'A unique key of a table with tenants does not contain the tenant, nor an identifier made by Rehouse: two tenants’ rows could collide.',
  gives: [COLLIDES, KEPT],
  run: survey => (survey.mapping.tenants.kind === 'single' ? [] : writtenRelations(survey).flatMap(written => keysOf(written, survey))),
}

/** Strategies by which tenants may have the same identifier. */
const GIVEN: ReadonlySet<string> = new Set(['keep', 'lookup'])

function keysOf(written: WrittenRelation, survey: Survey): readonly Finding[] {
  const { service, name, relation } = written
  const tenant = service.ref.tenantColumn
  const writers = written.writers.filter(writer => !writer.entity.isShared)
  if (tenant === null || writers.length === 0 || !relation.columns.some(column => column.name === tenant)) return []
  const strategies = strategiesOf(survey)
  return relation.uniqueKeys
    .filter(key => !key.columns.includes(tenant))
    .flatMap(key => {
      const kinds = writers.map(writer => howUnique(key, writer, strategies))
      if (kinds.every(kind => kind === 'by tenant')) return []
      const where = { service: service.ref.name, table: name }
      return kinds.includes('not') ? collides(key, { where, tenant }) : kept(key, where)
    })
}

type Uniqueness = 'by tenant' | 'kept' | 'not'

/** Whether a column of the key is filled with something that is different for every tenant. */
function howUnique(key: UniqueKey, writer: WrittenTable, strategies: ReturnType<typeof strategiesOf>): Uniqueness {
  const kinds = key.columns.map((column): Uniqueness => {
    const entities = identifiedBy(column, writer)
    if (entities.length === 0 || entities.some(entity => strategies.get(entity)?.isShared !== false)) return 'not'
    // The id of a part is made of the tenant, whatever the head's is.
    if (column === writer.plan?.idColumn && !writer.isHead) return 'by tenant'
    return entities.some(entity => GIVEN.has(strategies.get(entity)?.strategy ?? '')) ? 'kept' : 'by tenant'
  })
  if (kinds.includes('by tenant')) return 'by tenant'
  return kinds.includes('kept') ? 'kept' : 'not'
}

/** The entities whose identifier the column holds. */
function identifiedBy(column: string, { plan, shape, entity }: WrittenTable): readonly string[] {
  if (plan?.idColumn === column) return [entity.name]
  const value = shape.columns.find(candidate => candidate.name === column)?.value
  return value?.kind === 'ref' ? value.entities : []
}

interface Place {
  readonly service: string
  readonly table: string
}

function collides(key: UniqueKey, { where, tenant }: { where: Place; tenant: string }): Finding {
  const columns = key.columns.length === 0 ? 'an expression' : `(${key.columns.join(', ')})`
  return finding(COLLIDES, {
    where,
    message: `expected ${tenant} in unique key ${key.name}, got ${columns}: rows of two tenants with the same values collide, and the second goes into quarantine`,
    next: `Make it unique within the tenant: UNIQUE (${[tenant, ...key.columns].map(quoteName).join(', ')}). If the values are unique over all tenants, leave it.`,
  })
}

function kept(key: UniqueKey, where: Place): Finding {
  return finding(KEPT, {
    where,
    message: `expected identifiers that contain the tenant in unique key ${key.name}, got ones kept from the sources: a tenant’s database that is a copy of another’s has the same ones`,
    next: 'Nothing, if the tenants’ databases were never copied from one another; a second row with the same identifier goes into quarantine (id_taken).',
  })
}
