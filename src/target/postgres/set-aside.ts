import type { TargetRelation } from '../../model/catalogue.ts'
import type { SchemaStep } from '../../model/ledger-records.ts'

/** What steps take away of a table. Definitions of indexes and checks are told for people only: they stay as the catalogue has them now. */
type Found = Pick<TargetRelation, 'primaryKey' | 'uniqueKeys' | 'foreignKeys' | 'triggers'>

const MARK = '-- rehouse found '

/** The table as it was, as a comment line to put before the undo text of its guard, because by then the catalogue has forgotten it. JSON has no line breaks of its own. */
export function foundLine({ primaryKey, uniqueKeys, foreignKeys, triggers }: Found): string {
  const found: Found = { primaryKey, uniqueKeys, foreignKeys, triggers }
  return `${MARK}${JSON.stringify(found)}\n`
}

/** The table with everything back that `steps` set aside. Pure. */
export function withSetAside<T extends TargetRelation>(relation: T, steps: readonly SchemaStep[]): T {
  const guard = steps.find(step => step.kind === 'guard' && step.schema === relation.schema && step.table === relation.name)
  if (guard === undefined || !guard.undo.startsWith(MARK)) return relation
  // Written by foundLine.
  const found = JSON.parse(guard.undo.slice(MARK.length, guard.undo.indexOf('\n'))) as Found
  return { ...relation, ...found }
}
