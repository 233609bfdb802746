import type { CompatColumn, CompatTable } from '../model/compat-result.ts'
import type { Page } from './paint.ts'
import { formatCounted } from './quantities.ts'
import { renderTable, shrinking } from './table.ts'
import { printable } from './text-width.ts'
import { wrapText } from './wrap.ts'

const WORDS: Readonly<Record<CompatColumn['way_back'], string>> = { updatable: 'updatable', read_only: 'read only', no: 'no' }
const ROWS: Readonly<Record<CompatTable['rows'], string>> = {
  all: '',
  some: ', rows that are left out would be missing',
  none: ', no entity reads its rows',
}

/** Legacy tables with what views in the target could give back of them. */
export function renderCompat(tables: readonly CompatTable[], page: Page): readonly string[] {
  const all = tables.flatMap(table => table.columns)
  const count = (way: CompatColumn['way_back']): number => all.filter(column => column.way_back === way).length
  return [
    page.paint('strong', 'Back to the legacy tables, by views in the target'),
    '',
    ...tables.flatMap(table => [...renderTableBack(table, page), '']),
    `${formatCounted(all.length, 'column')}: ${count('updatable')} updatable, ${count('read_only')} read only, ${count('no')} not.`,
    '',
  ]
}

function renderTableBack({ source, table, entities, rows, columns }: CompatTable, page: Page): readonly string[] {
  const by = entities.length === 0 ? '' : ` (${entities.join(', ')})`
  const lines = renderTable(
    {
      columns: [shrinking('legacy column'), shrinking('type'), shrinking('way back'), shrinking('from'), shrinking('why')],
      rows: columns.map(column => [column.column, column.type, WORDS[column.way_back], column.from ?? '–', column.why]),
    },
    { ...page, width: page.width - 4 },
  )
  const title = printable(`${source}/${table}${by}${ROWS[rows]}`)
  return [...wrapText(title, page, { first: '  ', indent: 4 }), ...lines.map(line => `    ${line}`)]
}
