import type { AuditRecord } from '../ledger/audit-chain.ts'
import type { VerifyLevel, VerifyOutcome } from '../model/results.ts'
import type { ReportVerification, RunReport } from '../model/run-report.ts'
import { detailOf } from './audit.ts'
import { headText } from './audit-heads.ts'
import type { OpenMigration } from './open-migration.ts'

/** The newest verification of the run that the audit knows; one of all of it comes before one of a part. */
export async function readVerification({ services }: OpenMigration, run: string): Promise<ReportVerification | null> {
  const control = services[0]?.ledger
  if (control === undefined) return null
  const all = (await control.auditTrail()).filter(({ action, run: of }) => action === 'verify' && of === run).map(verificationOf)
  return all.findLast(({ whole }) => whole) ?? all.at(-1) ?? null
}

function verificationOf(entry: AuditRecord): ReportVerification {
  const detail = detailOf(entry)
  const count = (name: string): number => Number(detail[name] ?? 0)
  const text = (name: string): string => String(detail[name] ?? '')
  return {
    id: text('id'),
    at: entry.at,
    by: entry.who,
    // Written by auditVerification from the same types.
    level: text('level') as VerifyLevel,
    whole: isWhole(detail),
    outcome: text('outcome') as VerifyOutcome,
    parity: text('parity') as ReportVerification['parity'],
    compared: count('compared'),
    differences: count('differences'),
    witness: witnessOf(detail.witness),
  }
}

function isWhole({ tenants = null, entities = null, sample = null }: Readonly<Record<string, unknown>>): boolean {
  return tenants === null && entities === null && sample === null
}

function witnessOf(value: unknown): ReportVerification['witness'] {
  if (typeof value !== 'object' || value === null) return null
  const counts = new Map<string, unknown>(Object.entries(value))
  const count = (name: string): number => Number(counts.get(name) ?? 0)
  return { equal: count('equal'), different: count('different'), none: count('none') }
}

/** Recomputed, so that what the report says of the chain is so. */
export async function readAuditState({ services }: OpenMigration): Promise<RunReport['audit']> {
  const heads: string[] = []
  let findings = 0
  for (const { name, ledger } of services) {
    if ((await ledger.state()) === 'absent') continue
    const check = await ledger.checkAudit()
    findings += check.findings.length
    heads.push(headText(name, check.head))
  }
  return { whole: findings === 0, findings, head: heads.join(',') }
}
