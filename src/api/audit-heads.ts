import { join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { AuditHead } from '../ledger/audit-chain.ts'
import type { Migration } from '../run/migration.ts'
import { auditFile } from './audit-file.ts'
import type { OpenMigration } from './open-migration.ts'

/** Heads of audit chains as they are printed and given back: `service:entries:hash`, several joined by commas. */

/** A head somebody kept. `service` and `id` null: only the hash is known. */
export interface KnownHead {
  readonly service: string | null
  readonly id: string | null
  readonly hash: string
}

const WHOLE = /^(.+):(\d+):([0-9a-f]{64}|)$/
const HASH = /^[0-9a-f]{64}$/

export function headText(service: string, { id, hash }: AuditHead): string {
  return `${service}:${id}:${hash}`
}

/** Of every service that has a ledger, in the manifest’s order; '' = none has. Reads only. */
export async function readHeads({ services }: Pick<Migration, 'services'>): Promise<string> {
  const heads: string[] = []
  for (const { name, ledger } of services) if ((await ledger.state()) !== 'absent') heads.push(headText(name, await ledger.auditHead()))
  return heads.join(',')
}

/** The heads as they are now, for the result; a line of `.rehouse/logs/audit-heads.jsonl` keeps them outside the database. */
export async function keepHeads(
  migration: OpenMigration,
  { run, action }: { readonly run: string; readonly action: string },
): Promise<string> {
  const heads = await readHeads(migration)
  const file = join(migration.folder, '.rehouse', 'logs', 'audit-heads.jsonl')
  try {
    if (heads !== '') await auditFile(file)({ time: new Date().toISOString(), run, action, audit_head: heads })
  } catch (error) {
    // A log that cannot be written must not end what is done; the heads are in the result too.
    if (!(error instanceof RehouseError)) throw error
  }
  return heads
}

/** Throws USAGE. */
export function parseHeads(text: string): readonly KnownHead[] {
  return text.split(',').map(part => {
    const [, service = null, id = null, hash = ''] = WHOLE.exec(part.trim()) ?? []
    if (service !== null) return { service, id, hash }
    if (HASH.test(part.trim())) return { service: null, id: null, hash: part.trim() }
    throw new RehouseError('USAGE', `expected a head as service:entries:hash or a hash of 64 hex digits, got ${part.slice(0, 100)}`, {
      next: 'Copy it from a report, or from the `audit_head` that migrate and verify print.',
    })
  })
}
