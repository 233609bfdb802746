import { didYouMean } from '../base/did-you-mean.ts'
import { RehouseError } from '../errors.ts'
import type { QuarantineResult } from '../model/results.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import type { QuarantineOptions } from './options.ts'
import { type Deed, recordDeed } from './record-deed.ts'

/** Rows set aside and not resolved, over all services, in a stable order. Reads only, but for the entry of the audit when rows are shown or exported. Throws USAGE for a tenant or entity nobody knows: nothing in quarantine would sound like good news. */
export async function quarantine(options: QuarantineOptions): Promise<QuarantineResult> {
  const migration = await openMigration(options)
  try {
    const { run, tenant, entity, code, key } = options
    const limit = options.limit ?? null
    await refuseUnknown(migration, options)
    if (options.purpose !== undefined) await recordDeed(migration, deedOf(options, options.purpose), options)
    let total = 0
    const rows: QuarantineResult['rows'][number][] = []
    for (const { ledger } of migration.services) {
      if ((await ledger.state()) === 'absent') continue
      const found = await ledger.quarantine({
        run,
        tenant,
        entity,
        code,
        key,
        limit: limit === null ? null : Math.max(0, limit - rows.length),
      })
      total += found.total
      rows.push(...found.rows)
    }
    return { total, rows }
  } finally {
    await migration.close()
  }
}

/** Before the rows are read: nobody sees them without having been remembered. */
function deedOf({ run, tenant, entity, code, key, limit }: QuarantineOptions, purpose: 'shown' | 'exported'): Deed {
  return { action: `quarantine:${purpose}`, detail: { run, tenant, entity, code, key, limit } }
}

async function refuseUnknown({ mapping, services }: OpenMigration, { tenant, entity }: QuarantineOptions): Promise<void> {
  const entities = new Set(mapping.entities.map(({ name }) => name))
  const tenants = new Set<string>()
  for (const { ledger } of services) {
    if ((await ledger.state()) === 'absent') continue
    for (const { name } of await ledger.entities()) entities.add(name)
    for (const { code } of await ledger.tenants()) tenants.add(code)
  }
  if (entity !== undefined && !entities.has(entity)) throw unknown('an entity', entity, [...entities])
  // Before the first run nobody is known.
  if (tenant !== undefined && tenants.size > 0 && !tenants.has(tenant)) throw unknown('a tenant', tenant, [...tenants])
}

const MOST_NAMES = 20

function unknown(what: string, name: string, known: readonly string[]): RehouseError {
  const listed = known.slice(0, MOST_NAMES).join(', ')
  return new RehouseError('USAGE', `expected ${what} of the manifest, got ${name}${didYouMean(name, known)}`, {
    next: `Use one of: ${listed}${known.length > MOST_NAMES ? ', …' : ''}.`,
  })
}
