import { canonicalKey } from '../base/key-text.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { KnownKey } from '../model/ledger-records.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { partsOf } from '../plan/row-program.ts'
import type { CircleMember } from './circle-member.ts'
import { rereadRows } from './reread-rows.ts'

export interface KeptFrom {
  readonly ledger: Pick<Ledger, 'known' | 'state'>
  readonly run: string
  readonly entity: number
  readonly tenant: number
  /** Of the task. In the first pass of a run its rows cannot have changed since it loaded them. */
  readonly pass: number
  /** A program for the member that remembers no keys. */
  aside(): CompiledEntity
}

/** Of some keys of loaded rows: those the target holds as they once were, not as the source has them now. A rerun keeps such rows, so their references now are none of its business. */
export async function keptKeys(member: CircleMember, keys: readonly string[], from: KeptFrom): Promise<ReadonlySet<string>> {
  const { ledger, run, entity, tenant, pass } = from
  // A dry run may come before the first real one.
  if (keys.length === 0 || (await ledger.state()) !== 'current') return new Set()
  const known = await ledger.known(entity, tenant, keys.map(partsOf))
  const older = new Map<string, Extract<KnownKey, { state: 'loaded' | 'merged' }>>()
  for (const [i, before] of known.entries())
    if ((before?.state === 'loaded' || before?.state === 'merged') && (before.run !== run || pass > 1))
      older.set(canonicalKey(partsOf(keys[i] as string)), before)
  if (older.size === 0) return new Set()
  const now = await rereadRows(member, { aside: from.aside(), wanted: new Set(older.keys()) })
  const isOther = ([key, before]: readonly [string, NonNullable<ReturnType<typeof older.get>>]): boolean => {
    const isMerged = before.state === 'merged'
    const row = now.get(key)
    return row?.isMerged !== isMerged || row.hash !== (isMerged ? before.id : before.hash)
  }
  return new Set([...older].filter(isOther).map(([key]) => key))
}
