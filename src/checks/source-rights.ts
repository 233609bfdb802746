import { tableLabel } from '../base/table-label.ts'
import type { Finding } from '../model/finding.ts'
import { type Check, filePlace, finding } from './check.ts'
import type { Survey, SurveyedEntity } from './survey.ts'

const REFUSED = { code: 'SOURCE_REFUSED', severity: 'error' } as const

export const sourceRights: Check = {
  name: 'source-rights',
  finds: 'The login may not read a table or column the mapping needs, or row-level security would hide rows from it.',
  gives: [REFUSED],
  run: survey => survey.compiled.flatMap(compiled => refusedReading(compiled, survey)),
}

function refusedReading({ tenant, entity, compiled }: SurveyedEntity, survey: Survey): readonly Finding[] {
  const facts = survey.plans.find(plan => (plan.tenant?.code ?? null) === tenant)?.entities.get(entity.name)
  const denied = facts?.relation.denied
  if (facts === undefined || facts.isAbsent || denied === undefined) return []
  const { relation } = facts
  const table = tableLabel(relation.schema, relation.name)
  const read = facts.key.source.kind === 'content' ? relation.columns.map(column => column.name) : [...facts.key.names, ...compiled.columns]
  const columns = denied.columns.filter(column => read.includes(column))
  const got =
    columns.length === relation.columns.length
      ? 'no right to select'
      : columns.length > 0
        ? `no right to select ${columns.join(', ')}`
        : denied.rows
          ? 'row-level security that may hide rows from it'
          : null
  if (got === null) return []
  const where = { ...filePlace(entity.at), ...(tenant === null ? {} : { tenant }), entity: entity.name, table }
  if (survey.sources.some(({ name, capability }) => name === entity.from.source && capability === 'scan')) {
    return [
      finding(REFUSED, {
        where,
        message: `expected rows of ${table} in the file of source ${entity.from.source}, got none that can be read without a server`,
        next: 'Dump the database again with the rows of this table, or exclude it with a reason.',
      }),
    ]
  }
  return [
    finding(REFUSED, {
      where,
      message: `expected a login that may read ${table} of source ${entity.from.source}, got ${got}`,
      next: 'Run `rehouse check --grants` and have the printed statements executed.',
    }),
  ]
}
