import type { KeyIndex } from '../base/key-index.ts'
import type { EventListener } from '../events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { NumberedEntity, NumberedTenant, TaskRecord } from '../model/ledger-records.ts'
import type { BatchOptions, ConflictRule } from '../model/mapping.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { ExampleWatch } from '../plan/example-watch.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import type { Target, Writer } from '../target/target.ts'
import type { RowsFrom } from './read-rows.ts'
import type { SampledRows } from './sampled-rows.ts'
import type { Hooks } from './seams.ts'
import type { TenantTally } from './stop-rules.ts'

/** One service as a run sees it. */
export interface Service {
  readonly name: string
  readonly target: Target
  readonly ledger: Ledger
}

/** `repair`: the source wins always, also where only the target changed. */
export type TopUpConflict = ConflictRule | 'repair'

/** How one entity is topped up. */
export interface TopUpRule {
  readonly onConflict: TopUpConflict
  /** Told the keys of rows that only the target changed. */
  touched(keys: readonly (readonly string[])[]): void
}

/** Everything loading one entity of one tenant works with. */
export interface LoadContext {
  readonly run: string
  readonly facts: EntityFacts
  readonly compiled: CompiledEntity
  readonly entity: NumberedEntity
  /** Null: shared rows. */
  readonly tenant: NumberedTenant | null
  readonly service: Service
  readonly snapshot: SourceSnapshot
  readonly snapshotOf: RowsFrom['snapshotOf']
  readonly batch: BatchOptions
  /** Rows in quarantine are tried again. */
  readonly retries: boolean
  /** Rows that changed in the source since they were loaded are updated; null = they are kept. */
  readonly topUp: TopUpRule | null
  /** Rows a person typed in; null = none for this entity and tenant. */
  readonly examples: ExampleWatch | null
  /** The rows that are drawn; null = all. */
  readonly sample: SampledRows | null
  /** The entity's own keys; null = nobody refers to it. */
  readonly index: KeyIndex | null
  readonly tally: TenantTally
  readonly hooks: Hooks
  readonly emit: EventListener
  /** To be called when all rows are read, before the last batch is handed over: nothing is done before what the source says of itself is confirmed. */
  readonly confirm: () => Promise<void>
  /** Aborted: end after the batch at hand. */
  readonly signal: AbortSignal
  /** Monotonic milliseconds. */
  now(): number
}

/** A batch the reader has filled. */
export interface FilledBatch {
  readonly id: string
  readonly buffers: BatchBuffers
  readonly after: readonly string[] | null
  /** Null in a last batch that read nothing. */
  readonly upTo: readonly string[] | null
  readonly isLast: boolean
  /** The source's own count, on the last batch. */
  readonly sourceCount: string | null
  /** The same of each relation the entity accounts for besides; absent = not counted. */
  readonly ownedCounts?: readonly string[]
}

/** Takes filled batches, in order. Resolves when the batch is committed (dry run: counted). */
export interface BatchSink {
  /** Batches that may be under way at once, 1 or 2. They are committed in the order given. */
  readonly overlap: number
  nextBatch(): Promise<string>
  commit(batch: FilledBatch): Promise<void>
}

/** What a committing sink needs besides. */
export interface CommitContext extends LoadContext {
  readonly task: TaskRecord
  readonly writer: Writer
  /** A second session, for a second batch under way; null = one at a time (may-overlap.ts). */
  readonly anotherWriter: (() => Promise<Writer>) | null
  /** `schema.table.column` that are written as NULL first (live-references.ts). */
  readonly liveReferences: ReadonlySet<string>
}
