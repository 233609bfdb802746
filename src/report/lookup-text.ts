import type { LookupResult } from '../model/results.ts'
import type { Page } from './paint.ts'
import { left, renderTable, right } from './table.ts'
import { printable } from './text-width.ts'

export function renderLookup(result: LookupResult, page: Page): readonly string[] {
  const scope = result.tenant === null ? printable(result.entity) : `${printable(result.entity)} of tenant ${printable(result.tenant)}`
  if (result.matches.length === 0) return [`No match for ${scope}.`]
  return renderTable(
    {
      columns: [left('legacy key'), left('id'), left('table'), right('batch')],
      rows: result.matches.map(match => [match.key.join(', '), match.id, match.table, match.batch]),
    },
    page,
  )
}
