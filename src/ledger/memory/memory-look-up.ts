import { compareCodePoints } from '../../base/code-point-order.ts'
import { keyParts } from '../../base/key-text.ts'
import type { LookupMatch, MergedKey } from '../ledger.ts'
import type { KeyRoom, MemoryStore } from './memory-store.ts'

/** In the order of `ids`. */
export function keysOf(store: MemoryStore, ids: readonly string[]): readonly LookupMatch[] {
  const wanted = new Map(ids.map((id, i) => [id.toLowerCase(), i]))
  const matches = store
    .rooms()
    .flatMap(({ entity, tenant, room }) =>
      [...room.mapped].flatMap(([key, { id, batch }]) =>
        wanted.has(id.toLowerCase()) ? [matchOf(store, { entity, tenant, key, id, batch })] : [],
      ),
    )
  const merged = store
    .rooms()
    .flatMap(({ entity, tenant, room }) =>
      [...room.merged].flatMap(([key, { id, batch }]) =>
        wanted.has(id.toLowerCase()) ? [{ ...matchOf(store, { entity, tenant, key, id, batch }), isMerged: true as const }] : [],
      ),
    )
  return [...matches, ...merged].toSorted((a, b) => (wanted.get(a.id.toLowerCase()) ?? 0) - (wanted.get(b.id.toLowerCase()) ?? 0))
}

/** By canonical key. */
export async function* mergedKeys({ merged }: KeyRoom): AsyncGenerator<readonly MergedKey[]> {
  yield [...merged].toSorted(([a], [b]) => compareCodePoints(a, b)).map(([key, { id }]) => ({ key: keyParts(key) ?? [key], id }))
}

interface MappedRow {
  readonly entity: number
  readonly tenant: number
  readonly key: string
  readonly id: string
  readonly batch: string
}

function matchOf(store: MemoryStore, row: MappedRow): LookupMatch {
  const { name = '', table = '' } = store.entities.get(row.entity) ?? {}
  const run = store.batches.get(row.batch)?.run ?? ''
  return {
    entity: name,
    tenant: store.tenantCode(row.tenant),
    key: keyParts(row.key) ?? [row.key],
    id: row.id,
    table,
    batch: row.batch,
    run,
  }
}
