import type { Catalogue, Relation } from '../model/catalogue.ts'
import type { Entity, Tenant } from '../model/mapping.ts'
import { findRelation, type TableElsewhere } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import type { Migration } from './migration.ts'

interface Looked {
  readonly name: string
  readonly tenant: string | null
  readonly catalogue: Catalogue
}

/**
 * What the tables that a tenant may lack (`optional: true`) are where they exist. Other tenants' sources are opened only while one of those looked at lacks a table and none has it.
 */
export async function findElsewhere(migration: Migration, looked: readonly Looked[]): Promise<ReadonlyMap<string, TableElsewhere>> {
  const found = new Map<string, TableElsewhere>()
  for (const entity of migration.mapping.entities.filter(({ isOptional, tables }) => isOptional || tables !== null)) {
    const own = looked.filter(source => source.name === entity.from.source)
    const here = first(
      own.map(source => source.catalogue),
      entity,
    )
    const elsewhere = here ?? (own.length === 0 ? null : await lookOn(migration, entity, own))
    if (elsewhere !== null) found.set(entity.name, elsewhere)
  }
  return found
}

function first(catalogues: readonly Catalogue[], entity: Entity): TableElsewhere | null {
  for (const catalogue of catalogues) {
    const relation = findRelation(catalogue, entity.from)
    if (relation !== undefined && relation.many?.tables.length !== 0)
      return { relation: { ...relation, estimatedRows: 0 }, version: catalogue.version }
  }
  return null
}

async function lookOn(migration: Migration, entity: Entity, looked: readonly Looked[]): Promise<TableElsewhere | null> {
  const { source } = entity.from
  if (!migration.isPerTenant(source)) return null
  const seen = new Set(looked.map(({ tenant }) => tenant))
  for (const tenant of await migration.tenants()) {
    if (seen.has(tenant.code)) continue
    const found = first([await describe(migration, source, tenant)], entity)
    if (found !== null) return found
  }
  return null
}

async function describe(migration: Migration, source: string, tenant: Tenant): Promise<Catalogue> {
  const opened = await migration.openSource(source, tenant)
  try {
    return await opened.describe()
  } finally {
    await opened.close()
  }
}

/** The snapshot of a source that lacks some relations: there are no rows of them. */
export function withoutRelations(snapshot: SourceSnapshot, absent: ReadonlySet<Relation>): SourceSnapshot {
  if (absent.size === 0) return snapshot
  const { confirm, countElements } = snapshot
  return {
    id: snapshot.id,
    marker: snapshot.marker,
    origin: snapshot.origin,
    count: relation => (absent.has(relation) ? Promise.resolve(0n) : snapshot.count(relation)),
    ...(countElements === undefined
      ? {}
      : { countElements: (relation, list) => (absent.has(relation) ? Promise.resolve(0n) : countElements.call(snapshot, relation, list)) }),
    ...(confirm === undefined ? {} : { confirm: signal => confirm.call(snapshot, signal) }),
    read: request => (absent.has(request.relation) ? nothing() : snapshot.read(request)),
    close: () => snapshot.close(),
  }
}

async function* nothing(): AsyncGenerator<Buffer> {
  // No rows.
}
