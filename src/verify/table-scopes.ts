import { tableLabel } from '../base/table-label.ts'
import type { TargetRelation } from '../model/catalogue.ts'
import type { NumberedTenant } from '../model/ledger-records.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { TablePlan } from '../plan/compile-table.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { RowsOf } from '../target/target.ts'
import type { SortKey } from './sort-key.ts'

/** One entity of one tenant, as far as the verification goes. */
export interface VerifiedEntity {
  readonly facts: EntityFacts
  readonly compiled: CompiledEntity
  /** Number in the ledger. */
  readonly number: number
  readonly tenant: NumberedTenant | null
  /** The source delivers its rows in the order of their keys. */
  readonly inKeyOrder: boolean
}

/** A shape of an entity that fills a table. */
export interface TableWriter {
  readonly of: VerifiedEntity
  /** Its place among the entity's shapes. */
  readonly shape: number
  readonly plan: TablePlan
}

/** Rows of a target table that are compared as one: a tenant's, or all of a table that does not say whose its rows are. */
export interface TableScope {
  readonly service: string
  readonly label: string
  readonly relation: TargetRelation
  readonly rows: RowsOf
  /** Columns read, in order. */
  readonly columns: readonly string[]
  /** Null: no uuid column orders its rows; whole rows are sorted. */
  readonly keyColumn: string | null
  readonly key: SortKey
  readonly writers: readonly TableWriter[]
  /** Expected rows come in the order of the key: nothing need be sorted. */
  readonly isDirect: boolean
  /** Every row of it must be expected by somebody. Not so where only some of those who fill the table are looked at. */
  readonly judgesExtras: boolean
}

export interface ScopeWish {
  readonly entities: readonly VerifiedEntity[]
  /** Whether all tenants are among them. */
  readonly isAllTenants: boolean
  relation(service: string, table: string): TargetRelation | undefined
  tenantColumn(service: string): string | null
}

/** Every table the entities fill. An entity whose table is not there has no scope. */
export function planScopes(wish: ScopeWish): readonly TableScope[] {
  const groups = new Map<string, { readonly tenant: NumberedTenant | null; readonly writers: TableWriter[] }>()
  for (const of of wish.entities) {
    const { service } = of.facts.entity
    for (const [shape, plan] of of.compiled.tables.entries()) {
      const relation = wish.relation(service, plan.name)
      if (relation === undefined) continue
      const isPerTenant = of.tenant !== null && relation.columns.some(column => column.name === wish.tenantColumn(service))
      const name = JSON.stringify([service, plan.name, isPerTenant ? of.tenant?.number : null])
      const group = groups.get(name) ?? { tenant: isPerTenant ? of.tenant : null, writers: [] }
      groups.set(name, group)
      group.writers.push({ of, shape, plan })
    }
  }
  return [...groups.values()].map(group => scopeOf(group, wish))
}

function scopeOf(group: { readonly tenant: NumberedTenant | null; readonly writers: readonly TableWriter[] }, wish: ScopeWish): TableScope {
  const { tenant, writers } = group
  const first = writers[0] as TableWriter
  const { service } = first.of.facts.entity
  const relation = wish.relation(service, first.plan.name) as TargetRelation
  const columns = [...new Set(writers.flatMap(writer => writer.plan.columns))]
  const keys = new Set(writers.map(({ plan }) => plan.headColumn ?? plan.idColumn))
  const only = keys.size === 1 ? ([...keys][0] ?? null) : null
  // Servers order other types by rules of their own.
  const keyColumn = relation.columns.some(column => column.name === only && column.type.name === 'uuid') ? only : null
  const isShared = first.of.tenant === null
  return {
    service,
    label: tableLabel(relation.schema, relation.name),
    relation,
    rows: {
      table: { schema: relation.schema, name: relation.name },
      tenant: tenant === null ? null : { column: wish.tenantColumn(service) ?? '', id: tenant.id },
    },
    columns,
    keyColumn,
    key: { field: keyColumn === null ? null : columns.indexOf(keyColumn), form: 'bytes' },
    writers,
    isDirect: writers.length === 1 && keyColumn !== null && first.of.inKeyOrder && first.of.facts.strategy === 'ordered',
    judgesExtras: tenant !== null || isShared || wish.isAllTenants,
  }
}
