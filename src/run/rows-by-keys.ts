import type { Ledger } from '../ledger/ledger.ts'
import { partsOf } from '../plan/row-program.ts'
import type { KnownMerged } from './classify-merged.ts'
import type { ChangedRow } from './row-changes.ts'

/** Of some keys: rows with rows of their own in the target, and rows that are other rows. */
export interface RowsByKeys {
  readonly own: readonly ChangedRow[]
  readonly merged: readonly { readonly key: readonly string[]; readonly before: KnownMerged }[]
}

/** What the ledger has of canonical keys, to be taken away; those it has not are left out. */
export async function rowsByKeys(
  ledger: Pick<Ledger, 'known'>,
  { entity, tenant }: { readonly entity: number; readonly tenant: number },
  keys: readonly string[],
): Promise<RowsByKeys> {
  const parts = keys.map(partsOf)
  const known = await ledger.known(entity, tenant, parts)
  const own: ChangedRow[] = []
  const merged: RowsByKeys['merged'][number][] = []
  for (const [i, key] of parts.entries()) {
    const before = known[i]
    if (before?.state === 'loaded') own.push({ key, id: before.id, hash: before.hash, batch: before.batch, now: [] })
    if (before?.state === 'merged') merged.push({ key, before })
  }
  return { own, merged }
}
