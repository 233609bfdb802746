import { RehouseError } from '../errors.ts'
import type { LedgerIdentity } from './ledger.ts'

/** Throws SALT_CHANGED or LEDGER_INVALID (another migration) unless both are the same. */
export function compareIdentity(existing: LedgerIdentity, wanted: LedgerIdentity): void {
  if (existing.migration !== wanted.migration) {
    throw new RehouseError('LEDGER_INVALID', `expected the ledger of migration ${wanted.migration}, got that of ${existing.migration}`, {
      next: 'Use the manifest this target was migrated with, or another target database.',
    })
  }
  if (existing.saltFingerprint === wanted.saltFingerprint) return
  throw new RehouseError(
    'SALT_CHANGED',
    `expected the salt with fingerprint ${existing.saltFingerprint}, got one with ${wanted.saltFingerprint}`,
    {
      next: 'Give the salt the first run was made with: identifiers made with another would not match.',
    },
  )
}
