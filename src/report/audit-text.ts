import type { AuditExportResult, AuditVerifyResult } from '../model/audit-results.ts'
import type { Page } from './paint.ts'
import { formatCounted } from './quantities.ts'
import { csvField } from './quarantine-csv.ts'
import { left, renderTable, right, shrinking } from './table.ts'
import { printable } from './text-width.ts'
import { wrapText } from './wrap.ts'

const OUTCOMES = {
  intact: { tone: 'good', text: 'is whole' },
  broken: { tone: 'bad', text: 'is not whole' },
  could_not_verify: { tone: 'warn', text: 'could not be verified' },
} as const

export function renderAuditVerify(result: AuditVerifyResult, page: Page): readonly string[] {
  const { tone, text } = OUTCOMES[result.outcome]
  return [
    ...renderFindings(result, page),
    ...result.reasons.flatMap(({ service, message }) =>
      wrapText(printable(`${service}: ${message}`), page, { first: '  ', indent: 4 }).map(line => page.paint('warn', line)),
    ),
    ...result.services.map(({ service, entries }) => `${printable(service)}: ${formatCounted(entries, 'entry', 'entries')}`),
    `The audit chain ${page.paint(tone, text)}.`,
    ...auditHeadText(result.audit_head),
  ]
}

function renderFindings({ findings }: AuditVerifyResult, page: Page): readonly string[] {
  if (findings.length === 0) return []
  return [
    page.paint('bad', formatCounted(findings.length, 'finding')),
    ...renderTable(
      {
        columns: [left('service'), left('what'), right('entry'), shrinking('')],
        rows: findings.map(({ service, kind, from, to, message }) => [
          service ?? '',
          kind.replaceAll('_', ' '),
          from === to ? from : `${from}–${to}`,
          message,
        ]),
      },
      page,
    ),
    '',
  ]
}

/** To be kept elsewhere than in the database; nothing where there is none. One line a service, never cut. */
export function auditHeadText(head: string | undefined): readonly string[] {
  return head === undefined || head === '' ? [] : head.split(',').map(part => `Audit head ${printable(part)}`)
}

type Row = AuditExportResult['rows'][number]

const COLUMNS: readonly (readonly [string, (row: Row) => string])[] = [
  ['service', row => row.service],
  ['id', row => row.id],
  ['at', row => row.at],
  ['who', row => row.who],
  ['action', row => row.action],
  ['run', row => row.run ?? ''],
  ['detail', row => JSON.stringify(row.detail)],
  ['previous', row => row.previous],
  ['hash', row => row.hash],
]

/** RFC 4180, header first. */
export function auditCsv(rows: readonly Row[]): string {
  return [COLUMNS.map(([name]) => name), ...rows.map(row => COLUMNS.map(([, read]) => read(row)))]
    .map(fields => `${fields.map(csvField).join(',')}\r\n`)
    .join('')
}

/** One JSON object a line. */
export function auditLines(rows: readonly Row[]): string {
  return rows.map(row => `${JSON.stringify(row)}\n`).join('')
}
