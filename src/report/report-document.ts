import type { Column } from './table.ts'

/** A report between what is known and how it is written: text without markup, to be escaped by whoever writes it. */

/** Numbers are counts; null = not known. */
export type Cell = string | number | null

export interface ReportTable {
  /** Of the CSV file; unique in its document. */
  readonly name: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
  /** Sums below a rule; as long as a row. */
  readonly footer?: readonly Cell[]
}

export interface ReportSection {
  readonly title: string
  /** Paragraphs before the table. */
  readonly lead: readonly string[]
  readonly table: ReportTable | null
}

export interface ReportDocument {
  readonly title: string
  /** What the whole comes to, in one sentence. */
  readonly verdict: string
  readonly facts: readonly (readonly [label: string, value: string])[]
  readonly sections: readonly ReportSection[]
  /** Null: nothing to sign. */
  readonly signatures: Signatures | null
}

export interface Signatures {
  /** What is signed. */
  readonly statement: string
  readonly roles: readonly string[]
}

export const SIGNATURE_LINES = ['Name', 'Role', 'Date', 'Place', 'Signature'] as const

/** Rows of a table without those columns in which nothing but 0 stands, except those named in `kept`. */
export function withoutEmptyColumns(table: ReportTable, kept: readonly string[]): ReportTable {
  const isShown = table.columns.map((column, i) => kept.includes(column.title) || table.rows.some(row => row[i] !== 0))
  const shown = (cells: readonly Cell[]): readonly Cell[] => cells.filter((_, i) => isShown[i])
  const footer = table.footer === undefined ? {} : { footer: shown(table.footer) }
  return { ...table, columns: table.columns.filter((_, i) => isShown[i]), rows: table.rows.map(shown), ...footer }
}
