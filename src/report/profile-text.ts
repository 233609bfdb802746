import type { ProfileResult } from '../model/profile-result.ts'
import { countFindings, renderFindings } from './findings-text.ts'
import type { Page } from './paint.ts'
import { COLUMN_TITLES, codeCounts, columnCells, manifestLines, RIGHT, tableTitle } from './profile-lines.ts'
import { formatCount, formatCounted, formatRate, formatSeconds } from './quantities.ts'
import { left, renderTable, right, shrinking } from './table.ts'
import { printable } from './text-width.ts'

/** More columns than a person reads on a terminal; all are in the files. */
const MOST_TABLES = 40
const SHRINKING: ReadonlySet<string> = new Set(['column', 'type', 'smallest', 'largest', 'shapes'])

/** As text: columns of each table, references, findings. */
export function renderProfile(result: ProfileResult, page: Page): readonly string[] {
  const shown = result.tables.slice(0, MOST_TABLES)
  const rest = result.tables.length - shown.length
  return [
    ...shown.flatMap(table => [
      page.paint('strong', printable(tableTitle(table))),
      ...renderTable(
        {
          columns: COLUMN_TITLES.map(title => (RIGHT.has(title) ? right(title) : SHRINKING.has(title) ? shrinking(title) : left(title))),
          rows: table.columns.map(column => columnCells(column, table.rows)),
        },
        page,
      ),
      '',
    ]),
    ...(rest > 0 ? [`and ${formatCounted(rest, 'other table')}; --out DIR writes them all`, ''] : []),
    ...renderReferences(result, page),
    ...renderFindings(result.findings, page),
    ...renderCodes(result, page),
    ...renderLines(result),
    ...summary(result, page),
  ]
}

function renderReferences({ references }: ProfileResult, page: Page): readonly string[] {
  const told = references.filter(({ declared, orphans }) => !declared || orphans > 0)
  if (told.length === 0) return []
  const rows = told.map(reference => [
    reference.tenant,
    `${reference.table} (${reference.columns.join(', ')})`,
    `${reference.parent} (${reference.parent_columns.join(', ')})`,
    reference.declared ? 'yes' : 'no',
    reference.checked === null ? 'not counted' : formatCount(reference.checked),
    formatCount(reference.orphans),
    reference.score === null ? '' : String(reference.score),
  ])
  const columns = [
    left('source'),
    shrinking('reference'),
    shrinking('leads to'),
    left('declared'),
    right('values'),
    right('orphans'),
    right('score'),
  ]
  return [...renderTable({ columns, rows }, page), '']
}

function renderCodes({ findings }: ProfileResult, page: Page): readonly string[] {
  if (findings.length === 0) return []
  const columns = [left('what was found'), left('severity'), right('times')]
  return [...renderTable({ columns, rows: codeCounts(findings) }, page), '']
}

function renderLines({ findings }: ProfileResult): readonly string[] {
  const lines = manifestLines(findings)
  if (lines.length === 0) return []
  return [
    'Lines for the manifest that `rehouse init` drafts of these sources, for a person to choose from:',
    '',
    ...lines.flatMap(text => [...text.split('\n'), '']),
  ]
}

function summary({ sources, findings, seconds, files }: ProfileResult, page: Page): readonly string[] {
  const rows = sources.reduce((sum, source) => sum + source.rows, 0)
  const rate = seconds > 0 ? `, ${formatRate(rows / seconds)} rows/s` : ''
  return [
    ...files.map(file => `  ${file}`),
    page.paint(
      findings.some(({ severity }) => severity === 'error') ? 'warn' : 'good',
      `${formatCounted(sources.length, 'source')}, ${formatCounted(rows, 'row')} in ${formatSeconds(seconds)}${rate}: ${countFindings(findings)}`,
    ),
  ]
}

/** What is said on the terminal where the whole goes into files. */
export function renderProfileFiles(result: ProfileResult, page: Page): readonly string[] {
  return [...renderCodes(result, page), ...summary(result, page)]
}
