import { isBalanced } from '../model/counts.ts'
import type { RunRecord } from '../model/ledger-records.ts'
import type { ReportCheck, ReportVerification, RunReport } from '../model/run-report.ts'
import type { OpenMigration } from './open-migration.ts'
import type { ReportFacts } from './report-facts.ts'

interface Looked {
  readonly run: RunRecord
  readonly facts: ReportFacts
  readonly verification: ReportVerification | null
  readonly audit: RunReport['audit']
}

/** The questions a migration is accepted by, as far as the ledgers can answer them. */
export async function readReportChecks(migration: OpenMigration, looked: Looked): Promise<readonly ReportCheck[]> {
  const { run, facts, audit } = looked
  const unsettled = facts.entities.filter(line => line.state !== 'settled').length
  const mixed = facts.consistency.filter(line => line.consistency === 'mixed').length
  let debts = 0
  for (const { ledger } of migration.services) if ((await ledger.state()) !== 'absent') debts += (await ledger.debts()).length
  return [
    counted('the run has ended', {
      expected: 'clean or findings',
      actual: run.status,
      isMet: run.status === 'clean' || run.status === 'findings',
    }),
    ...drawnOnly(run),
    none('entities and tenants that were not done to the end', unsettled),
    none('entities and tenants whose rows do not have exactly one outcome each', unbalanced(facts)),
    ...sourceCounts(facts),
    none('rows in quarantine', facts.totals.quarantined),
    none('parts of rows in quarantine', facts.totals.parts_quarantined),
    none('rows refused as orphans', refused(facts, ORPHANS)),
    orphansLoaded(looked.verification),
    none('rows refused as duplicates', refused(facts, DUPLICATES)),
    await mappedRows(migration, facts),
    none('tenants read from a source that was written to meanwhile', mixed),
    none('indexes, constraints and triggers not put back', debts),
    none('findings in the audit chain', audit.findings),
  ]
}

/** A sample shows that the way is open; it is never what a migration is accepted by. */
function drawnOnly({ selection: { sample } }: RunRecord): readonly ReportCheck[] {
  if (sample === undefined) return []
  return [counted('all rows were read', { expected: 'all', actual: `a sample of about ${sample} of each entity and tenant`, isMet: false })]
}

const ORPHANS = ['orphan', 'parent_quarantined', 'parent_excluded', 'foreign_key_violation']
const DUPLICATES = ['duplicate_key', 'unique_violation', 'id_taken', 'duplicate_member']

function none(check: string, actual: number): ReportCheck {
  return counted(check, { expected: '0', actual: String(actual), isMet: actual === 0 })
}

function counted(check: string, of: { readonly expected: string; readonly actual: string; readonly isMet: boolean }): ReportCheck {
  return { check, expected: of.expected, actual: of.actual, outcome: of.isMet ? 'met' : 'not_met' }
}

function unbalanced({ entities }: ReportFacts): number {
  return entities.filter(line => !isBalanced({ ...line, partsQuarantined: line.parts_quarantined })).length
}

function refused({ outcomes }: ReportFacts, codes: readonly string[]): number {
  return outcomes.filter(({ kind, code }) => kind === 'quarantine' && codes.includes(code)).reduce((sum, { count }) => sum + count, 0)
}

function sourceCounts({ entities }: ReportFacts): readonly ReportCheck[] {
  const counts = entities.flatMap(({ source_rows: rows, read }) => (rows === null ? [] : [{ rows, read }]))
  const check = 'rows read, against the count the sources made themselves'
  const expected = counts.reduce((sum, { rows }) => sum + rows, 0)
  const actual = counts.reduce((sum, { read }) => sum + read, 0)
  const missing = entities.length - counts.length
  const differing = counts.filter(({ rows, read }) => rows !== read).length
  if (counts.length === 0) return [{ check, expected: '', actual: String(actual), outcome: 'not_known' }]
  const whole = counted(check, { expected: String(expected), actual: String(actual), isMet: differing === 0 })
  const unknown: ReportCheck = {
    check: 'entities and tenants without a count of the source',
    expected: '0',
    actual: String(missing),
    outcome: 'not_known',
  }
  return missing === 0 ? [whole] : [whole, unknown]
}

/** Only who looks into the target can say: basic looks. */
function orphansLoaded(verification: ReportVerification | null): ReportCheck {
  const check = 'orphans and other differences in the target'
  if (verification === null || verification.outcome === 'could_not_verify' || !verification.whole)
    return { check, expected: '0', actual: '', outcome: 'not_known' }
  return none(check, verification.differences)
}

/** A row that was ever loaded has its identifier in the id map; rows of earlier runs may be there too. */
async function mappedRows({ services }: OpenMigration, { entities }: ReportFacts): Promise<ReportCheck> {
  let short = 0
  for (const { name, ledger } of services) {
    if ((await ledger.state()) === 'absent') continue
    const numbers = new Map((await ledger.entities()).map(e => [e.name, e.number]))
    const tenants = new Map((await ledger.tenants()).map(t => [t.code, t.number]))
    for (const line of entities.filter(({ service }) => service === name)) {
      const entity = numbers.get(line.entity)
      const tenant = line.tenant === null ? 0 : tenants.get(line.tenant)
      if (entity === undefined || tenant === undefined) continue
      if ((await ledger.mapped(entity, tenant)) < BigInt(line.loaded + line.updated + line.unchanged + line.skipped)) short++
    }
  }
  return none('entities and tenants with loaded rows that are not in the id map', short)
}
