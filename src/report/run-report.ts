import type { ReportResult, RunReport } from '../model/run-report.ts'
import { ownedSection } from './owned-section.ts'
import { formatCount, formatRate } from './quantities.ts'
import type { ReportDocument, ReportSection } from './report-document.ts'
import { leftOutSection, outcomeSections, quarantineSections } from './run-report-outcomes.ts'
import { left, right, shrinking } from './table.ts'
import { tablesSection } from './tables-section.ts'
import { addTotals, equationText, NO_TOTALS, OUTCOMES } from './totals-text.ts'

export const SHARED = '(shared)'

/** The report of a run as a document. `sha256`: of its JSON, which is what is signed. */
export function runReportDocument({ report, sha256 }: Pick<ReportResult, 'report' | 'sha256'>): ReportDocument {
  return {
    title: `Migration report: ${report.run.migration}, run ${report.run.id}`,
    verdict: verdictText(report),
    facts: factsOf(report, sha256),
    sections: [
      checksSection(report),
      accountingSection(report),
      ...tablesSection(report),
      ...ownedSection(report),
      ...quarantineSections(report),
      ...outcomeSections(report),
      leftOutSection(report),
      consistencySection(report),
      batchesSection(report),
      ...failureSections(report),
      verificationSection(report),
      auditSection(report),
    ],
    signatures: {
      statement: `Signed is the file report.json of this report; its SHA-256 is ${sha256}.`,
      roles: ['For the migration', 'For the owner of the data', 'For the audit'],
    },
  }
}

function verdictText({ run, checks, totals }: RunReport): string {
  const missed = checks.filter(({ outcome }) => outcome === 'not_met').length
  const unknown = checks.filter(({ outcome }) => outcome === 'not_known').length
  const told = `${formatCount(checks.length - missed - unknown)} checks met, ${formatCount(missed)} not met, ${formatCount(unknown)} not known`
  const end = run.status === 'running' ? 'has not ended' : `ended with status “${run.status}”`
  const quarantined = totals.quarantined + totals.parts_quarantined
  const complete =
    run.sample !== undefined
      ? `A sample of about ${formatCount(run.sample)} rows of each entity and tenant: a rehearsal, never complete.`
      : quarantined > 0
        ? 'Accounted for, not complete: rows or parts are in quarantine.'
        : 'No row and no part is in quarantine.'
  return `The run ${end}: ${equationText(totals)}. ${complete} ${told}.`
}

const CHANGES = {
  top_up: 'loaded rows were brought up to the source',
  top_up_and_remove: 'loaded rows were brought up to the source, those gone from it removed',
  repair: 'rows that differed were put right',
} as const

function factsOf({ run, made_at, made_by }: RunReport, sha256: string): ReportDocument['facts'] {
  const asked = [
    ...(run.tenants === null ? [] : [`tenants ${run.tenants.join(', ')}`]),
    ...(run.entities === null ? [] : [`entities ${run.entities.join(', ')}`]),
    ...(run.phase === null ? [] : [`phase ${run.phase}`]),
    ...(run.sample === undefined ? [] : [`a sample of about ${formatCount(run.sample)} rows of each entity and tenant`]),
    ...(run.changes === undefined ? [] : [CHANGES[run.changes]]),
    ...(run.retries ? ['rows in quarantine were tried again'] : []),
  ]
  return [
    ['Migration', run.migration],
    ['Run', run.id],
    ['Status', run.status],
    ['Begun', run.started_at],
    ['Ended', run.finished_at ?? 'not yet'],
    ['Asked for', asked.length === 0 ? 'everything' : asked.join('; ')],
    ['Operator', run.operator],
    ['Host', run.host],
    ['Manifest (hash of the mapping)', run.mapping_hash],
    ['Program', `rehouse ${run.program_version}`],
    ['Report made', `${made_at} by ${made_by}`],
    ['SHA-256 of report.json', sha256],
  ]
}

const CHECK_WORDS = { met: 'met', not_met: 'NOT MET', not_known: 'not known' } as const

function checksSection({ checks }: RunReport): ReportSection {
  return {
    title: 'Checks',
    lead: ['What a migration is accepted by, as far as the ledgers can tell. “Not known” is not “met”.'],
    table: {
      name: 'checks',
      columns: [shrinking('check'), right('expected'), right('actual'), left('outcome')],
      rows: checks.map(({ check, expected, actual, outcome }) => [check, countOf(expected), countOf(actual), CHECK_WORDS[outcome]]),
    },
  }
}

function countOf(text: string): string | number {
  return /^\d{1,15}$/.test(text) ? Number(text) : text
}

