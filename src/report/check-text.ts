import type { CheckResult } from '../model/results.ts'
import { countFindings, renderFindings } from './findings-text.ts'
import type { Page } from './paint.ts'
import { formatCount } from './quantities.ts'
import { left, renderTable, right, shrinking } from './table.ts'

export function renderCheck(result: CheckResult, page: Page): readonly string[] {
  const sources = renderTable(
    {
      columns: [left('source'), left('tenant'), shrinking('address'), right('tables'), right('rows, about')],
      rows: result.sources.map(source => [
        source.source,
        source.tenant ?? '(all)',
        source.label,
        formatCount(source.relations),
        source.estimated_rows === null ? 'not known' : formatCount(source.estimated_rows),
      ]),
    },
    page,
  )
  const services = renderTable(
    {
      columns: [left('service'), shrinking('address'), right('version'), left('role')],
      rows: result.services.map(service => [service.service, service.label, String(service.version), service.role]),
    },
    page,
  )
  return [
    ...sources,
    '',
    ...services,
    '',
    ...renderFindings(result.findings, page),
    ...(result.grants === undefined ? [] : [...result.grants, '']),
    verdict(result, page),
  ]
}

function verdict(result: CheckResult, page: Page): string {
  const hasErrors = result.findings.some(finding => finding.severity === 'error')
  return page.paint(
    hasErrors ? 'bad' : 'good',
    hasErrors ? `Not ready: ${countFindings(result.findings)}.` : `Ready: ${countFindings(result.findings)}.`,
  )
}
