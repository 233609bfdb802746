import type { BatchBuffers } from './batch-buffers.ts'
import { EXCLUDED, MERGED } from './outcome-registry.ts'
import type { ProgramParts } from './program-parts.ts'

type Parts = Pick<ProgramParts, 'state' | 'owned' | 'key'>

/** The rows that belong to the row at hand, which is loaded, each relation in a line of its own. */
export function countOwned(batch: BatchBuffers, { state, owned }: Parts): void {
  if (owned.length === 0) return
  for (const [i, one] of owned.entries()) batch.owned(i).add(one.count(state), one.excluded, one.quarantined)
}

/** The same of a row that is set aside. Those of a copy are the first's; a row without a key has none. */
export function countOwnedAside(batch: BatchBuffers, parts: readonly string[], { state, owned, key }: Parts): void {
  if (owned.length === 0 || !key.isKnown || key.isCopy) return
  const fate = state.fate === MERGED ? 'merged' : state.fate === EXCLUDED ? 'excluded' : 'quarantined'
  for (const [i, one] of owned.entries()) {
    const rows = one.count(state)
    if (rows > 0) batch.owned(i).addAside({ key: parts, fate, rows })
  }
}
