import { quoteName, quoteTable } from '../base/quote-name.ts'
import type { TargetRelation } from '../model/catalogue.ts'
import type { Finding } from '../model/finding.ts'
import { type Check, finding } from './check.ts'
import { type CircleKey, circleKeys } from './circle-keys.ts'
import { type WrittenTable, writtenTables } from './written-tables.ts'

const BLOCKED = { code: 'TARGET_UNSUITED', severity: 'error' } as const
const REFUSES = { code: 'TARGET_UNSUITED', severity: 'warning' } as const

/** A row may come before the row it refers to, so the key must wait until both are there: Rehouse sets it aside on a plain table that is ours and empty, and elsewhere writes NULL first, where the column allows it. */
export const targetCircle: Check = {
  name: 'target-circle',
  finds:
    'A foreign key follows references to rows that may come later (to the entity itself, in a circle, to a later phase), Rehouse cannot set it aside during the load, and the column may not be NULL until then.',
  gives: [BLOCKED, REFUSES],
  run: survey => writtenTables(survey).flatMap(table => circleKeys(table, survey).flatMap(key => blockedKey(table, key))),
}

function blockedKey(table: WrittenTable, { column, key }: CircleKey): readonly Finding[] {
  const { relation, service } = table
  const obstacle = relation === null ? null : obstacleOf(table, relation)
  if (relation === null || obstacle === null) return []
  // Written as NULL first and set when all rows are there.
  const isSetLater = relation.columns.some(c => c.name === column && c.isNullable) && table.shape.each === null
  if (isSetLater && obstacle.kind !== 'no way back') return []
  // After the first run the table holds what it brought; most rows that are referred to are there already.
  const isLater = obstacle.kind === 'not empty' && service.ledger !== 'absent'
  return [
    finding(isLater ? REFUSES : BLOCKED, {
      where: { service: service.ref.name, entity: table.entity.name, table: table.name, column },
      message: `expected to set foreign key ${key.name} aside until all rows are there, got ${obstacle.text}`,
      next: isLater
        ? 'Nothing, if new rows refer to rows that are there. A new row that comes before the one it refers to goes into quarantine (foreign_key_violation).'
        : wayOut({ key, relation, role: service.facts.role }, obstacle),
    }),
  ]
}

interface Obstacle {
  readonly kind: 'not ours' | 'not empty' | 'not plain' | 'no way back'
  readonly text: string
}

function obstacleOf({ service, isHead, plan }: WrittenTable, relation: TargetRelation): Obstacle | null {
  if (relation.kind !== 'table') return { kind: 'not plain', text: 'a partitioned table' }
  if (plan !== null && (isHead ? plan.idColumn : plan.headColumn) === null)
    return { kind: 'no way back', text: 'a table whose rows could not be taken back if they break it' }
  if (!relation.isOwnedByUs) return { kind: 'not ours', text: `a table of ${relation.owner}, not of ${service.facts.role}` }
  return relation.isEmpty ? null : { kind: 'not empty', text: 'a table that holds rows already' }
}

const REASONS = {
  'not plain': 'Keys of a partitioned table stay where they are',
  'no way back': 'Keys stay where rows cannot be found again',
  'not empty': 'Other sessions may be using the table, so its keys stay',
} as const

function wayOut({ key, relation, role }: { key: CircleKey['key']; relation: TargetRelation; role: string }, { kind }: Obstacle): string {
  const name = quoteTable(relation)
  if (kind === 'not ours')
    return `As an administrator run: GRANT ${quoteName(relation.owner)} TO ${quoteName(role)}; or, if ${relation.owner} is a superuser: ALTER TABLE ${name} OWNER TO ${quoteName(role)};`
  return `${REASONS[kind]}: run ALTER TABLE ${name} DROP CONSTRAINT ${quoteName(key.name)}; before the migration and add the key again after it.`
}
