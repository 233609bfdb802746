import { formatCount } from './quantities.ts'
import {
  type Cell,
  type ReportDocument,
  type ReportSection,
  type ReportTable,
  SIGNATURE_LINES,
  type Signatures,
} from './report-document.ts'
import { displayWidth, padToWidth, printable } from './text-width.ts'

/** The document in GitHub's Markdown, tables lined up. No text of it becomes markup. */
export function reportMarkdown(document: ReportDocument): string {
  const lines = [
    `# ${escapeText(document.title)}`,
    '',
    escapeText(document.verdict),
    '',
    ...tableLines({
      columns: [
        { title: '', align: 'left' },
        { title: '', align: 'left' },
      ],
      name: '',
      rows: document.facts,
    }),
    ...document.sections.flatMap(sectionLines),
    ...(document.signatures === null ? [] : signatureLines(document.signatures)),
  ]
  return `${lines.join('\n')}\n`
}

function sectionLines({ title, lead, table }: ReportSection): readonly string[] {
  return [
    '',
    `## ${escapeText(title)}`,
    ...lead.flatMap(text => ['', escapeText(text)]),
    ...(table === null ? [] : ['', ...tableLines(table)]),
  ]
}

function tableLines({ columns, rows, footer }: ReportTable): readonly string[] {
  const texts = [...rows, ...(footer === undefined ? [] : [footer])].map(row => row.map(cellText))
  const cells = [columns.map(column => escapeText(column.title)), ...texts]
  const widths = columns.map((_, i) => Math.max(3, ...cells.map(row => displayWidth(row[i] ?? ''))))
  const line = (row: readonly string[]): string =>
    `| ${columns.map((column, i) => padToWidth(row[i] ?? '', widths[i] ?? 0, column.align)).join(' | ')} |`
  const rule = columns.map(({ align }, i) => (align === 'right' ? `${'-'.repeat((widths[i] ?? 3) - 1)}:` : '-'.repeat(widths[i] ?? 3)))
  return [line(cells[0] ?? []), `| ${rule.join(' | ')} |`, ...texts.map(line)]
}

function cellText(cell: Cell): string {
  if (cell === null) return '–'
  return typeof cell === 'number' ? formatCount(cell) : escapeText(cell)
}

/** Everything Markdown or HTML in it could take for markup. An underscore between letters is none. */
function escapeText(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*[\]|#~]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/:\/\//g, ':\u200b//')
}

function signatureLines({ statement, roles }: Signatures): readonly string[] {
  const columns = [{ title: '', align: 'left' } as const, ...roles.map(title => ({ title, align: 'left' }) as const)]
  const rows = SIGNATURE_LINES.map(label => [label, ...roles.map(() => ' '.repeat(24))])
  return ['', '## Signatures', '', escapeText(statement), '', ...tableLines({ name: '', columns, rows })]
}
