import type { ReportOutcome, RunReport } from '../model/run-report.ts'
import { formatCount } from './quantities.ts'
import type { Cell, ReportSection } from './report-document.ts'
import { OUTCOME_CODE_TEXTS, QUARANTINE_CODE_TEXTS } from './row-code-texts.ts'
import { keyArgument } from './shell-words.ts'
import { left, right, shrinking } from './table.ts'

const SHARED = '(shared)'

/** Why rows were refused, and which. */
export function quarantineSections({ outcomes, quarantined, quarantined_total }: RunReport): readonly ReportSection[] {
  const reasons = outcomes.filter(({ kind }) => kind === 'quarantine')
  if (reasons.length === 0 && quarantined.length === 0) return [{ title: 'Quarantine', lead: ['No row was refused.'], table: null }]
  const rest = quarantined_total - quarantined.length
  return [
    {
      title: 'Quarantine, by reason',
      lead: ['Rows and parts the run refused, in the run’s own counts; some may have been loaded since.'],
      table: {
        name: 'quarantine_reasons',
        columns: [right('rows'), left('tenant'), left('entity'), left('code'), shrinking('column'), shrinking('meaning')],
        rows: reasons.map(line => [...cellsOf(line), QUARANTINE_CODE_TEXTS[line.code] ?? 'A reason of the mapping.']),
      },
    },
    {
      title: 'Rows in quarantine now',
      lead: ['By their key in the source; values are never shown.', ...(rest > 0 ? [`And ${formatCount(rest)} others.`] : [])],
      table: {
        name: 'quarantine_rows',
        columns: [left('tenant'), left('entity'), left('key'), left('code'), shrinking('column'), shrinking('refused part')],
        rows: quarantined.map(row => [row.tenant ?? SHARED, row.entity, keyArgument(row.key), row.code, row.column ?? '', row.part ?? '']),
      },
    },
  ]
}

interface Kind {
  readonly title: string
  readonly name: string
  readonly kinds: readonly string[]
  readonly lead: string
  readonly none: string
}

const KINDS: readonly Kind[] = [
  {
    title: 'Exclusions',
    name: 'exclusions',
    kinds: ['exclude'],
    lead: 'Rows the mapping leaves out on purpose.',
    none: 'No row was left out by a rule.',
  },
  {
    title: 'Declared losses',
    name: 'losses',
    kinds: ['loss'],
    lead: 'Casts that cannot carry every value, allowed in the mapping, and how many values each changed.',
    none: 'No value was changed by a cast.',
  },
  {
    title: 'Gaps and overlaps of time zones',
    name: 'zones',
    kinds: ['zone_gap', 'zone_overlap'],
    lead: 'Local times that do not exist (gap) or exist twice (overlap) in the tenant’s zone, decided by the mapping’s policy.',
    none: 'No local time fell into a gap or an overlap.',
  },
  {
    title: 'Replacements',
    name: 'replacements',
    kinds: ['value', 'lacking'],
    lead: 'Values the mapping declares for what is missing or not valid.',
    none: 'No value was replaced.',
  },
  { title: 'Notes', name: 'notes', kinds: ['note'], lead: 'Remarks on rows that were loaded.', none: 'No row has a note.' },
]

/** What the mapping declares, and how often it was taken. */
export function outcomeSections({ outcomes, zone_policy: policy }: RunReport): readonly ReportSection[] {
  return KINDS.map(({ title, name, kinds, lead, none }) => {
    const lines = outcomes.filter(({ kind }) => kinds.includes(kind))
    if (lines.length === 0) return { title, lead: [none], table: null }
    const decided = name === 'zones' && policy !== null ? [`Gap: ${policy.gap.replaceAll('_', ' ')}. Overlap: ${policy.overlap}.`] : []
    const columns = [right('times'), left('tenant'), left('entity'), left('code'), shrinking('column'), left('kind'), shrinking('meaning')]
    const rows = lines.map(line => [
      ...cellsOf(line),
      line.kind.replaceAll('_', ' '),
      OUTCOME_CODE_TEXTS[line.code] ?? 'Said by the mapping.',
    ])
    return { title, lead: [lead, ...decided], table: { name, columns, rows, footer: [sumOf(lines), ...columns.slice(1).map(() => '')] } }
  })
}

function cellsOf({ count, tenant, entity, code, column }: ReportOutcome): readonly Cell[] {
  return [count, tenant ?? SHARED, entity, code, column]
}

function sumOf(lines: readonly ReportOutcome[]): number {
  return lines.reduce((sum, { count }) => sum + count, 0)
}

export function leftOutSection({ left_out }: RunReport): ReportSection {
  const title = 'Tables and columns left out'
  if (left_out === null)
    return { title, lead: ['The manifest at hand is not the one of the run, so what that one left out is not told.'], table: null }
  if (left_out.length === 0) return { title, lead: ['The manifest leaves out no table and no column.'], table: null }
  const rows = left_out.map(({ what, pattern, reason }) => [what, pattern, reason])
  const columns = [left('what'), left('name or pattern'), shrinking('reason')]
  return { title, lead: ['Whole, by the manifest, each with its reason.'], table: { name: 'left_out', columns, rows } }
}
