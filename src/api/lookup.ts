import { schemeOf } from '../base/address-schemes.ts'
import { didYouMean } from '../base/did-you-mean.ts'
import { equalText } from '../cast/key-equality.ts'
import { RehouseError } from '../errors.ts'
import type { Entity } from '../model/mapping.ts'
import type { LookupResult } from '../model/results.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import type { LookupOptions } from './options.ts'
import { type Deed, recordDeed } from './record-deed.ts'

/**
 * Legacy keys → ids, or ids → legacy keys, of one entity and tenant. Who asked for what is remembered in the audit, nothing else is written; what is not there is simply not in `matches`.
 * SQL Server holds texts equal that differ in case or in blanks at their end, and the ledger keeps the folded form: for its files a key is looked for in that form too, and the match shows it.
 */
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
    await recordDeed(migration, deedOf(options), options)
    const matches = await findMatches(migration, options, known)
    return { entity, tenant, matches }
  } finally {
    await migration.close()
  }
}

/** Other forms the ledger may keep a key in. */
function foldedKeys(key: readonly string[]): readonly (readonly string[])[] {
  const forms = (['fold_trim', 'trim'] as const).map(equality => key.map(equalText(equality) ?? (part => part)))
  const texts = new Set([JSON.stringify(key)])
  return forms.filter(form => !texts.has(JSON.stringify(form)) && texts.add(JSON.stringify(form)))
}

/** Keys asked for that an entry names; all of them are counted. */
const MOST_KEYS = 100

function deedOf({ entity, tenant, legacy = [], ids = [] }: LookupOptions): Deed {
  const asked = { legacy: legacy.slice(0, MOST_KEYS), ids: ids.slice(0, MOST_KEYS), asked: legacy.length + ids.length }
  return { action: 'lookup', detail: { entity, tenant, ...asked } }
}

async function findMatches(
  migration: OpenMigration,
  { entity, tenant, legacy = [], ids = [] }: LookupOptions,
  { service, from }: Pick<Entity, 'service' | 'from'>,
): Promise<LookupResult['matches']> {
  const ledger = migration.services.find(s => s.name === service)?.ledger
  if (ledger === undefined || (await ledger.state()) === 'absent') return []
  const numbered = (await ledger.entities()).find(e => e.name === entity)
  const owner = tenant === null ? 0 : (await ledger.tenants()).find(t => t.code === tenant)?.number
  if (numbered === undefined || owner === undefined) return []
  const folds = schemeOf(migration.mapping.sources.find(source => source.name === from.source)?.url ?? '') === 'bacpac'
  const wanted = folds ? legacy.flatMap(key => [key, ...foldedKeys(key)]) : legacy
  const known = await ledger.known(numbered.number, owner, wanted)
  const merged = known.flatMap(found => (found?.state === 'merged' ? [found.id] : []))
  const tables = await tablesOf(merged, migration)
  const byKey = wanted.flatMap((key, i) => {
    const found = known[i]
    return found?.state === 'loaded' || found?.state === 'merged'
      ? [{ key, id: found.id, table: tables.get(found.id) ?? numbered.table, batch: found.batch }]
      : []
  })
  const own = (await ledger.keysOf(ids)).filter(match => match.entity === entity && match.tenant === tenant)
  const others = await tablesOf(
    own.flatMap(({ id, isMerged }) => (isMerged ? [id] : [])),
    migration,
  )
  const byId = own.map(({ key, id, table, batch, isMerged }) => ({ key, id, table: isMerged ? (others.get(id) ?? table) : table, batch }))
  return [...byKey, ...byId]
}

/** Where the rows with these identifiers are, in whatever service. */
async function tablesOf(ids: readonly string[], { services }: OpenMigration): Promise<ReadonlyMap<string, string>> {
  const tables = new Map<string, string>()
  for (const { ledger } of ids.length === 0 ? [] : services) {
    if ((await ledger.state()) === 'absent') continue
    for (const { id, table, isMerged } of await ledger.keysOf(ids)) if (isMerged !== true) tables.set(id, table)
  }
  return tables
}
