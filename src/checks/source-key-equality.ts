import { tableLabel } from '../base/table-label.ts'
import type { Collation, Column } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import { type Check, filePlace, finding } from './check.ts'

const FOLDED = { code: 'SOURCE_KEY', severity: 'info' } as const
const UNKNOWN = { code: 'SOURCE_KEY', severity: 'warning' } as const

/** The case folding of citext and of collations whose rule is known is followed; what other collations hold equal, and accents, is not. */
export const sourceKeyEquality: Check = {
  name: 'source-key-equality',
  finds: 'A key column holds different texts for equal: citext, or a collation that does.',
  gives: [FOLDED, UNKNOWN],
  run: survey => survey.plans.flatMap(plan => [...plan.entities.values()].flatMap(facts => looseColumns(facts, plan))),
}

function looseColumns({ entity, relation, key, isAbsent }: EntityFacts, { tenant }: TenantPlan): readonly Finding[] {
  if (key.source.kind === 'content' || isAbsent) return []
  const table = tableLabel(relation.schema, relation.name)
  const where = { ...filePlace(entity.at), ...(tenant === null ? {} : { tenant: tenant.code }), entity: entity.name, table }
  return relation.columns
    .filter(column => key.names.includes(column.name))
    .flatMap(column => {
      const loose = looseness(column)
      return loose === null
        ? []
        : [
            finding(loose.isFollowed ? FOLDED : UNKNOWN, {
              // The column is a place, so that many columns with one collation are told once.
              where: { ...where, column: column.name },
              message: `expected equal keys to be equal texts, got a key ${loose.what}`,
              next: loose.next,
            }),
          ]
    })
}

interface Loose {
  /** All of it is followed: references find their row. */
  readonly isFollowed: boolean
  readonly what: string
  readonly next: string
}

const REFERENCES = 'A reference written otherwise than the key counts as an orphan.'
const UNIFY =
  'Unify the spelling in the source, or write the same expression (such as lower(…)) wherever the key is referred to and use it as the key of a view.'

/** Null: equal keys are equal texts. */
function looseness(column: Column): Loose | null {
  const { collation } = column
  if (isCitext(column)) return followed('of type citext: ABC and abc are one key', 'in upper and lower case')
  if (collation === null) return null
  const rule = RULES[collation.equality ?? 'bytes']
  const other = notFollowed(collation)
  if (other !== null)
    return {
      isFollowed: false,
      what: `with collation ${collation.name}, which holds ${other} for equal`,
      next: `${rule === null ? '' : `${rule.fact} are one key. `}${REFERENCES} ${UNIFY}`,
    }
  return rule === null ? null : followed(`with collation ${collation.name}: ${rule.fact} are one key`, rule.difference)
}

function followed(what: string, difference: string): Loose {
  return { isFollowed: true, what, next: `Nothing: references that differ ${difference} find their row.` }
}

const RULES = {
  bytes: null,
  fold: { fact: 'ABC and abc', difference: 'in upper and lower case' },
  trim: { fact: 'texts that differ in blanks at their end', difference: 'in blanks at their end' },
  fold_trim: {
    fact: 'ABC and abc, and texts that differ in blanks at their end,',
    difference: 'in upper and lower case or in blanks at their end',
  },
} as const

/** Marks of SQL Server’s collations: no accents, and kana and width where the scripts have them. */
const ACCENTS = /_AI(_|$)/i
const EAST_ASIAN = /^(Japanese|Chinese|Korean)/i

/** What the collation holds equal besides, and nothing here follows; null: nothing known of. */
function notFollowed({ name, isDeterministic, equality }: Collation): string | null {
  if (isDeterministic) return null
  if (equality === undefined) return 'different texts'
  if (ACCENTS.test(name)) return 'letters with different accents'
  if (EAST_ASIAN.test(name) && !/_WS(_|$)/i.test(name)) return 'characters of different width or kana'
  return null
}

function isCitext(column: Column): boolean {
  let { type } = column
  while (type.kind === 'domain' && type.element !== undefined) type = type.element
  return type.name === 'citext'
}