function accountingSection({ entities, totals }: RunReport): ReportSection {
  const isCounted = entities.every(line => line.source_rows !== null)
  const counted = isCounted ? entities.reduce((all, line) => all + (line.source_rows ?? 0), 0) : null
  const sum = entities.reduce((all, line) => addTotals(all, line), NO_TOTALS)
  return {
    title: 'What became of every row',
    lead: [
      'read = loaded + updated + unchanged + merged + skipped + excluded + quarantined. Refused parts of loaded rows are counted beside it.',
    ],
    table: {
      name: 'accounting',
      columns: [
        left('tenant'),
        left('entity'),
        left('service'),
        right('source'),
        right('read'),
        ...OUTCOMES.map(right),
        right('parts refused'),
      ],
      rows: entities.map(line => [
        line.tenant ?? SHARED,
        line.entity,
        line.service,
        line.source_rows,
        line.read,
        ...OUTCOMES.map(outcome => line[outcome]),
        line.parts_quarantined,
      ]),
      footer: ['all', '', '', counted, sum.read, ...OUTCOMES.map(outcome => sum[outcome]), totals.parts_quarantined],
    },
  }
}

function consistencySection({ consistency }: RunReport): ReportSection {
  return {
    title: 'Consistency',
    lead: [
      'snapshot: every row was read in one snapshot. frozen: the operator declared that nobody writes. mixed: resumed on a source that was written to; a last reading under one snapshot compared every row.',
    ],
    table: {
      name: 'consistency',
      columns: [left('tenant'), left('consistency'), right('entities')],
      rows: consistency.map(line => [line.tenant ?? SHARED, line.consistency, line.tasks]),
    },
  }
}

function batchesSection({ entities }: RunReport): ReportSection {
  return {
    title: 'Batches, rates and digests',
    lead: ['The digest is the SHA-256 over the digests of the batches, in their order; each of those is over the rows as they were sent.'],
    table: {
      name: 'batches',
      columns: [
        left('tenant'),
        left('entity'),
        left('state'),
        right('batches'),
        right('seconds'),
        right('rows/s'),
        shrinking('written'),
        shrinking('digest'),
      ],
      rows: entities.map(line => [
        line.tenant ?? SHARED,
        line.entity,
        line.state,
        line.batches,
        line.seconds.toFixed(1),
        line.rows_per_second === null ? null : formatRate(line.rows_per_second),
        writtenText(line.written),
        line.digest,
      ]),
    },
  }
}

function writtenText(written: Readonly<Record<string, number>>): string {
  return Object.entries(written)
    .map(([table, rows]) => `${table} ${formatCount(rows)}`)
    .join(', ')
}

function failureSections({ failures }: RunReport): readonly ReportSection[] {
  if (failures.length === 0) return []
  const rows = failures.map(({ tenant, entity, code, message }) => [tenant ?? SHARED, entity, code, message])
  const columns = [left('tenant'), left('entity'), left('code'), shrinking('message')]
  return [{ title: 'What ended a tenant', lead: [], table: { name: 'failures', columns, rows } }]
}

function verificationSection({ verification }: RunReport): ReportSection {
  const title = 'Verification'
  if (verification === null)
    return {
      title,
      lead: ['No verification of this run is on record: nothing has looked into the target since. Run `rehouse verify`.'],
      table: null,
    }
  const { level, outcome, parity, at, by, compared, differences, witness, id, whole } = verification
  const told = `${at}, by ${by}: level ${level}, outcome ${outcome.replaceAll('_', ' ')}, ${formatCount(compared)} rows compared, ${formatCount(differences)} differences (verification ${id}).`
  const counted =
    witness === null
      ? 'Witness: not on record.'
      : `Witness, aggregates that each database computed in its own SQL: ${formatCount(witness.equal)} equal, ${formatCount(witness.different)} different; ${formatCount(witness.none)} columns or tables without one.`
  const lead = whole
    ? [told, counted, ...PARITY[parity]]
    : [told, counted, 'It looked at some tenants, entities or rows only: parity of the run is not proven.']
  return { title, lead, table: null }
}

const PARITY = {
  complete: ['Every row of the sources is in the target, or left out on purpose: 100 % parity at this level.'],
  accounted: ['Accounted for, not complete: rows are in quarantine.'],
  none: ['Parity is not proven.'],
} as const

function auditSection({ audit }: RunReport): ReportSection {
  const state = audit.whole
    ? 'The chain of audit entries was recomputed and is whole.'
    : `The chain of audit entries is NOT whole: ${formatCount(audit.findings)} findings; \`rehouse audit verify\` names them.`
  return {
    title: 'Audit',
    lead: [state, 'Against these heads a chain whose end was cut off shows: `rehouse audit verify --head HEAD`.', ...audit.head.split(',')],
    table: null,
  }
}
