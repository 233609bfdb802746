import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { VerifyResult } from '../model/results.ts'
import { dryContext } from '../run/dry-context.ts'
import { surveyMigration } from '../run/survey-migration.ts'
import { keepHeads } from './audit-heads.ts'
import { type OpenMigration, openMigration } from './open-migration.ts'
import { operatorName } from './operator-name.ts'
import type { VerifyOptions } from './options.ts'
import { PROGRAM_VERSION } from './program-version.ts'
import { verifyAndRepair } from './repair.ts'
import { auditVerification, writeBundle, writeReport } from './verify-evidence.ts'
import { type UnreachedTenant, verifyMigration } from './verify-migration.ts'
import type { VerifyRequest } from './verify-request.ts'

/**
 * Proves that the targets hold what the sources say, or says what differs, or that it could not be told. Writes nothing to the tables of the target, unless rows that differ are to be put right.
 * Throws what ends everything: usage, manifest, configuration, a side that cannot be reached.
 */
export function verify(options: VerifyOptions): Promise<VerifyResult> {
  return options.repair ? verifyAndRepair(options, verifyOnce) : verifyOnce(options)
}

async function verifyOnce(options: VerifyOptions): Promise<VerifyResult> {
  const began = performance.now()
  const migration = await openMigration(options)
  try {
    const unreached: UnreachedTenant[] = []
    const survey = await surveyMigration(migration, options.tenants ?? null, (tenant, error) => unreached.push({ tenant, error }))
    const asked = requestOf(migration, options, began)
    const request = unreached.length === 0 ? asked : { ...asked, tenants: survey.tenants.map(({ code }) => code) }
    const context = dryContext(migration, { survey, options: runOptionsOf(request, options) })
    const result = await verifyMigration(migration, { survey, context, request, unreached })
    for (const finding of await migration.dropStaging('all')) options.on?.({ type: 'finding:found', finding })
    const evidence = {
      id: request.id,
      folder: request.folder,
      manifest: options.manifest,
      operator: options.operator ?? operatorName(),
      scope: { tenants: asked.tenants, entities: request.entities, sample: request.sample },
      survey,
      result,
    }
    await auditVerification(migration, evidence)
    const told = { ...evidence, result: { ...result, audit_head: await keepHeads(migration, { run: result.run, action: 'verify' }) } }
    if (options.report !== undefined || request.level === 'forensic') await writeReport(migration, told)
    if (request.level === 'forensic') await writeBundle(migration, told)
    return told.result
  } finally {
    await migration.close()
  }
}

function requestOf(migration: OpenMigration, options: VerifyOptions, began: number): VerifyRequest {
  const id = `${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}-${randomBytes(2).toString('hex')}`
  return {
    id,
    level: options.level ?? 'standard',
    tenants: options.tenants ?? null,
    entities: options.entities ?? null,
    sample: options.sample ?? null,
    isResumed: options.resume ?? false,
    showValues: options.showValues ?? false,
    folder: options.report ?? join(migration.folder, '.rehouse', 'verify', id),
    signal: options.signal ?? new AbortController().signal,
    seconds: () => (performance.now() - began) / 1000,
    nowMs: () => Date.now(),
  }
}

function runOptionsOf(request: VerifyRequest, options: VerifyOptions): Parameters<typeof dryContext>[1]['options'] {
  return {
    selection: { tenants: request.tenants, entities: request.entities, phase: null },
    dryRun: true,
    resume: null,
    wait: false,
    batchRows: null,
    signal: request.signal,
    emit: options.on ?? (() => undefined),
    hooks: {},
    operator: '',
    host: hostname(),
    pid: process.pid,
    programVersion: PROGRAM_VERSION,
    newRunId: request.id,
    lanes: 1,
    wallClock: () => new Date().toISOString(),
    now: () => performance.now(),
    audit: null,
  }
}
