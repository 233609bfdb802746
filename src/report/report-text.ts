import type { Page } from './paint.ts'
import { formatCount } from './quantities.ts'
import {
  type Cell,
  type ReportDocument,
  type ReportSection,
  SIGNATURE_LINES,
  type Signatures,
  withoutEmptyColumns,
} from './report-document.ts'
import { renderTable } from './table.ts'
import { displayWidth, printable } from './text-width.ts'
import { wrapText } from './wrap.ts'

/** Columns everyone looks for; others are left out of the terminal's table where all is 0. */
const KEPT = [
  'read',
  'loaded',
  'quarantined',
  'expected',
  'actual',
  'source',
  'in target',
  'unaccounted',
  'rows',
  'times',
  'batches',
  'entities',
]
/** A line to sign on. */
const BLANK = '_'.repeat(40)

/** The document for a terminal. No line is wider than the page, as far as numbers and hashes allow. */
export function renderReport(document: ReportDocument, page: Page): readonly string[] {
  const label = Math.max(...document.facts.map(([name]) => displayWidth(name)))
  return [
    page.paint('strong', printable(document.title)),
    ...paragraph(document.verdict, page),
    '',
    ...document.facts.map(([name, value]) => `${name.padEnd(label)}  ${printable(value)}`),
    ...document.sections.flatMap(section => sectionLines(section, page)),
    ...(document.signatures === null ? [] : signatureLines(document.signatures, page)),
  ]
}

function sectionLines({ title, lead, table }: ReportSection, page: Page): readonly string[] {
  const lines = lead.flatMap(text => paragraph(text, page))
  if (table === null) return ['', page.paint('strong', title), ...lines]
  const { columns, rows, footer } = withoutEmptyColumns(table, KEPT)
  const shown = { columns, rows: rows.map(row => row.map(cellText)), ...(footer === undefined ? {} : { footer: footer.map(cellText) }) }
  return ['', page.paint('strong', title), ...lines, ...renderTable(shown, page)]
}

function paragraph(text: string, page: Page): readonly string[] {
  return wrapText(printable(text), page, { first: '', indent: 0 })
}

function cellText(cell: Cell): string {
  if (cell === null) return '–'
  return typeof cell === 'number' ? formatCount(cell) : cell
}

function signatureLines({ statement, roles }: Signatures, page: Page): readonly string[] {
  return [
    '',
    page.paint('strong', 'Signatures'),
    ...paragraph(statement, page),
    ...roles.flatMap(role => ['', role, ...SIGNATURE_LINES.map(line => `  ${line.padEnd(11)}${BLANK}`)]),
  ]
}
