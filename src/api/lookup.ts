import { didYouMean } from '../base/did-you-mean.ts'
import { RehouseError } from '../errors.ts'
import type { LookupResult } from '../model/results.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import type { LookupOptions } from './options.ts'

/** Legacy keys → ids, or ids → legacy keys, of one entity and tenant. Reads only; what is not there is simply not in `matches`. */
export async function lookup(options: LookupOptions): Promise<LookupResult> {
  const migration = await openMigration(options)
  try {
    const { entity, tenant } = options
    const known = migration.mapping.entities.find(e => e.name === entity)
    if (known === undefined) {
      const names = migration.mapping.entities.map(e => e.name)
      throw new RehouseError('USAGE', `expected an entity of the manifest, got ${entity}${didYouMean(entity, names)}`, {
        next: `Use one of: ${names.join(', ')}.`,
      })
    }
    const matches = await findMatches(migration, options, known.service)
    return { entity, tenant, matches }
  } finally {
    await migration.close()
  }
}

async function findMatches(
  migration: OpenMigration,
  { entity, tenant, legacy = [], ids = [] }: LookupOptions,
  service: string,
): Promise<LookupResult['matches']> {
  const ledger = migration.services.find(s => s.name === service)?.ledger
  if (ledger === undefined || (await ledger.state()) === 'absent') return []
  const numbered = (await ledger.entities()).find(e => e.name === entity)
  const owner = tenant === null ? 0 : (await ledger.tenants()).find(t => t.code === tenant)?.number
  if (numbered === undefined || owner === undefined) return []
  const known = await ledger.known(numbered.number, owner, legacy)
  const byKey = legacy.flatMap((key, i) => {
    const found = known[i]
    return found?.state === 'loaded' ? [{ key, id: found.id, table: numbered.table, batch: found.batch }] : []
  })
  const byId = (await ledger.keysOf(ids))
    .filter(match => match.entity === entity && match.tenant === tenant)
    .map(({ key, id, table, batch }) => ({ key, id, table, batch }))
  return [...byKey, ...byId]
}
