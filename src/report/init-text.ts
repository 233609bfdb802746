import type { InitResult } from '../model/results.ts'
import { renderFindings } from './findings-text.ts'
import type { Page } from './paint.ts'
import { formatCount, formatCounted } from './quantities.ts'
import { left, renderTable, right } from './table.ts'

export function renderInit(result: InitResult, page: Page): readonly string[] {
  const { files, entities, tenants, findings } = result
  const byContent = entities.filter(entity => entity.key.length === 0).length
  return [
    `${formatCounted(entities.length, 'table')} of ${formatCounted(tenants.length, 'source')}${byContent === 0 ? '' : `, ${formatCount(byContent)} told apart by content`}:`,
    ...files.map(file => `  ${file}`),
    '',
    ...counts(result, page),
    ...renderFindings(findings, page),
    page.paint('good', `Written: ${formatCounted(files.length, 'file')}. Read target.sql and rehouse.yaml; both are yours from here on.`),
  ]
}

/** How many of each kind, before the details. */
function counts({ findings }: InitResult, page: Page): readonly string[] {
  if (findings.length === 0) return []
  const groups = [...Map.groupBy(findings, finding => finding.code)]
  return [
    ...renderTable(
      { columns: [left('what to know'), right('times')], rows: groups.map(([code, list]) => [code, formatCount(list.length)]) },
      page,
    ),
    '',
  ]
}
