import type { EntityResult, MigrateResult } from '../model/results.ts'
import { auditHeadText } from './audit-text.ts'
import { renderError } from './error-text.ts'
import { renderFindings } from './findings-text.ts'
import type { Page } from './paint.ts'
import { formatCount, formatCounted, formatRate, formatSeconds } from './quantities.ts'
import { renderQuarantineCodes } from './quarantine-text.ts'
import { STATUS_TONES } from './status-text.ts'
import { type Column, left, renderTable, right, shrinking } from './table.ts'
import { printable } from './text-width.ts'
import { addTotals, equationText, NO_TOTALS, OUTCOMES } from './totals-text.ts'
import { wrapText } from './wrap.ts'

/** Above this many lines the table sums the tenants of each entity and names only those where something was refused or stopped. */
const MOST_LINES = 200

export function renderMigrate(result: MigrateResult, page: Page): readonly string[] {
  return [
    ...renderEntities(result, page),
    '',
    ...renderOutcomes(result, page),
    ...renderFindings(result.findings, page),
    ...result.failures.flatMap(failure => [...renderError(failure, page), '']),
    ...renderNotTried(result, page),
    headline(result, page),
    ...sampleText(result, page),
    equationText(result.totals),
    ...auditHeadText(result.audit_head),
  ]
}

function headline(result: MigrateResult, page: Page): string {
  const what = result.dryRun ? 'Dry run' : 'Run'
  const rate = result.seconds > 0 && result.totals.read > 0 ? `, ${formatRate(result.totals.read / result.seconds)} rows/s` : ''
  return `${what} ${printable(result.run)} ${page.paint(STATUS_TONES[result.status], result.status)} in ${formatSeconds(result.seconds)}${rate}`
}

function sampleText({ sample }: MigrateResult, page: Page): readonly string[] {
  if (sample === undefined) return []
  const text = `A sample: about ${formatCounted(sample, 'row')} of each entity and tenant, and what they refer to. It is a rehearsal, not a migration.`
  return wrapText(page.paint('warn', text), page, { first: '', indent: 2 })
}

function renderEntities(result: MigrateResult, page: Page): readonly string[] {
  if (result.entities.length === 0) return ['Nothing to do.']
  if (result.entities.length <= MOST_LINES) return renderLines(result.entities, page)
  const remarkable = result.entities.filter(
    line => line.quarantined > 0 || line.parts_quarantined > 0 || line.state === 'failed' || line.state === 'stopped',
  )
  const sums = renderLines(sumTenants(result.entities), page)
  if (remarkable.length === 0) return sums
  const shown = remarkable.toSorted((a, b) => b.quarantined - a.quarantined).slice(0, MOST_LINES)
  const rest = remarkable.length - shown.length
  return [
    ...sums,
    '',
    page.paint('strong', 'Refused or stopped'),
    ...renderLines(shown, page),
    ...(rest > 0 ? [`and ${formatCounted(rest, 'other')}`] : []),
  ]
}

interface Cells {
  readonly column: Column
  readonly cell: (line: EntityResult) => string
}

