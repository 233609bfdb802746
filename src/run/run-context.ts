import type { KeyIndex } from '../base/key-index.ts'
import type { EventListener } from '../events.ts'
import type { TargetRelation } from '../model/catalogue.ts'
import type { NumberedEntity, NumberedTenant } from '../model/ledger-records.ts'
import type { Entity, Mapping } from '../model/mapping.ts'
import type { CompileSetting } from '../plan/tenant-plan.ts'
import type { Source } from '../source/source.ts'
import type { GoneRows } from './find-gone.ts'
import type { Service } from './load-context.ts'
import type { SampleRule } from './sample-rule.ts'
import type { Hooks } from './seams.ts'
import type { TouchedRows } from './touched-rows.ts'

/** What a top-up run finds beside what it counts. */
export interface TopUpRun {
  readonly deletesGone: boolean
  readonly touched: TouchedRows
  /** Loaded rows nothing in the source stands for any more, as lanes find them; by `entity/tenant` numbers. */
  readonly gone: Map<string, GoneRows>
}

/** What all lanes of a run share. */
export interface RunContext {
  readonly id: string
  readonly mapping: Mapping
  readonly setting: CompileSetting
  readonly signal: AbortSignal
  readonly emit: EventListener
  readonly hooks: Hooks
  /** Rows in quarantine are tried again. */
  readonly retries: boolean
  /** Null: loaded rows are kept as they are. */
  readonly topUp: TopUpRun | null
  /** Null: all rows are read. */
  readonly sample: SampleRule | null
  /** `--batch-rows`; null = as the manifest says. */
  readonly batchRows: number | null
  now(): number
  service(name: string): Service
  entity(name: string): NumberedEntity
  isSelected(entity: Entity, phase: string): boolean
  /** Some entity refers to it, so its keys must be remembered. */
  isReferenced(entity: string): boolean
  openSource(name: string, tenant: NumberedTenant | null): Promise<Source>
  /** Everything wanted of the tenant’s own sources was read. */
  doneWith(tenant: NumberedTenant | null): Promise<void>
  /** Of a source of the manifest: there is one for each tenant. */
  isPerTenant(source: string): boolean
  /** By source, tenant and marker: what snapshots say of themselves, confirmed or being confirmed. One content need be confirmed once. */
  readonly confirmed: Map<string, Promise<void>>
  /** The service’s id map was empty when the run began, and its key is set aside: nothing need be asked of it. */
  isFirstLoad(service: string): boolean
  /** A service’s tables as they are during the load, by `schema.table`. */
  relations(service: string): ReadonlyMap<string, TargetRelation>
  /** Of a service: `schema.table.column` that are written as NULL first (live-references.ts). */
  liveReferences(service: string): ReadonlySet<string>
  /** Of shared rows; null = not filled yet. */
  sharedIndex(entity: string): KeyIndex | null
  needSharedIndex(entity: string): Promise<void>
}
