import { RehouseError } from '../errors.ts'
import type { MigrationSurvey } from '../run/survey-migration.ts'
import type { Differences } from '../verify/differences.ts'
import type { VerifiedEntity } from '../verify/table-scopes.ts'
import type { VerifyRequest } from './verify-request.ts'

/** Engines that deliver rows in the order of an integer key; those that read files deliver them in the file's. */
const IN_KEY_ORDER = new Set(['postgres', 'memory'])

/** What was asked for and can be looked at; what cannot is said as a reason. Entities that fill a table together are looked at together. USAGE for an entity nobody knows. */
export function verifiedEntities(
  survey: MigrationSurvey,
  { request, differences }: { readonly request: VerifyRequest; readonly differences: Differences },
): readonly VerifiedEntity[] {
  const { mapping } = survey
  const unknown = request.entities?.find(name => !mapping.entities.some(entity => entity.name === name))
  if (unknown !== undefined)
    throw new RehouseError('USAGE', `expected an entity of the manifest, got ${unknown}`, {
      next: `Use one of: ${mapping.entities.map(e => e.name).join(', ')}.`,
    })
  const wanted = withCoWriters(survey, request.entities)
  const found: VerifiedEntity[] = []
  for (const plan of survey.plans) {
    for (const entity of mapping.entities) {
      if (!wanted.has(entity.name) || entity.isShared !== (plan.tenant === null)) continue
      const tenant = plan.tenant?.code ?? null
      const facts = plan.entities.get(entity.name)
      // A tenant without the relation has no rows of it.
      if (facts === undefined && entity.isOptional) continue
      const compiled = survey.compiled.find(c => c.entity === entity && c.tenant === tenant)?.compiled
      const relations = survey.services.find(s => s.ref.name === entity.service)?.relations
      const lacking = entity.into.find(shape => !relations?.has(`${shape.schema}.${shape.table}`))
      const place = { entity: entity.name, tenant, table: null }
      if (lacking !== undefined) {
        const table = `${lacking.schema}.${lacking.table}`
        differences.reason({
          code: 'table_missing',
          ...place,
          table,
          message: `expected table ${table} in service ${entity.service}, got none`,
        })
      } else if (facts === undefined || compiled === undefined || compiled.findings.some(isError)) {
        const first = compiled?.findings.find(isError)
        const message = first?.message ?? 'expected its relation in the source, got none'
        differences.reason({ code: 'not_compiled', ...place, message })
      } else {
        const source = survey.sources.find(s => s.name === entity.from.source && (s.tenant === null || s.tenant === tenant))
        const inKeyOrder = IN_KEY_ORDER.has(source?.catalogue.engine ?? '')
        found.push({ facts, compiled, number: survey.setting.numbers.get(entity.name) ?? 0, tenant: plan.tenant, inKeyOrder })
      }
    }
  }
  return found
}

function isError({ severity }: { readonly severity: string }): boolean {
  return severity === 'error'
}

function withCoWriters({ mapping }: MigrationSurvey, chosen: readonly string[] | null): ReadonlySet<string> {
  if (chosen === null) return new Set(mapping.entities.map(entity => entity.name))
  const tablesOf = (name: string): readonly string[] => {
    const entity = mapping.entities.find(e => e.name === name)
    return entity?.into.map(shape => JSON.stringify([entity.service, shape.schema, shape.table])) ?? []
  }
  const tables = new Set(chosen.flatMap(tablesOf))
  return new Set(
    mapping.entities.map(entity => entity.name).filter(name => chosen.includes(name) || tablesOf(name).some(t => tables.has(t))),
  )
}
