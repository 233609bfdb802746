import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import type { RowsFrom } from './read-rows.ts'

/** One entity of a circle, all its rows read. */
export interface CircleMember {
  readonly name: string
  readonly facts: EntityFacts
  readonly compiled: CompiledEntity
  readonly snapshot: SourceSnapshot
  readonly snapshotOf: RowsFrom['snapshotOf']
}
