import { RehouseError } from '../errors.ts'
import type { Holder } from './ledger.ts'

/** `holder` null: whoever held it let go while we asked, or is not one of ours. */
export function heldError(holder: (Holder & { readonly since: string }) | null): RehouseError {
  const who =
    holder === null
      ? 'another session'
      : `run ${holder.run} of ${holder.operator} on ${holder.host} (process ${holder.pid}) since ${holder.since}`
  return new RehouseError('TARGET_HELD', `expected the target to be free, got it held by ${who}`, {
    next: 'Wait until that run ends, or give --wait.',
  })
}
