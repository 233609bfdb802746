import { type ReportResult, reportJson } from '../model/run-report.ts'
import { plainPaint } from './paint.ts'
import { reconciliationDocument } from './reconciliation.ts'
import { reportCsv } from './report-csv.ts'
import { reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'
import { renderReport } from './report-text.ts'
import { runReportDocument } from './run-report.ts'

export const REPORT_FORMATS = ['md', 'html', 'csv', 'json', 'text'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

export interface NamedText {
  readonly name: string
  readonly content: string
}

/** The files of a report in one format, the report itself first. CSV and Markdown come with the reconciliation. */
export function reportFiles(result: ReportResult, format: ReportFormat): readonly NamedText[] {
  const document = runReportDocument(result)
  const reconciliation = reconciliationDocument(result)
  switch (format) {
    case 'md':
      return [
        { name: 'report.md', content: reportMarkdown(document) },
        { name: 'reconciliation.md', content: reportMarkdown(reconciliation) },
      ]
    case 'html':
      return [{ name: 'report.html', content: reportHtml(document) }]
    case 'csv':
      return [...reportCsv(document), ...reportCsv(reconciliation).filter(({ name }) => name !== 'facts.csv')]
    case 'json':
      return [{ name: 'report.json', content: reportJson(result.report) }]
    case 'text':
      return [{ name: 'report.txt', content: `${renderReport(document, { width: Infinity, paint: plainPaint }).join('\n')}\n` }]
  }
}
