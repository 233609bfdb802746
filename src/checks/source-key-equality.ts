import { tableLabel } from '../base/table-label.ts'
import type { Column } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import { type Check, filePlace, finding } from './check.ts'

const FOLDED = { code: 'SOURCE_KEY', severity: 'info' } as const
const UNKNOWN = { code: 'SOURCE_KEY', severity: 'warning' } as const

/** The case folding of citext is known and followed; what a collation holds equal is not. */
export const sourceKeyEquality: Check = {
  name: 'source-key-equality',
  finds: 'A key column holds different texts for equal: citext, or a non-deterministic collation.',
  gives: [FOLDED, UNKNOWN],
  run: survey => survey.plans.flatMap(plan => [...plan.entities.values()].flatMap(facts => looseColumns(facts, plan))),
}

function looseColumns({ entity, relation, key }: EntityFacts, { tenant }: TenantPlan): readonly Finding[] {
  if (key.source.kind === 'content') return []
  const columns = relation.columns.filter(column => key.names.includes(column.name) && column.collation?.isDeterministic === false)
  const table = tableLabel(relation.schema, relation.name)
  return columns.map(column => {
    const isFolded = isCitext(column)
    return finding(isFolded ? FOLDED : UNKNOWN, {
      where: { ...filePlace(entity.at), ...(tenant === null ? {} : { tenant: tenant.code }), entity: entity.name, table },
      message: isFolded
        ? `expected equal keys to be equal texts, got ${column.name} of type citext: ABC and abc are one key`
        : `expected equal keys to be equal texts, got ${column.name} with collation ${column.collation?.name}, which holds different texts for equal`,
      next: isFolded
        ? 'Nothing: references that differ in upper and lower case find their row.'
        : 'A reference written otherwise than the key counts as an orphan. Unify the spelling in the source, or write the same expression (such as lower(…)) wherever the key is referred to and use it as the key of a view.',
    })
  })
}

function isCitext(column: Column): boolean {
  let { type } = column
  while (type.kind === 'domain' && type.element !== undefined) type = type.element
  return type.name === 'citext'
}
