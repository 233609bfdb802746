import { z } from 'zod'

/** What `audit verify` and `audit export` print with `--json`. */

const text = z.string()
const maybeText = text.nullable()
const count = z.int().min(0)

export const auditHead = text.describe('The last entry of each service’s audit chain: service:entries:hash, joined by commas.')

export const auditVerifySchema = z.object({
  outcome: z.enum(['intact', 'broken', 'could_not_verify']),
  services: z.array(z.object({ service: text, entries: count, audit_head: text })),
  findings: z.array(
    z.object({
      service: maybeText,
      kind: z.enum(['altered', 'removed', 'inserted', 'moved', 'tail_missing', 'head', 'run', 'ledger']),
      from: text.describe('Number of the first entry concerned.'),
      to: text,
      run: maybeText,
      message: text,
    }),
  ),
  reasons: z.array(z.object({ service: text, message: text })).describe('Why a chain could not be recomputed.'),
  audit_head: auditHead,
})

export const auditExportSchema = z.object({
  entries: count,
  rows: z.array(
    z.object({
      service: text,
      id: text,
      at: text,
      who: text,
      action: text,
      run: maybeText,
      detail: z.record(text, z.unknown()),
      previous: text.describe('Hash of the entry before, in hex.'),
      hash: text,
    }),
  ),
  audit_head: auditHead,
})

/** By the command’s name. */
export const AUDIT_OUTPUTS = { 'audit verify': auditVerifySchema, 'audit export': auditExportSchema } as const
