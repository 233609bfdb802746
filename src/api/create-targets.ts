import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tableLabel } from '../base/table-label.ts'
import { RehouseError } from '../errors.ts'
import { describeTargets } from '../run/survey-migration.ts'
import { validationViews } from '../verify/validation-views.ts'
import type { OpenMigration } from './open-migration.ts'

export interface Creation {
  /** `--create-target`; `embedded:` targets need not be asked for. */
  readonly isAsked: boolean
  readonly run: string
  readonly operator: string
}

/**
 * Applies `target.sql` (or `target-<service>.sql`) beside the manifest to services whose tables are all missing: asked for by `--create-target`, by itself for `embedded:` targets.
 * In one transaction: a script that fails leaves nothing, as far as it does not commit by itself. What was applied is recorded in the ledger’s audit.
 */
export async function createTargets(migration: OpenMigration, { isAsked, run, operator }: Creation): Promise<void> {
  for (const service of migration.services) {
    const isEmbedded = service.label.startsWith('embedded:')
    if (!isAsked && !isEmbedded) continue
    const tables = new Set(
      migration.mapping.entities.filter(e => e.service === service.name).flatMap(e => e.into.map(s => tableLabel(s.schema, s.table))),
    )
    const there = await describeTargets(migration.mapping, service)
    if (tables.size === there.size) continue
    const script = await findScript(migration.folder, service.name)
    if (script === null && isEmbedded && !isAsked) continue
    if (script === null)
      throw new RehouseError('CONFIG_MISSING', `expected target.sql or target-${service.name}.sql beside the manifest, got neither`, {
        where: { service: service.name },
        next: 'Write the tables’ SQL into that file, or leave --create-target out.',
      })
    await service.target.applyScript(script.text)
    await service.ledger.install(migration.identity)
    await createViews(migration, service)
    const detail = { service: service.name, file: script.name, sha256: createHash('sha256').update(script.text).digest('hex') }
    await service.ledger.audit({ who: operator, action: 'target_created', run, detail })
  }
}

/** The views of schema `validation`, which look at both ledger and tables. Where this role may not make them, `verify --report` writes their SQL for who may. */
async function createViews({ mapping }: OpenMigration, service: OpenMigration['services'][number]): Promise<void> {
  const views = validationViews({ mapping, service: service.name, relations: await describeTargets(mapping, service) })
  if (views === '') return
  try {
    await service.target.applyScript(views)
  } catch (error) {
    if (!(error instanceof RehouseError) || error.code !== 'TARGET_POLICY_DENIED') throw error
  }
}

interface Script {
  readonly name: string
  readonly text: string
}

async function findScript(folder: string, service: string): Promise<Script | null> {
  for (const name of [`target-${service}.sql`, 'target.sql']) {
    const file = join(folder, name)
    try {
      return { name, text: await readFile(file, 'utf8') }
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error'
      if (code === 'ENOENT') continue
      throw new RehouseError('CONFIG_INVALID', `expected a readable script at ${file}, got ${code}`, {
        where: { file, service },
        next: 'Give this user the file, or take it away.',
        cause,
      })
    }
  }
  return null
}
