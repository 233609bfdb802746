import { PLAIN_NAME } from './choose-references.ts'
import type { ReferenceFacts } from './table-facts.ts'

/** Of what was counted: declared references all, of the others what is borne out, the best for each column. */
export function acceptReferences(counted: readonly ReferenceFacts[]): readonly ReferenceFacts[] {
  const groups = Map.groupBy(
    counted.filter(facts => facts.isDeclared || isBorneOut(facts)),
    ({ child, columns, isDeclared, parent }) =>
      JSON.stringify([child.schema, child.name, columns, isDeclared && [parent.schema, parent.name]]),
  )
  return [...groups.values()].flatMap(group => group.toSorted((a, b) => score(b) - score(a)).slice(0, 1))
}

/** The less the name says, and the likelier the values fit by chance, the more of them have to fit. */
function isBorneOut({ checked, orphans, likeness, chance }: ReferenceFacts): boolean {
  if (checked === null || checked === 0) return false
  const coverage = 1 - orphans / checked
  if (likeness >= PLAIN_NAME) return coverage >= 0.5
  if (likeness >= 0.7) return coverage >= 0.8
  if (likeness >= 0.5) return coverage >= 0.95
  return coverage >= 0.99 && chance < 0.5
}

/** From 0 to 1: how sure a person may be. */
export function score({ checked, orphans, likeness, chance }: ReferenceFacts): number {
  const coverage = checked === null || checked === 0 ? 0 : 1 - orphans / checked
  return 0.5 * coverage + 0.35 * likeness + 0.15 * (1 - chance)
}
