import { type AuditCheck, type AuditHead, type AuditRecord, chainHash, checkChain } from '../audit-chain.ts'
import type { AuditEntry } from '../ledger.ts'

/** Nobody else can reach what is in memory. */
const KEY = Buffer.alloc(32)

export function addAudit(chain: AuditRecord[], entry: AuditEntry): void {
  const { id: last, hash: previous } = headOf(chain)
  const chained = { ...entry, id: String(Number(last) + 1), at: new Date().toISOString(), detail: JSON.stringify(entry.detail) }
  chain.push({ ...chained, previous, hash: chainHash(KEY, previous, chained) })
}

export function headOf(chain: readonly AuditRecord[]): AuditHead {
  const { id = '0', hash = '' } = chain.at(-1) ?? {}
  return { id, hash }
}

export function checkOf(chain: readonly AuditRecord[]): AuditCheck {
  return checkChain(KEY, chain, headOf(chain))
}
