import type { SchemaStep } from '../../model/ledger-records.ts'
import { qualifiedName, quoteName } from '../../postgres/quote.ts'
import type { TableName } from '../target.ts'

/** What the rows must satisfy for a step to be undone. It travels in the step's own undo text, because by then the catalogue has forgotten it. */
export type Requirement =
  | {
      readonly kind: 'unique'
      /** SQL of each key, with its collation; SQL of the predicate. */
      readonly keys: readonly string[]
      readonly predicate: string | null
      readonly nullsNotDistinct: boolean
    }
  | {
      readonly kind: 'foreign key'
      readonly pairs: readonly (readonly [string, string, string, string])[]
      readonly referenced: TableName
      readonly isFullMatch: boolean
    }

const MARK = '-- rehouse requires '

/** The requirement as a comment line to put before the undo text. JSON has no line breaks of its own, so nothing in it can end the comment. */
export function requirementLine(requirement: Requirement): string {
  return `${MARK}${JSON.stringify(requirement)}\n`
}

/** The query for the rows in the way of `step.undo`, by their id; null = nothing can be. */
export function violationsQuery(step: SchemaStep, idColumn: string): string | null {
  if (!step.undo.startsWith(MARK)) return null
  // Written by requirementLine.
  const requirement = JSON.parse(step.undo.slice(MARK.length, step.undo.indexOf('\n'))) as Requirement
  const table = qualifiedName({ schema: step.schema, name: step.table })
  const id = `${quoteName(idColumn)}::pg_catalog.text`
  return requirement.kind === 'unique' ? duplicates(table, id, requirement) : orphans(table, id, requirement)
}

/** `ctid`: of equal rows the one that lies first stays. The operator class's own equality decides, as in the index. */
function duplicates(table: string, id: string, { keys, predicate, nullsNotDistinct }: Requirement & { kind: 'unique' }): string {
  const conditions = nullsNotDistinct ? [] : keys.map(key => `(${key}) is distinct from null`)
  if (predicate !== null) conditions.push(`(${predicate})`)
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  return `select id from (
      select ${id} as id, pg_catalog.row_number() over (partition by ${keys.join(', ')} order by ctid) as copy from only ${table}${where}
    ) as numbered where copy > 1 order by id collate pg_catalog."C"`
}

function orphans(table: string, id: string, { pairs, referenced, isFullMatch }: Requirement & { kind: 'foreign key' }): string {
  const columns = pairs.map(([column]) => `child.${quoteName(column)}`)
  const matches = pairs.map(
    ([column, parent, operator, collate]) => `parent.${quoteName(parent)} ${operator} child.${quoteName(column)}${collate}`,
  )
  const isOrphan = `not exists (select from only ${qualifiedName(referenced)} as parent where ${matches.join(' and ')})`
  const isWhole = columns.map(column => `${column} is not null`).join(' and ')
  const isMixed = `not (${isWhole}) and (${columns.map(column => `${column} is not null`).join(' or ')})`
  const where = isFullMatch ? `(${isWhole} and ${isOrphan}) or (${isMixed})` : `${isWhole} and ${isOrphan}`
  return `select id from (select child.${id} as id from only ${table} as child where ${where}) as orphan order by id collate pg_catalog."C"`
}
