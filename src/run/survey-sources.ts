import type { Survey } from '../checks/survey.ts'
import { atPlace, RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { Tenant } from '../model/mapping.ts'
import type { SourceFacts } from '../source/source.ts'
import { countExcluded } from './count-excluded.ts'
import type { Migration } from './migration.ts'
import { withViews } from './survey-views.ts'

/** A tenant whose own source cannot be reached or will not be read. */
export type LeftOut = (tenant: string, error: RehouseError) => void

const SOURCES_AT_ONCE = 6

/** Looks at the source of each tenant, some at once. Without `leftOut` the first that cannot be reached rejects. */
export async function surveySources<T extends Tenant>(
  migration: Migration,
  tenants: readonly T[],
  leftOut: LeftOut | undefined,
): Promise<{ readonly sources: readonly SurveyedSource[]; readonly tenants: readonly T[] }> {
  const wanted = migration.mapping.sources.flatMap((source): { source: string; tenant: Tenant | null }[] =>
    migration.isPerTenant(source.name) ? tenants.map(tenant => ({ source: source.name, tenant })) : [{ source: source.name, tenant: null }],
  )
  const surveyed: (SurveyedSource | undefined)[] = new Array(wanted.length)
  const failed = new Map<string, RehouseError>()
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < wanted.length; i = next++) {
      const place = wanted[i] as (typeof wanted)[number]
      const found = await surveySource(migration, place).catch(error => missed(error, leftOut === undefined ? null : place.tenant))
      if (found instanceof RehouseError) failed.set(place.tenant?.code ?? '', found)
      else surveyed[i] = found
    }
  }
  await Promise.all(Array.from({ length: Math.min(SOURCES_AT_ONCE, wanted.length) }, worker))
  const left = tenants.filter(tenant => !failed.has(tenant.code))
  const [first] = failed.values()
  if (first !== undefined && left.length === 0) throw first
  for (const [tenant, error] of failed) leftOut?.(tenant, error)
  const isLeft = (source: SurveyedSource | undefined): source is SurveyedSource => source !== undefined && !failed.has(source.tenant ?? '')
  return { sources: surveyed.filter(isLeft), tenants: left }
}

/** What one tenant can be left out for. Anything else is thrown. */
function missed(error: unknown, tenant: Tenant | null): RehouseError {
  if (tenant !== null && error instanceof RehouseError && (error.code === 'SOURCE_UNREACHABLE' || error.code === 'SOURCE_REFUSED'))
    return error
  throw error
}

export type SurveyedSource = Survey['sources'][number] & { readonly excluded: readonly Finding[] }

async function surveySource(migration: Migration, place: { source: string; tenant: Tenant | null }): Promise<SurveyedSource> {
  try {
    return await lookAtSource(migration, place)
  } catch (error) {
    const at = migration.mapping.sources.find(s => s.name === place.source)?.at
    throw atPlace(error, { ...at, tenant: place.tenant?.code })
  }
}

async function lookAtSource(migration: Migration, { source, tenant }: { source: string; tenant: Tenant | null }): Promise<SurveyedSource> {
  const opened = await migration.openSource(source, tenant)
  try {
    const facts: SourceFacts = await opened.facts()
    const described = await withViews(await opened.describe(), { opened, source, mapping: migration.mapping })
    const catalogue = opened.attaches === undefined ? described : { ...described, attaches: opened.attaches }
    const place = { name: source, tenant: tenant?.code ?? null }
    const excluded = await countExcluded(opened, { ...place, catalogue, mapping: migration.mapping })
    return { ...place, label: opened.label, capability: opened.capability, facts, catalogue, excluded }
  } finally {
    await opened.close()
  }
}
