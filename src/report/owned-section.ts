import type { ReportEntity, ReportOwned, RunReport } from '../model/run-report.ts'
import { formatCount } from './quantities.ts'
import type { ReportSection } from './report-document.ts'
import { left, right, shrinking } from './table.ts'
import { OUTCOMES } from './totals-text.ts'

const SHARED = '(shared)'
const MOST = 1000

/** Of entities that account for related rows besides their own: a line for each relation. */
export function ownedSection({ entities }: RunReport): readonly ReportSection[] {
  const lines = entities.flatMap(entity => (entity.owned ?? []).map(owned => ({ entity, owned })))
  if (lines.length === 0) return []
  const more = lines.length > MOST ? [`And ${formatCount(lines.length - MOST)} others, in report.json.`] : []
  return [
    {
      title: 'Related rows accounted for',
      lead: ['Each owned row has the end of the row it belongs to, unless a rule gave it another or it belongs to none.', ...more],
      table: {
        name: 'owned',
        columns: [left('tenant'), left('entity'), shrinking('relation'), right('in the source'), right('read'), ...OUTCOMES.map(right)],
        rows: lines.slice(0, MOST).map(rowOf),
      },
    },
  ]
}

function rowOf({ entity, owned }: { readonly entity: ReportEntity; readonly owned: ReportOwned }): (string | number | null)[] {
  const place = [entity.tenant ?? SHARED, entity.entity, owned.relation]
  return [...place, owned.source_rows, owned.read, ...OUTCOMES.map(outcome => owned[outcome])]
}
