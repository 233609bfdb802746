import type { Page } from './paint.ts'
import { cutToWidth, displayWidth, padToWidth, printable } from './text-width.ts'

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
  /** May be cut when the table is wider than the page; numbers never are. */
  readonly canShrink?: boolean
}

export interface Table {
  readonly columns: readonly Column[]
  /** One text per column; longer or shorter rows are a bug of the caller. */
  readonly rows: readonly (readonly string[])[]
  /** Below a rule. */
  readonly footer?: readonly string[]
}

/** Columns between two cells. */
const GAP = '  '
/** A shrunk column keeps at least this many columns, so that something can be recognised. */
const LEAST_WIDTH = 8

export const left = (title: string): Column => ({ title, align: 'left' })
export const right = (title: string): Column => ({ title, align: 'right' })
export const shrinking = (title: string): Column => ({ title, align: 'left', canShrink: true })

/** Aligned lines, header first, none wider than the page, no blanks at line ends. Control characters in cells are spelt out. */
export function renderTable(table: Table, page: Page): readonly string[] {
  const rows = table.rows.map(row => row.map(printable))
  const footer = table.footer?.map(printable)
  const cells = [table.columns.map(column => column.title), ...rows, ...(footer === undefined ? [] : [footer])]
  const widths = fitWidths(table.columns, cells, page.width)
  const line = (row: readonly string[]): string => {
    const text = table.columns
      .map((column, i) => padToWidth(cutToWidth(row[i] ?? '', widths[i] ?? 0), widths[i] ?? 0, column.align))
      .join(GAP)
    return cutToWidth(text.trimEnd(), page.width)
  }
  const rule = cutToWidth(widths.map(width => '─'.repeat(width)).join(GAP), page.width)
  const head = [page.paint('strong', line(table.columns.map(column => column.title))), page.paint('dim', rule)]
  const foot = footer === undefined ? [] : [page.paint('dim', rule), page.paint('strong', line(footer))]
  return [...head, ...rows.map(line), ...foot]
}

/** The widest cell of each column; where the page is too narrow, the widest column that may shrink gives way first. */
function fitWidths(columns: readonly Column[], cells: readonly (readonly string[])[], pageWidth: number): readonly number[] {
  const widths = columns.map((_, i) => cells.reduce((most, row) => Math.max(most, displayWidth(row[i] ?? '')), 0))
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - pageWidth
  while (excess > 0) {
    const widest = widestThatShrinks(columns, widths)
    if (widest === -1) break
    widths[widest] = (widths[widest] ?? 0) - 1
    excess--
  }
  return widths
}

function widestThatShrinks(columns: readonly Column[], widths: readonly number[]): number {
  let found = -1
  columns.forEach((column, i) => {
    const width = widths[i] ?? 0
    if (column.canShrink === true && width > LEAST_WIDTH && width > (widths[found] ?? 0)) found = i
  })
  return found
}
