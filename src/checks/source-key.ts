import { tableLabel } from '../base/table-label.ts'
import { ordinalName } from '../expression/scope.ts'
import type { Finding } from '../model/finding.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import { type Check, filePlace, finding } from './check.ts'

const UNSURE = { code: 'SOURCE_KEY', severity: 'warning' } as const

export const sourceKey: Check = {
  name: 'source-key',
  finds: 'The key of an entity may be NULL or double in the source: no constraint says otherwise.',
  gives: [UNSURE],
  run: survey => survey.plans.flatMap(plan => [...plan.entities.values()].flatMap(facts => unsureKey(facts, plan))),
}

function unsureKey({ entity, relation, key, isAbsent }: EntityFacts, { tenant }: TenantPlan): readonly Finding[] {
  if (key.isUnique || isAbsent) return []
  const nullable = key.names.filter(name => relation.columns.find(column => column.name === name)?.isNullable)
  const isUnique = relation.uniqueKeys.some(
    unique => !unique.isPartialOrExpression && unique.columns.length > 0 && unique.columns.every(column => key.names.includes(column)),
  )
  const members = key.list?.parts.flatMap((part, i) => (part.kind === 'member' ? [key.names[i]] : [])) ?? []
  const reasons = [
    ...(members.length === 0 ? [] : [`${members.join(', ')} may be missing`]),
    ...(nullable.length === 0 ? [] : [`${nullable.join(', ')} may be NULL`]),
    ...(isUnique ? [] : ['nothing makes it unique']),
  ]
  const codes = [...(nullable.length + members.length === 0 ? [] : ['null_key']), ...(isUnique ? [] : ['duplicate_key'])]
  const table = tableLabel(relation.schema, relation.name)
  return [
    finding(UNSURE, {
      where: { ...filePlace(entity.at), ...(tenant === null ? {} : { tenant: tenant.code }), entity: entity.name, table },
      message: `expected a key of ${table} that is unique and never NULL, got (${key.names.join(', ')}): ${reasons.join(' and ')}`,
      next: `Rows it concerns go into quarantine (${codes.join(', ')}); how many is known when they are read. ${wayOut(entity)}`,
    }),
  ]
}

function wayOut({ list }: EntityFacts['entity']): string {
  return list === null
    ? 'Choose a `key` that is unique, or `key: { content: true }`.'
    : `Choose a \`key\` that is unique; with \`${ordinalName(list.as)}\` it is, but identifiers then depend on the order of the list.`
}
