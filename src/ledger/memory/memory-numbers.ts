import { RehouseError } from '../../errors.ts'
import type { NumberedEntity, NumberedTenant } from '../../model/ledger-records.ts'
import type { Tenant } from '../../model/mapping.ts'
import { MOST_ENTITIES, MOST_TENANTS } from '../numbers.ts'
import type { MemoryStore } from './memory-store.ts'

export function numberTenants(store: MemoryStore, tenants: readonly Tenant[]): readonly NumberedTenant[] {
  const known = new Map([...store.tenants.values()].map(tenant => [tenant.code, tenant.number]))
  let next = store.nextTenant
  const numbered = tenants.map(tenant => ({ ...tenant, number: known.get(tenant.code) ?? next++ }))
  if (next > MOST_TENANTS + 1) throw tooMany('TENANT_INVALID', `expected at most ${MOST_TENANTS} tenants, got ${next - 1}`)
  adoptTenants(store, numbered)
  return numbered
}

export function numberEntities(store: MemoryStore, entities: readonly Omit<NumberedEntity, 'number'>[]): readonly NumberedEntity[] {
  const known = new Map([...store.entities.values()].map(entity => [entity.name, entity.number]))
  let next = store.nextEntity
  const numbered = entities.map(entity => ({ ...entity, number: known.get(entity.name) ?? next++ }))
  if (next > MOST_ENTITIES + 1) throw tooMany('LEDGER_INVALID', `expected at most ${MOST_ENTITIES} entities, got ${next - 1}`)
  adoptEntities(store, numbered)
  return numbered
}

function tooMany(code: 'TENANT_INVALID' | 'LEDGER_INVALID', message: string): RehouseError {
  return new RehouseError(code, message, { next: 'Split the migration: identifiers have no room for more.' })
}

export function adoptTenants(store: MemoryStore, tenants: readonly NumberedTenant[]): void {
  for (const tenant of tenants) {
    for (const other of [...store.tenants.values(), ...tenants]) refuseOther(tenant, other)
  }
  for (const tenant of tenants) {
    store.tenants.set(tenant.number, tenant)
    store.nextTenant = Math.max(store.nextTenant, tenant.number + 1)
  }
}

/** A code is one tenant for ever: same number, same id; and no two codes share an id. */
function refuseOther(tenant: NumberedTenant, other: NumberedTenant): void {
  const isSameCode = tenant.code === other.code
  const isSameId = tenant.id.toLowerCase() === other.id.toLowerCase()
  if (isSameCode && !isSameId) throw tenantError(tenant.code, `expected the id ${other.id} the tenant has had, got ${tenant.id}`)
  if (isSameId && !isSameCode) throw tenantError(tenant.code, `expected an id of its own, got that of tenant ${other.code}`)
  if (isSameCode === (tenant.number === other.number)) return
  throw numberTaken(`tenant ${tenant.code}`, { wanted: tenant.number, other: other.code, number: other.number })
}

function tenantError(code: string, message: string): RehouseError {
  return new RehouseError('TENANT_INVALID', message, {
    where: { tenant: code },
    next: 'Correct the list of tenants: a tenant keeps its id for ever.',
  })
}

function numberTaken(what: string, taken: { readonly wanted: number; readonly other: string; readonly number: number }): RehouseError {
  return new RehouseError(
    'LEDGER_INVALID',
    `expected number ${taken.wanted} for ${what}, got a ledger in which ${taken.other} has number ${taken.number}`,
    { next: 'The services were migrated with different control ledgers: see docs/ledger.md.' },
  )
}

export function adoptEntities(store: MemoryStore, entities: readonly NumberedEntity[]): void {
  for (const entity of entities) {
    for (const other of store.entities.values()) {
      if ((entity.name === other.name) !== (entity.number === other.number)) {
        throw numberTaken(`entity ${entity.name}`, { wanted: entity.number, other: other.name, number: other.number })
      }
    }
  }
  for (const entity of entities) {
    store.entities.set(entity.number, entity)
    store.nextEntity = Math.max(store.nextEntity, entity.number + 1)
  }
}
