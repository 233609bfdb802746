import { tableLabel } from '../base/table-label.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { ExampleWatch, type WatchOptions } from '../plan/example-watch.ts'
import type { CompileSetting, EntityFacts } from '../plan/tenant-plan.ts'

interface Watched {
  readonly facts: EntityFacts
  readonly compiled: CompiledEntity
  /** The tenant's code; null = shared rows. */
  readonly tenant: string | null
}

/** What the entity's examples say of this tenant's rows; null = nothing. */
export function examplesOf(watched: Watched, { setting }: { readonly setting: CompileSetting }): ExampleWatch | null {
  return watched.facts.entity.examples.length === 0 ? null : ExampleWatch.of(watchOptions(watched, setting))
}

export function watchOptions({ facts, compiled, tenant }: Watched, { targets }: CompileSetting): WatchOptions {
  const { entity } = facts
  const [head] = entity.into
  const target = head && targets.get(entity.service)?.relations.get(tableLabel(head.schema, head.table))
  return { entity, tenant, compiled, target }
}
