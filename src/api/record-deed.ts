import { join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import { auditFile } from './audit-file.ts'
import type { OpenMigration } from './open-migration.ts'
import { operatorName } from './operator-name.ts'
import type { Options } from './options.ts'

/** Something asked of what is stored. */
export interface Deed {
  readonly action: string
  readonly run?: string
  /** What was asked; keys may be in it, values of columns never. */
  readonly detail: Readonly<Record<string, unknown>>
}

/**
 * Adds an entry to the audit of the control ledger; where there is none yet there is nothing to remember. Where the database does not take it (a login that only reads) it goes to `.rehouse/audit/deeds.jsonl`,
 * and a finding says so. Rejects when even that cannot be written: what is not remembered is not done.
 */
export async function recordDeed(migration: OpenMigration, deed: Deed, options: Pick<Options, 'operator' | 'on'>): Promise<void> {
  const entry = { who: options.operator ?? operatorName(), action: deed.action, run: deed.run ?? null, detail: deed.detail }
  const ledger = migration.services[0]?.ledger
  if (ledger === undefined || (await ledger.state()) !== 'current') return
  try {
    // Entries of another salt would break the chain for its owner.
    await ledger.checkIdentity(migration.identity)
    await ledger.audit(entry)
  } catch (error) {
    if (!(error instanceof RehouseError)) throw error
    const file = join(migration.folder, '.rehouse', 'audit', 'deeds.jsonl')
    await auditFile(file)({ time: new Date().toISOString(), ...entry })
    options.on?.({ type: 'finding:found', finding: notKept(error, file) })
  }
}

function notKept(error: RehouseError, file: string): Finding {
  return {
    code: 'AUDIT_NOT_KEPT',
    severity: 'warning',
    where: { file },
    message: `expected the ledger to take an entry of its audit, got: ${error.message}`,
    next: 'The entry is in the file. Give this role INSERT on rehouse.audit and UPDATE on rehouse.audit_head to have it in the chain.',
  }
}
