import { didYouMean } from '../base/did-you-mean.ts'
import { RehouseError } from '../errors.ts'
import { type AuditCheck, type AuditFinding, type AuditRecord, compareHead } from '../ledger/audit-chain.ts'
import type { AuditExportResult, AuditFindingResult, AuditVerifyResult } from '../model/audit-results.ts'
import type { RunRecord } from '../model/ledger-records.ts'
import { headText, type KnownHead, parseHeads, readHeads } from './audit-heads.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import type { AuditVerifyOptions, Options } from './options.ts'

/** Recomputes the audit chain of every service, compares it with the heads given and with the runs of the ledger. Reads only. Throws USAGE for a head that is none. */
export async function verifyAudit(options: AuditVerifyOptions): Promise<AuditVerifyResult> {
  const known = (options.heads ?? []).flatMap(parseHeads)
  const migration = await openMigration(options)
  try {
    refuseUnknownServices(migration, known)
    const checked: Checked[] = []
    const reasons: AuditVerifyResult['reasons'][number][] = []
    for (const { name, ledger } of migration.services) {
      const reason = await whyNot(migration, name)
      if (reason === null) checked.push({ service: name, check: await ledger.checkAudit(), runs: await ledger.runs() })
      else reasons.push({ service: name, message: reason })
    }
    const findings = [...checked.flatMap(of => findingsOf(of, known)), ...strayHeads(checked, known)]
    return {
      outcome: reasons.length > 0 || checked.length === 0 ? 'could_not_verify' : findings.length > 0 ? 'broken' : 'intact',
      services: checked.map(({ service, check }) => ({ service, entries: check.entries, audit_head: headText(service, check.head) })),
      findings,
      reasons,
      audit_head: checked.map(({ service, check }) => headText(service, check.head)).join(','),
    }
  } finally {
    await migration.close()
  }
}

/** Every entry of every service. Reads only. */
export async function exportAudit(options: Options): Promise<AuditExportResult> {
  const migration = await openMigration(options)
  try {
    const rows: AuditExportResult['rows'][number][] = []
    for (const { name, ledger } of migration.services) {
      if ((await ledger.state()) === 'absent') continue
      for (const entry of await ledger.auditTrail()) rows.push({ service: name, ...entry, detail: detailOf(entry) })
    }
    return { entries: rows.length, rows, audit_head: await readHeads(migration) }
  } finally {
    await migration.close()
  }
}

interface Checked {
  readonly service: string
  readonly check: AuditCheck
  readonly runs: readonly RunRecord[]
}

/** Why a chain cannot be recomputed; null = it can. */
async function whyNot({ services, identity }: OpenMigration, name: string): Promise<string | null> {
  const ledger = services.find(service => service.name === name)?.ledger
  if (ledger === undefined || (await ledger.state()) === 'absent') return 'there is no ledger'
  try {
    await ledger.checkIdentity(identity)
    return null
  } catch (error) {
    if (error instanceof RehouseError && (error.code === 'SALT_CHANGED' || error.code === 'LEDGER_INVALID')) return error.message
    throw error
  }
}

function findingsOf(of: Checked, known: readonly KnownHead[]): readonly AuditFindingResult[] {
  const { service, check, runs } = of
  const given = known.filter(head => head.service === service).flatMap(head => compareHead(check, head) ?? [])
  return [
    ...[...check.findings, ...given].map(finding => ({ service, ...finding, ...entryOf(finding, check) })),
    ...runs.flatMap(run => runFinding(run, check.genuine)).map(finding => ({ service, ...finding })),
  ]
}

function entryOf({ kind, from, to }: AuditFinding, { genuine }: AuditCheck): Pick<AuditFindingResult, 'run'> {
  const entry = kind === 'moved' && from === to ? genuine.find(({ id }) => id === from) : undefined
  return { run: entry?.run ?? null }
}

/** A run without its entries was written into the ledger by somebody else, or the entries are gone. */
function runFinding(run: RunRecord, entries: readonly AuditRecord[]): readonly Omit<AuditFindingResult, 'service'>[] {
  const own = entries.filter(entry => entry.run === run.id)
  const at = { kind: 'run', from: '', to: '', run: run.id } as const
  if (!own.some(entry => entry.action === 'run:started'))
    return [{ ...at, message: `run ${run.id} is in the ledger, its beginning is not in the chain` }]
  if (run.status === 'running') return []
  const end = own.findLast(entry => entry.action === 'run:finished')
  if (end === undefined) return [{ ...at, message: `run ${run.id} has ended, its end is not in the chain` }]
  const { status } = detailOf(end)
  if (status === run.status) return []
  return [{ ...at, message: `run ${run.id} is ${run.status} in the ledger, ${String(status)} in the chain` }]
}

/** Hashes alone, that are the head of no service. */
function strayHeads(checked: readonly Checked[], known: readonly KnownHead[]): readonly AuditFindingResult[] {
  return known.flatMap(head => {
    if (head.service !== null || checked.length === 0) return []
    const compared = checked.map(({ service, check }) => ({ service, finding: compareHead(check, head) }))
    const [first] = compared
    if (first?.finding === null || first === undefined || compared.some(({ finding }) => finding === null)) return []
    const service = compared.length === 1 ? first.service : null
    return [{ service, ...first.finding, run: null }]
  })
}

function refuseUnknownServices({ services }: OpenMigration, known: readonly KnownHead[]): void {
  const names = services.map(({ name }) => name)
  const unknown = known.find(({ service }) => service !== null && !names.includes(service))?.service
  if (unknown === undefined || unknown === null) return
  throw new RehouseError('USAGE', `expected the head of a service of the manifest, got one of ${unknown}${didYouMean(unknown, names)}`, {
    next: `Services are: ${names.join(', ')}.`,
  })
}

/** Written by `appendAudit` from an object; anything else was put there by somebody else. */
export function detailOf({ detail }: Pick<AuditRecord, 'detail'>): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(detail)
  // An object's members may be anything.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : { value }
}
