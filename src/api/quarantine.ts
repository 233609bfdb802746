import type { QuarantineResult } from '../model/results.ts'
import { openMigration } from './open-migration.ts'
import type { QuarantineOptions } from './options.ts'

/** Rows set aside and not resolved, over all services, in a stable order. Reads only. */
export async function quarantine(options: QuarantineOptions): Promise<QuarantineResult> {
  const migration = await openMigration(options)
  try {
    const { run, tenant, entity, code, key } = options
    const limit = options.limit ?? null
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
