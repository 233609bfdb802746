import type { Catalogue, TargetRelation } from '../model/catalogue.ts'
import type { Entity, Mapping, ServiceRef } from '../model/mapping.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { EntityOrder } from '../plan/order.ts'
import type { TenantPlan } from '../plan/tenant-plan.ts'
import type { Source, SourceFacts } from '../source/source.ts'
import type { TargetFacts } from '../target/target.ts'

/** Everything that was looked at before a row moves; what the checks decide from. */
export interface Survey {
  readonly mapping: Mapping
  readonly services: readonly SurveyedService[]
  readonly sources: readonly SurveyedSource[]
  /** The database rows of files are staged in; null = the built-in one, or nothing can be staged. */
  readonly staging: string | null
  /** The shared rows' first. */
  readonly plans: readonly TenantPlan[]
  readonly compiled: readonly SurveyedEntity[]
  readonly order: readonly EntityOrder[]
}

export interface SurveyedService {
  readonly ref: ServiceRef
  readonly label: string
  readonly facts: TargetFacts
  /** By `schema.table`: those the mapping writes to that exist. */
  readonly relations: ReadonlyMap<string, TargetRelation>
  readonly ledger: 'absent' | 'outdated' | 'current'
}

export interface SurveyedSource {
  readonly name: string
  /** Null: read once and shared. */
  readonly tenant: string | null
  readonly label: string
  readonly capability: Source['capability']
  readonly facts: SourceFacts
  readonly catalogue: Catalogue
}

export interface SurveyedEntity {
  /** Null: rows shared by all tenants. */
  readonly tenant: string | null
  readonly entity: Entity
  readonly compiled: CompiledEntity
}
