import { tableLabel } from '../../base/table-label.ts'
import type { TargetRelation } from '../../model/catalogue.ts'
import type { SchemaStep } from '../../model/ledger-records.ts'
import type { DeferralRule, UnbreakableRules } from '../target.ts'
import { disableTriggerStep, dropForeignKeyStep, dropIndexStep, guardStep } from './deferral-steps.ts'
import type { ForeignKeyFacts, IndexFacts, PostgresRelation } from './target-relations.ts'

/**
 * What can wait until the rows are there: foreign keys, indexes and keys of tables that are empty, ours, alone (no partition, no inheritance) and worth it.
 * Each such table is guarded first. In the order to apply; undone in reverse. Pure.
 * Where the rule says what no row can break, nothing else.
 * What stays: indexes that replicas, clustering statistics, views or foreign keys of other tables rest on; exclusion constraints; foreign keys we could not make again.
 */
export function planDeferral(relations: readonly TargetRelation[], rule: DeferralRule): readonly SchemaStep[] {
  const described = relations.filter(isDescribed)
  const tables = described.filter(relation => isDeferrable(relation, rule))
  const foreignKeys = tables.flatMap(table =>
    table.postgres.foreignKeys.filter(key => key.canMakeAgain && isHeld(key, ruleOf(table, rule))).map(key => ({ table, key })),
  )
  const dropped = new Set(foreignKeys.map(({ key }) => key.oid))
  const indexes = tables.flatMap(table =>
    table.postgres.indexes
      .filter(index => canGo(index, dropped) && isUnbreakable(table, index, ruleOf(table, rule)))
      .map(index => ({ table, index })),
  )
  const touched = tables.filter(table => [...foreignKeys, ...indexes].some(part => part.table === table))
  return [
    ...touched.map(table => guardStep(table, rule.run)),
    ...(rule.triggers === 'disable'
      ? described.flatMap(table => table.postgres.triggers.map(trigger => disableTriggerStep(table, trigger)))
      : []),
    ...foreignKeys.map(({ table, key }) => dropForeignKeyStep(table, key)),
    ...indexes.sort((a, b) => rank(a.index) - rank(b.index)).map(({ table, index }) => dropIndexStep(table, index)),
  ]
}

/** Made by this engine's `describe`; of other relations we do not know enough. */
function isDescribed(relation: TargetRelation): relation is PostgresRelation {
  return 'postgres' in relation
}

function isDeferrable(relation: PostgresRelation, rule: DeferralRule): boolean {
  return relation.isEmpty && relation.postgres.isPlain && rule.worthwhile.has(tableLabel(relation.schema, relation.name))
}

function canGo(index: IndexFacts, droppedForeignKeys: ReadonlySet<string>): boolean {
  return index.isValid && !index.mustStay && index.foreignKeys.every(oid => droppedForeignKeys.has(oid))
}

function ruleOf(relation: PostgresRelation, { unbreakable }: DeferralRule): UnbreakableRules | null {
  return unbreakable?.get(tableLabel(relation.schema, relation.name)) ?? null
}

/** The mapping itself sees to it that the row referred to is there. */
function isHeld({ pairs, referenced }: ForeignKeyFacts, rule: UnbreakableRules | null): boolean {
  if (rule === null) return true
  const isChecked = pairs.some(([column]) => rule.checked.get(column) === tableLabel(referenced.schema, referenced.name))
  return isChecked || pairs.every(([column]) => rule.constant.has(column))
}

function isUnbreakable(table: PostgresRelation, index: IndexFacts, rule: UnbreakableRules | null): boolean {
  if (rule === null || !index.isUnique) return true
  const key = table.uniqueKeys.find(({ name }) => name === index.name)
  return key !== undefined && rule.distinct.some(columns => columns.every(column => key.columns.includes(column)))
}

function rank(index: IndexFacts): number {
  if (index.constraint === null) return 0
  return index.constraint.kind === 'primary' ? 2 : 1
}
