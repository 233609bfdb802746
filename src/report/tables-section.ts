import type { ReportEntity, ReportTable, RunReport } from '../model/run-report.ts'
import { formatCount } from './quantities.ts'
import type { ReportSection } from './report-document.ts'
import { left, right, shrinking } from './table.ts'
import { OUTCOMES } from './totals-text.ts'

const SHARED = '(shared)'
const MOST = 1000

/** Of entities whose rows lie in many tables: the tables of which more is to be said than that all rows are there. */
export function tablesSection({ entities }: RunReport): readonly ReportSection[] {
  const lines = entities.flatMap(entity => (entity.tables ?? []).map(table => ({ entity, table })))
  if (lines.length === 0) return []
  const odd = lines.filter(({ table }) => table.loaded + table.unchanged !== table.read || table.parts_quarantined !== 0)
  const plain = lines.length - odd.length
  const more = odd.length > MOST ? [`And ${formatCount(odd.length - MOST)} others.`] : []
  return [
    {
      title: 'Tables read as one',
      lead: [
        `Of ${formatCount(lines.length)} tables every row of ${formatCount(plain)} was loaded or is unchanged; report.json has a line for each. The others:`,
        ...more,
      ],
      table:
        odd.length === 0
          ? null
          : {
              name: 'tables',
              columns: [left('tenant'), left('entity'), shrinking('table'), right('read'), ...OUTCOMES.map(right), right('parts refused')],
              rows: odd.slice(0, MOST).map(rowOf),
            },
    },
  ]
}

function rowOf({ entity, table }: { readonly entity: ReportEntity; readonly table: ReportTable }): (string | number)[] {
  return [
    entity.tenant ?? SHARED,
    entity.entity,
    table.table,
    table.read,
    ...OUTCOMES.map(outcome => table[outcome]),
    table.parts_quarantined,
  ]
}