/** Outcomes nobody met have no column, except those everyone looks for; nor has the state where all is settled. */
function renderLines(lines: readonly EntityResult[], page: Page): readonly string[] {
  const always: readonly string[] = ['loaded', 'quarantined']
  const outcomes = OUTCOMES.filter(outcome => always.includes(outcome) || lines.some(line => line[outcome] !== 0))
  const cells: readonly Cells[] = [
    { column: left('tenant'), cell: line => line.tenant ?? '(shared)' },
    { column: left('entity'), cell: line => line.entity },
    { column: right('read'), cell: line => formatCount(line.read) },
    ...outcomes.map(outcome => ({ column: right(outcome), cell: (line: EntityResult) => formatCount(line[outcome]) })),
    ...(lines.some(line => line.parts_quarantined > 0)
      ? [{ column: right('parts refused'), cell: (line: EntityResult) => formatCount(line.parts_quarantined) }]
      : []),
    { column: right('s'), cell: line => line.seconds.toFixed(1) },
    { column: right('rows/s'), cell: line => (line.seconds > 0 ? formatRate(line.read / line.seconds) : '–') },
    ...(lines.some(line => line.state !== 'settled') ? [{ column: left('state'), cell: (line: EntityResult) => line.state }] : []),
    { column: shrinking('written'), cell: writtenText },
  ]
  const sum = lines.reduce(addLines)
  const footerCells = cells.map(({ column, cell }) => (column.align === 'right' ? cell(sum) : ''))
  const footer = lines.length > 1 ? { footer: ['all', ...footerCells.slice(1)] } : {}
  return renderTable(
    { columns: cells.map(({ column }) => column), rows: lines.map(line => cells.map(({ cell }) => cell(line))), ...footer },
    page,
  )
}

function writtenText(line: EntityResult): string {
  return Object.entries(line.written)
    .map(([table, rows]) => `${table} ${formatCount(rows)}`)
    .join(', ')
}

function addLines(a: EntityResult, b: EntityResult): EntityResult {
  const written = { ...a.written }
  for (const [table, rows] of Object.entries(b.written)) written[table] = (written[table] ?? 0) + rows
  return {
    ...a,
    ...addTotals(a, b),
    written,
    parts_quarantined: a.parts_quarantined + b.parts_quarantined,
    seconds: a.seconds + b.seconds,
    state: laggard(a.state, b.state),
  }
}

/** The state that says most about several tasks: the one furthest from done. */
const LAGGARDS: readonly EntityResult['state'][] = ['failed', 'stopped', 'pending', 'loaded', 'settled']

function laggard(a: EntityResult['state'], b: EntityResult['state']): EntityResult['state'] {
  return LAGGARDS.indexOf(a) < LAGGARDS.indexOf(b) ? a : b
}

function sumTenants(lines: readonly EntityResult[]): readonly EntityResult[] {
  const sums = new Map<string, { sum: EntityResult; tenants: number }>()
  for (const line of lines) {
    const known = sums.get(line.entity)
    const sum = known === undefined ? { ...line, ...addTotals(line, NO_TOTALS) } : addLines(known.sum, line)
    sums.set(line.entity, { sum, tenants: (known?.tenants ?? 0) + 1 })
  }
  return [...sums.values()].map(({ sum, tenants }) => (tenants === 1 ? sum : { ...sum, tenant: `(${formatCounted(tenants, 'tenant')})` }))
}

function renderOutcomes(result: MigrateResult, page: Page): readonly string[] {
  const quarantined = result.outcomes.filter(outcome => outcome.kind === 'quarantine')
  const others = result.outcomes.filter(outcome => outcome.kind !== 'quarantine')
  return [
    ...(quarantined.length === 0 ? [] : [page.paint('strong', 'Quarantined, by code'), ...renderQuarantineCodes(quarantined, page), '']),
    ...(others.length === 0 ? [] : [page.paint('strong', 'Declared outcomes taken'), ...renderTaken(others, page), '']),
  ]
}

function renderTaken(outcomes: MigrateResult['outcomes'], page: Page): readonly string[] {
  return renderTable(
    {
      columns: [right('times'), left('kind'), left('code'), left('entity'), shrinking('column')],
      rows: outcomes
        .toSorted((a, b) => b.count - a.count)
        .map(outcome => [formatCount(outcome.count), outcome.kind.replaceAll('_', ' '), outcome.code, outcome.entity, outcome.column]),
    },
    page,
  )
}

function renderNotTried(result: MigrateResult, page: Page): readonly string[] {
  if (result.not_tried.length === 0) return []
  return [
    page.paint('strong', 'Not tried, because only the server can refuse it'),
    ...result.not_tried.flatMap(what => wrapText(printable(what), page, { first: '  ', indent: 4 })),
    '',
  ]
}
