import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { VerifyResult, WitnessLine } from '../model/results.ts'
import type { MigrationSurvey } from '../run/survey-migration.ts'
import { merkleRoot, type RunDigests } from '../verify/merkle-root.ts'
import { validationViews } from '../verify/validation-views.ts'
import { auditFile } from './audit-file.ts'
import type { OpenMigration } from './open-migration.ts'
import { PROGRAM_VERSION } from './program-version.ts'
import type { VerifyRequest } from './verify-request.ts'

export interface Evidence {
  readonly id: string
  readonly folder: string
  readonly manifest: string
  readonly operator: string
  /** What was asked for; null = all of it. */
  readonly scope: Pick<VerifyRequest, 'tenants' | 'entities' | 'sample'>
  readonly survey: MigrationSurvey
  readonly result: VerifyResult
}

const OWNER_ONLY = { mode: 0o600 }

/** Remembers that it was verified, and how it ended: in the control ledger, or in a file where this role may not write there. */
export async function auditVerification(migration: OpenMigration, { id, operator, scope, result }: Evidence): Promise<void> {
  const { run, level, outcome, parity, compared, differences_total: differences } = result
  const entry = {
    who: operator,
    action: 'verify',
    run: run === '' ? null : run,
    detail: { id, level, outcome, parity, compared, differences, witness: witnessCounts(result), ...scope },
  }
  const control = migration.services[0]?.ledger
  try {
    if (control !== undefined && (await control.state()) === 'current') return await control.audit(entry)
  } catch (error) {
    // A login that only reads can verify all the same.
    if (!(error instanceof RehouseError)) throw error
  }
  await auditFile(join(migration.folder, '.rehouse', 'audit', `${id}.jsonl`))({ time: new Date().toISOString(), ...entry })
}

function witnessCounts({ witness }: VerifyResult): Readonly<Record<WitnessLine['state'], number>> {
  const count = (state: WitnessLine['state']): number => witness.filter(line => line.state === state).length
  return { equal: count('equal'), different: count('different'), none: count('none') }
}

/** The result, and for each service the SQL of its validation views, in the report’s folder. */
export async function writeReport(migration: OpenMigration, { folder, result, survey }: Evidence): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`, OWNER_ONLY)
  for (const { ref, relations } of survey.services) {
    const views = validationViews({ mapping: migration.mapping, service: ref.name, relations })
    if (views !== '') await writeFile(join(folder, `validation-${ref.name}.sql`), views, OWNER_ONLY)
  }
}

/**
 * The forensic level’s bundle, beside the report: manifest, versions, what each ledger says (values masked), a SHA-256 of every file, and one root over batches, tenants, runs and files,
 * signed with a key made from the salt.
 */
export async function writeBundle(migration: OpenMigration, evidence: Evidence): Promise<void> {
  const { folder, manifest, survey, result } = evidence
  await writeFile(join(folder, 'manifest.yaml'), await readFile(manifest), OWNER_ONLY)
  const versions = {
    rehouse: PROGRAM_VERSION,
    node: process.version,
    mapping_hash: migration.mapping.hash,
    services: survey.services.map(({ ref, label, facts }) => ({ service: ref.name, label, version: facts.version })),
  }
  await writeFile(join(folder, 'versions.json'), `${JSON.stringify(versions, null, 2)}\n`, OWNER_ONLY)
  const digests: RunDigests[] = []
  for (const { name, ledger } of migration.services) {
    if ((await ledger.state()) !== 'current') continue
    const runs = await ledger.runs()
    const told = []
    for (const run of runs) {
      const batches = await ledger.digests(run.id)
      digests.push({ run: `${name}/${run.id}`, batches })
      told.push({ ...run, totals: await ledger.totals(run.id), outcomes: await ledger.outcomes(run.id), batches })
    }
    const said = {
      service: name,
      runs: told,
      quarantine: (await ledger.quarantine({ limit: null })).rows,
      audit: await ledger.checkAudit(),
    }
    await writeFile(join(folder, `ledger-${name}.json`), `${JSON.stringify(said, null, 2)}\n`, OWNER_ONLY)
  }
  await writeSums(migration, { folder, services: migration.services.map(s => s.name), result, digests })
}

interface Sums {
  readonly folder: string
  readonly services: readonly string[]
  readonly result: VerifyResult
  readonly digests: readonly RunDigests[]
}

async function writeSums(migration: OpenMigration, { folder, services, result, digests }: Sums): Promise<void> {
  const own = [
    'manifest.yaml',
    'versions.json',
    'result.json',
    ...services.flatMap(name => [`ledger-${name}.json`, `validation-${name}.sql`]),
  ]
  const names = [...own, ...(result.differences_file === null ? [] : [basename(result.differences_file)])]
  const files: (readonly [name: string, hash: string])[] = []
  for (const name of names.toSorted()) {
    const bytes = await readFile(join(folder, name)).catch(() => null)
    if (bytes !== null) files.push([name, createHash('sha256').update(bytes).digest('hex')])
  }
  await writeFile(join(folder, 'SHA256SUMS'), files.map(([name, hash]) => `${hash}  ${name}\n`).join(''), OWNER_ONLY)
  const root = merkleRoot(digests, files)
  const signed = { root, signature: migration.sign(root), outcome: result.outcome, run: result.run, signed_at: new Date().toISOString() }
  await writeFile(join(folder, 'root.json'), `${JSON.stringify(signed, null, 2)}\n`, OWNER_ONLY)
}
