import type { CompatTable, Inverse } from './compat-result.ts'
import type { Finding } from './finding.ts'

export interface PlanResult {
  readonly migration: string
  readonly mapping_hash: string
  readonly findings: readonly Finding[]
  readonly phases: readonly { readonly name: string; readonly entities: readonly PlanEntity[] }[]
  /** With `--compat`. */
  readonly compat?: readonly CompatTable[]
}

export interface PlanEntity {
  readonly entity: string
  readonly service: string
  readonly from: string
  readonly into: readonly string[]
  readonly key: readonly string[]
  readonly id: string
  readonly strategy: string
  readonly depends_on: readonly string[]
  /** References checked after the entity (to itself or in a cycle). */
  readonly settles: readonly string[]
  readonly tenants: number
  readonly estimated_rows: number | null
  /** Of `from.tables`: null = it is one table. */
  readonly tables: PlanTables | null
  /** How related rows are got at; tenants that differ in it have entries of their own. */
  readonly related: readonly PlanRelated[]
  readonly columns: readonly PlanColumn[]
}

export interface PlanTables {
  /** Where they are named: `source/schema.table.column`. */
  readonly named_in: string
  /** Of all tenants. */
  readonly count: number
  /** Different sets of columns beside those they have in common. */
  readonly shapes: number
}

export interface PlanRelated {
  /** `name`, or `outer.inner`. */
  readonly name: string
  readonly from: string
  /** `memory`: read whole before the first row; `merge`: read beside the rows, in the order of their key; `pushed`: brought along by the source. */
  readonly way: 'memory' | 'merge' | 'pushed'
  readonly reason: string
  /** The entity accounts for its rows. */
  readonly owned: boolean
  /** 0 = shared rows. */
  readonly tenants: number
  readonly estimated_rows: number | null
}

export interface PlanColumn {
  readonly table: string
  readonly column: string
  readonly target_type: string
  /** What fills it, in the manifest’s words. */
  readonly from: string
  /** `bytes` passed through, `cast`, `expression`, `constant`, `reference`, `identifier`, `tenant`. */
  readonly how: string
  readonly loss: string
  /** Inverse for the compatibility layer: updatable, read-only, no. */
  readonly inverse: Inverse
}
