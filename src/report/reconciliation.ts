import type { ReportEntity, ReportOutcome, ReportResult, RunReport } from '../model/run-report.ts'
import { formatCount } from './quantities.ts'
import type { ReportDocument } from './report-document.ts'
import { left, right, shrinking } from './table.ts'

const ORPHANS = ['orphan', 'parent_quarantined', 'parent_excluded', 'foreign_key_violation']

/** Source against target, a line per entity and tenant: what a nightly reconciliation hands over. */
export function reconciliationDocument({ report, sha256 }: Pick<ReportResult, 'report' | 'sha256'>): ReportDocument {
  const lines = report.entities.map(line => reconcile(line, report))
  const apart = lines.filter(line => line.parity !== 'complete').length
  return {
    title: `Reconciliation: ${report.run.migration}, run ${report.run.id}`,
    verdict:
      apart === 0
        ? 'Every entity and tenant is complete: each row of the source is in the target, or left out on purpose.'
        : `${formatCount(apart)} of ${formatCount(lines.length)} entities and tenants are not complete.`,
    facts: [
      ['Report made', `${report.made_at} by ${report.made_by}`],
      ['SHA-256 of report.json', sha256],
      ['Sampling', samplingText(report)],
    ],
    sections: [
      {
        title: 'Source against target',
        lead: [
          'in target = loaded + updated + unchanged + skipped. unaccounted = source − read; where the source was not counted, rows read. complete: nothing unaccounted and nothing refused. accounted: rows are in quarantine. sample: only drawn rows were read; source are those.',
        ],
        table: {
          name: 'reconciliation',
          columns: [
            left('tenant'),
            left('entity'),
            left('service'),
            right('source'),
            right('in target'),
            right('merged'),
            right('excluded'),
            right('quarantined'),
            right('orphans refused'),
            right('unaccounted'),
            left('parity'),
            shrinking('checksum'),
          ],
          rows: lines.map(line => [
            line.of.tenant ?? '(shared)',
            line.of.entity,
            line.of.service,
            line.source,
            line.inTarget,
            line.of.merged,
            line.of.excluded,
            line.of.quarantined,
            line.orphans,
            line.unaccounted,
            line.parity,
            line.of.digest,
          ]),
        },
      },
    ],
    signatures: null,
  }
}

interface Line {
  readonly of: ReportEntity
  readonly source: number
  readonly inTarget: number
  readonly orphans: number
  readonly unaccounted: number
  readonly parity: 'complete' | 'accounted' | 'sample' | 'not settled'
}

function reconcile(of: ReportEntity, { outcomes, run }: RunReport): Line {
  const inTarget = of.loaded + of.updated + of.unchanged + of.skipped
  const source = of.source_rows ?? of.read
  const accounted = inTarget + of.merged + of.excluded + of.quarantined
  const unaccounted = source - accounted
  const isWhole = of.state === 'settled' && unaccounted === 0
  const parity =
    run.sample !== undefined ? 'sample' : !isWhole ? 'not settled' : of.quarantined + of.parts_quarantined > 0 ? 'accounted' : 'complete'
  return { of, source, inTarget, orphans: orphansOf(of, outcomes), unaccounted, parity }
}

function orphansOf(of: ReportEntity, outcomes: readonly ReportOutcome[]): number {
  return outcomes
    .filter(line => line.kind === 'quarantine' && line.entity === of.entity && line.tenant === of.tenant && ORPHANS.includes(line.code))
    .reduce((sum, { count }) => sum + count, 0)
}

function samplingText({ verification }: RunReport): string {
  if (verification === null) return 'no verification is on record'
  const { level, outcome, compared, differences, at } = verification
  return `${level} verification of ${at}: ${outcome.replaceAll('_', ' ')}, ${formatCount(compared)} rows compared, ${formatCount(differences)} differences`
}
