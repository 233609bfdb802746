import type { QuarantineResult } from '../model/results.ts'
import type { Page } from './paint.ts'
import { formatCount, formatCounted } from './quantities.ts'
import { left, renderTable, right, shrinking } from './table.ts'
import { printable } from './text-width.ts'
import { wrapText } from './wrap.ts'

type Row = QuarantineResult['rows'][number]

/** The rows shown, one line each, and how many of each code. */
export function renderQuarantine(result: QuarantineResult, page: Page): readonly string[] {
  if (result.total === 0) return ['Nothing in quarantine.']
  const rest = result.total - result.rows.length
  return [
    ...renderTable(
      {
        columns: [
          left('tenant'),
          left('entity'),
          left('key'),
          left('code'),
          shrinking('column'),
          shrinking('value, masked'),
          shrinking('part'),
        ],
        rows: result.rows.map(row => [
          row.tenant ?? '(shared)',
          row.entity,
          row.key.join(', '),
          row.code,
          row.column ?? '',
          row.value_masked ?? '',
          row.part ?? '',
        ]),
      },
      page,
    ),
    ...(rest > 0 ? [page.paint('dim', `and ${formatCounted(rest, 'other')}; --limit all shows every one`)] : []),
    '',
    ...renderQuarantineCodes(countCodes(result.rows), page),
  ]
}

export interface CodeCount {
  readonly entity: string
  readonly code: string
  readonly count: number
}

function countCodes(rows: readonly Row[]): readonly CodeCount[] {
  const counts = new Map<string, CodeCount>()
  for (const { entity, code } of rows) {
    const known = counts.get(`${entity}\n${code}`) ?? { entity, code, count: 0 }
    counts.set(`${entity}\n${code}`, { ...known, count: known.count + 1 })
  }
  return [...counts.values()]
}

/** How many of each code, most first. */
export function renderQuarantineCodes(counts: readonly CodeCount[], page: Page): readonly string[] {
  const sorted = counts.toSorted((a, b) => b.count - a.count || (a.entity + a.code < b.entity + b.code ? -1 : 1))
  return renderTable(
    {
      columns: [right('rows'), left('code'), left('entity')],
      rows: sorted.map(({ count, code, entity }) => [formatCount(count), code, entity]),
    },
    page,
  )
}

/** Everything known about each row. */
export function renderQuarantineDetails(result: QuarantineResult, page: Page): readonly string[] {
  if (result.rows.length === 0) return ['Nothing in quarantine by that description.']
  return result.rows.flatMap((row, i) => [...(i === 0 ? [] : ['']), ...renderDetails(row, page)])
}

function renderDetails(row: Row, page: Page): readonly string[] {
  const facts: readonly (readonly [string, string | null])[] = [
    ['code', row.code],
    ['column', row.column],
    ['value, masked', row.value_masked],
    ['detail', row.detail],
    ['refused part', row.part],
    ['batch', row.batch],
    ['first run', row.first_run],
    ['last run', row.last_run],
  ]
  return [
    page.paint('strong', printable(`${row.entity} ${row.key.join(', ')}, tenant ${row.tenant ?? '(shared)'}`)),
    ...facts.flatMap(([name, value]) =>
      value === null ? [] : wrapText(printable(value), page, { first: `  ${name.padEnd(15)}`, indent: 17 }),
    ),
  ]
}
