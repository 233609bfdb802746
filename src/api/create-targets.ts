import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tableLabel } from '../base/table-label.ts'
import { RehouseError } from '../errors.ts'
import { describeTargets } from '../run/survey-migration.ts'
import type { OpenMigration } from './open-migration.ts'
import type { MigrateOptions } from './options.ts'

/**
 * Applies `target.sql` (or `target-<service>.sql`) beside the manifest to services whose tables are all missing: asked for by `--create-target`, by itself for `embedded:` targets.
 * In one transaction: a script that fails leaves nothing.
 */
export async function createTargets(migration: OpenMigration, options: MigrateOptions): Promise<void> {
  for (const service of migration.services) {
    const isEmbedded = service.label.startsWith('embedded:')
    if (!options.createTarget && !isEmbedded) continue
    const tables = new Set(
      migration.mapping.entities.filter(e => e.service === service.name).flatMap(e => e.into.map(s => tableLabel(s.schema, s.table))),
    )
    const there = await describeTargets(migration.mapping, service)
    if (tables.size === there.size) continue
    const script = await findScript(migration.folder, service.name)
    if (script === null && isEmbedded && !options.createTarget) continue
    if (script === null)
      throw new RehouseError('CONFIG_MISSING', `expected target.sql or target-${service.name}.sql beside the manifest, got neither`, {
        where: { service: service.name },
        next: 'Write the tables’ SQL into that file, or leave --create-target out.',
      })
    await service.target.applyScript(script)
  }
}

async function findScript(folder: string, service: string): Promise<string | null> {
  for (const name of [`target-${service}.sql`, 'target.sql']) {
    try {
      return await readFile(join(folder, name), 'utf8')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  return null
}
