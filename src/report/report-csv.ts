import { csvField } from './quarantine-csv.ts'
import type { Cell, ReportDocument, ReportTable } from './report-document.ts'

/** One file for each table of the document, and `facts.csv`. RFC 4180: CRLF, header first; numbers without grouping, what is not known empty, fields a spreadsheet would compute led by an apostrophe. Sums are left to the reader. */
export function reportCsv(document: ReportDocument): readonly { readonly name: string; readonly content: string }[] {
  const facts: ReportTable = {
    name: 'facts',
    columns: [
      { title: 'fact', align: 'left' },
      { title: 'value', align: 'left' },
    ],
    rows: document.facts,
  }
  const tables = document.sections.flatMap(({ table }) => (table === null ? [] : [table]))
  return [facts, ...tables].map(table => ({ name: `${table.name}.csv`, content: tableCsv(table) }))
}

export function tableCsv({ columns, rows }: ReportTable): string {
  const names = columns.map(({ title }) => title.replaceAll('/', '_per_').replaceAll(' ', '_'))
  return [names, ...rows.map(row => row.map(cellText))].map(fields => `${fields.map(csvField).join(',')}\r\n`).join('')
}

function cellText(cell: Cell): string {
  return cell === null ? '' : String(cell)
}
