import { formatCount } from './quantities.ts'
import {
  type Cell,
  type ReportDocument,
  type ReportSection,
  type ReportTable,
  SIGNATURE_LINES,
  type Signatures,
} from './report-document.ts'
import { printable } from './text-width.ts'

/** Black on white, on paper as on a screen; outcomes are words, never colours. */
const STYLE = `
@page { size: A4; margin: 16mm 14mm 18mm; }
* { box-sizing: border-box; }
body { font: 10pt/1.4 "Liberation Serif", "Times New Roman", serif; color: #000; background: #fff; max-width: 182mm; margin: 0 auto; padding: 8mm 0; }
h1 { font-size: 16pt; line-height: 1.2; margin: 0 0 3mm; overflow-wrap: anywhere; }
h2 { font-size: 12pt; margin: 7mm 0 2mm; border-bottom: 0.5pt solid #000; break-after: avoid; }
p { margin: 0 0 2mm; overflow-wrap: anywhere; }
.verdict { font-weight: bold; }
table { border-collapse: collapse; width: 100%; font-size: 8pt; line-height: 1.3; }
thead { display: table-header-group; }
tfoot { display: table-row-group; }
tr { break-inside: avoid; }
th, td { border-bottom: 0.3pt solid #666; padding: 0.7mm 1.2mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead th { border-bottom: 1pt solid #000; vertical-align: bottom; overflow-wrap: normal; }
tfoot td { border-top: 1pt solid #000; border-bottom: 0; font-weight: bold; }
.n { text-align: right; font-variant-numeric: tabular-nums lining-nums; white-space: nowrap; overflow-wrap: normal; }
thead th.n { white-space: normal; }
.facts th { width: 55mm; font-weight: normal; }
.signatures { break-inside: avoid; }
.signatures td { height: 11mm; width: 45mm; border-bottom: 0.5pt solid #000; }
.signatures th { vertical-align: bottom; font-weight: normal; }
.signatures thead th { font-weight: bold; }
@media print { body { max-width: none; padding: 0; } }
`

/** The document as one file that needs nothing else: no script, no picture, no font, no address is loaded. */
export function reportHtml(document: ReportDocument): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(document.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(document.title)}</h1>
<p class="verdict">${escapeHtml(document.verdict)}</p>
<table class="facts"><tbody>
${document.facts.map(([label, value]) => `<tr><th scope="row">${escapeHtml(label)}</th><td dir="auto">${escapeHtml(value)}</td></tr>`).join('\n')}
</tbody></table>
${document.sections.map(sectionHtml).join('\n')}
${document.signatures === null ? '' : signaturesHtml(document.signatures)}</body>
</html>
`
}

function sectionHtml({ title, lead, table }: ReportSection): string {
  const paragraphs = lead.map(text => `<p>${escapeHtml(text)}</p>`)
  return [`<h2>${escapeHtml(title)}</h2>`, ...paragraphs, ...(table === null ? [] : [tableHtml(table)])].join('\n')
}

function tableHtml({ columns, rows, footer }: ReportTable): string {
  const shade = (i: number): string => (columns[i]?.align === 'right' ? ' class="n"' : ' dir="auto"')
  const row = (cells: readonly Cell[]): string => `<tr>${cells.map((cell, i) => `<td${shade(i)}>${cellHtml(cell)}</td>`).join('')}</tr>`
  const head = columns.map(({ title, align }) => `<th scope="col"${align === 'right' ? ' class="n"' : ''}>${escapeHtml(title)}</th>`)
  return [
    `<table><thead><tr>${head.join('')}</tr></thead><tbody>`,
    ...rows.map(row),
    '</tbody>',
    ...(footer === undefined ? [] : [`<tfoot>${row(footer)}</tfoot>`]),
    '</table>',
  ].join('\n')
}

function cellHtml(cell: Cell): string {
  if (cell === null) return '–'
  return escapeHtml(typeof cell === 'number' ? formatCount(cell) : cell)
}

function signaturesHtml({ statement, roles }: Signatures): string {
  const lines = SIGNATURE_LINES.map(label => `<tr><th scope="row">${label}</th>${roles.map(() => '<td></td>').join('')}</tr>`)
  const head = roles.map(role => `<th scope="col">${escapeHtml(role)}</th>`).join('')
  return `<section class="signatures">
<h2>Signatures</h2>
<p>${escapeHtml(statement)}</p>
<table><thead><tr><th></th>${head}</tr></thead><tbody>
${lines.join('\n')}
</tbody></table>
</section>
`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Control characters and marks that turn the writing direction are spelt out. */
function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, char => ENTITIES[char] ?? char)
}
