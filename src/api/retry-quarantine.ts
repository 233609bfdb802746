import { RehouseError } from '../errors.ts'
import type { Mapping } from '../model/mapping.ts'
import type { MigrateResult } from '../model/results.ts'
import { referencedEntities } from '../plan/order.ts'
import { dryContext } from '../run/dry-context.ts'
import { type DryResult, runDry } from '../run/dry-run.ts'
import type { RunOptions } from '../run/migration.ts'
import { surveyMigration } from '../run/survey-migration.ts'
import { migrateOpened, runOptions } from './migrate.ts'
import { emptyResult } from './migrate-result.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import type { RetryOptions } from './options.ts'

/**
 * Tries every row in quarantine again, of the tenants and entities asked for: a run of its own that reads the entities concerned and loads nothing but those rows and what waited for them.
 * A loaded row whose reference took a replacement because its parent was refused stays as it is and is told as changed (SOURCE_ROWS_CHANGED).
 * The mapping may be another than before, if it leaves every loaded row as it is: otherwise MAPPING_CHANGED names the rows that would differ. Throws what `migrate` throws.
 */
export async function retryQuarantine(options: RetryOptions): Promise<MigrateResult> {
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  const migration = await openMigration(options)
  try {
    const concerned = await quarantinedPlaces(migration, options)
    if (concerned === null) return emptyResult({ findings: [], seconds: seconds() })
    const asked = { ...options, ...concerned }
    const run = runOptions(migration, asked)
    const retrying: RunOptions = { ...run, selection: { ...run.selection, retries: true } }
    const acceptsMapping = await changesNothingLoaded(migration, retrying)
    return await migrateOpened(migration, { run: { ...retrying, ...(acceptsMapping ? { acceptsMapping } : {}) }, options: asked, seconds })
  } finally {
    await migration.close()
  }
}

/** Tenants and entities with rows in quarantine; null = there are none. A shared entity needs no tenant. */
async function quarantinedPlaces(
  { services, mapping }: OpenMigration,
  { tenants, entities }: RetryOptions,
): Promise<{ readonly tenants?: readonly string[]; readonly entities: readonly string[] } | null> {
  const found = { tenants: new Set<string>(), entities: new Set<string>() }
  for (const { ledger } of services) {
    if ((await ledger.state()) === 'absent') continue
    const { rows } = await ledger.quarantine({ limit: null })
    for (const { entity, tenant, part } of rows) {
      // A part belongs to a row that is loaded: that one stays as it is.
      if (part !== null) continue
      if ((entities && !entities.includes(entity)) || (tenants && tenant !== null && !tenants.includes(tenant))) continue
      found.entities.add(entity)
      if (tenant !== null) found.tenants.add(tenant)
    }
  }
  if (found.entities.size === 0) return null
  return { tenants: [...found.tenants], entities: withChildren([...found.entities], mapping) }
}

/** Rows that were left out for want of a refused parent come over with it, so the entities that refer to these are read too, however far. */
function withChildren(entities: readonly string[], { entities: all }: Mapping): readonly string[] {
  const found = new Set(entities)
  for (const name of found) for (const entity of all) if (referencedEntities(entity).includes(name)) found.add(entity.name)
  return [...found]
}

/** True: the mapping is another than that of the last run, and every loaded row would come out the same. False: it is the same mapping. */
async function changesNothingLoaded(migration: OpenMigration, run: RunOptions): Promise<boolean> {
  const last = (await migration.services[0]?.ledger.runs())?.[0]
  if (last === undefined || last.mappingHash === migration.mapping.hash) return false
  const survey = await surveyMigration(migration, null)
  // Rows in quarantine stay there for this: what is asked is what the mapping alone does to the others.
  const selection = { tenants: null, entities: null, phase: null }
  const options: RunOptions = { ...run, selection, dryRun: true, emit: () => undefined, audit: null }
  const end = await runDry({ context: dryContext(migration, { survey, options }), plans: survey.plans, options })
  const [failure] = end.failures
  if (failure !== undefined) throw failure
  const differing = end.results.filter(result => result.counts.skipped > 0)
  if (differing.length === 0) return true
  throw wouldDiffer(differing, migration.mapping.file)
}

const MOST_KEYS = 5

function wouldDiffer(results: readonly DryResult[], file: string): RehouseError {
  const rows = results.reduce((sum, result) => sum + result.counts.skipped, 0)
  const named = results.slice(0, 3).map(({ entity, tenant, differing }) => {
    const keys = differing.slice(0, MOST_KEYS).map(key => key.join(','))
    return `${entity}${tenant === null ? '' : ` of ${tenant}`}: ${keys.join(' ')}${differing.length > MOST_KEYS ? ' …' : ''}`
  })
  const more = results.length > named.length ? `; and ${results.length - named.length} more entities and tenants` : ''
  return new RehouseError(
    'MAPPING_CHANGED',
    `expected a mapping that leaves the loaded rows as they are, got one that changes ${rows} of them (${named.join('; ')}${more})`,
    {
      where: { file, entity: results[0]?.entity, tenant: results[0]?.tenant ?? undefined },
      next: 'Change only what decides about the rows in quarantine; to migrate everything by another mapping, begin with empty targets.',
    },
  )
}
