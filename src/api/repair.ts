import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CODES, type Code, RehouseError } from '../errors.ts'
import type { RunRecord } from '../model/ledger-records.ts'
import type { Difference, MigrateResult, VerifyResult } from '../model/results.ts'
import type { RunOptions } from '../run/migration.ts'
import type { ExtraRows } from '../run/take-back-strays.ts'
import { migrateOpened, runOptions } from './migrate.ts'
import { openMigration } from './open-migration.ts'
import type { MigrateOptions, VerifyOptions } from './options.ts'

export type Verification = (options: VerifyOptions) => Promise<VerifyResult>

/**
 * Verifies, puts the rows that differ right in a run of its own, and verifies again: the result is the second verification’s, with the rows that were put right. A repair that was
 * cut off is brought to its end first. USAGE below the rigorous level, or for a part of a verification.
 */
export async function verifyAndRepair(options: VerifyOptions, verification: Verification): Promise<VerifyResult> {
  refuseOthers(options)
  const finished = await finishRepair(options)
  const first = await verification(beforeRepair(options))
  const obstacle = await obstacleTo(first)
  const places = obstacle === null ? await differingPlaces(first) : null
  if (places === null || places.entities.length === 0) {
    const last = options.report === undefined && options.level !== 'forensic' ? first : await verification(options)
    return { ...last, repaired: finished, ...(obstacle === null ? {} : { not_repaired: obstacle }) }
  }
  const done = await repair(options, places)
  const refused = done.refused.length === 0 ? {} : { not_repaired: done.refused.join('; ') }
  return { ...(await verification(options)), repaired: finished + done.rows, ...refused }
}

function refuseOthers({ level = 'standard', sample, resume }: VerifyOptions): void {
  const usage = (expected: string, next: string): RehouseError => new RehouseError('USAGE', expected, { next })
  if (level !== 'rigorous' && level !== 'forensic')
    throw usage(`expected --repair at the rigorous level, got ${level}`, 'Write `rehouse verify --level rigorous --repair`.')
  if (sample !== undefined || resume)
    throw usage(
      `expected --repair of all that was compared, got ${resume ? '--resume' : '--sample'}`,
      'Leave --sample and --resume out: a repair begins with a whole verification.',
    )
}

/** What the first verification finds lies beside the report, which is the second’s. */
function beforeRepair(options: VerifyOptions): VerifyOptions {
  const { level: _, report, ...others } = options
  return { ...others, level: 'rigorous', ...(report === undefined ? {} : { report: join(report, 'before-repair') }) }
}

interface Places {
  readonly tenants: readonly string[]
  readonly entities: readonly string[]
}

interface Damage extends Places {
  /** Rows nothing expects. */
  readonly extras: ExtraRows['rows']
}

/** Why nothing is put right: rows are found by what the ledger says of them. Null: nothing stands in the way. */
async function obstacleTo({ reasons, differences_file }: VerifyResult): Promise<string | null> {
  const reason = reasons.find(({ code }) => code !== 'source_moved_on')
  if (reason !== undefined) return `nothing was repaired: something could not be verified (${reason.code})`
  for await (const { kind, column, entity } of differencesIn(differences_file))
    if (kind === 'id_map' && column !== 'hash') return `nothing was repaired: the id map of ${entity} is not as it was written`
  return null
}

/** Whose rows differ. */
async function differingPlaces({ entities, differences_file }: VerifyResult): Promise<Damage> {
  const found = entities.filter(line => line.different + line.missing + line.extra > 0).map(({ entity, tenant }) => ({ entity, tenant }))
  const extras: { readonly entity: string; readonly id: string }[] = []
  for await (const { kind, entity, tenant, id } of differencesIn(differences_file)) {
    if (kind === 'id_map') found.push({ entity, tenant })
    if (kind === 'extra' && id !== null) extras.push({ entity, id: id.toLowerCase() })
  }
  const tenants = found.flatMap(({ tenant }) => tenant ?? [])
  return { tenants: [...new Set(tenants)], entities: [...new Set(found.map(({ entity }) => entity))], extras }
}

async function* differencesIn(file: string | null): AsyncGenerator<Difference> {
  if (file === null) return
  // Written by this very verification.
  for await (const line of createInterface({ input: createReadStream(file) })) yield JSON.parse(line) as Difference
}

interface Repaired {
  /** Put right. */
  readonly rows: number
  /** What could not be, in sentences. */
  readonly refused: readonly string[]
}

async function repair(options: VerifyOptions, { extras, ...places }: Damage): Promise<Repaired> {
  let taken = 0
  const asRepair = (run: RunOptions): RunOptions => ({
    ...run,
    selection: { ...run.selection, repairs: true },
    extras: {
      rows: extras,
      removed: rows => {
        taken += rows
      },
    },
  })
  const done = await runRepair(options, places, asRepair)
  return { ...done, rows: done.rows + taken }
}

/** Brings a repair to its end whose process died: its rows are known to the ledger alone. */
async function finishRepair(options: VerifyOptions): Promise<number> {
  const open = await openRepair(options)
  if (open === null) return 0
  const { tenants, entities } = open.selection
  const places = { ...(tenants === null ? {} : { tenants }), ...(entities === null ? {} : { entities }) }
  return (await runRepair(options, places, run => ({ ...run, resume: open.id, selection: open.selection }))).rows
}

async function openRepair(options: VerifyOptions): Promise<RunRecord | null> {
  const migration = await openMigration(options)
  try {
    const control = migration.services[0]?.ledger
    if (control === undefined || (await control.state()) !== 'current') return null
    const [newest] = await control.runs()
    return newest?.selection.repairs && newest.status !== 'clean' && newest.status !== 'findings' ? newest : null
  } finally {
    await migration.close()
  }
}

/** Throws what ended the run, or a tenant of it. */
async function runRepair(options: VerifyOptions, places: Partial<Places>, asRepair: (run: RunOptions) => RunOptions): Promise<Repaired> {
  const began = performance.now()
  const { level: _, report: _report, sample: _sample, resume: _resume, repair: _repair, showValues: _show, ...base } = options
  const asked: MigrateOptions = { ...base, ...places }
  const migration = await openMigration(asked)
  try {
    const run = asRepair(runOptions(migration, asked))
    const result = await migrateOpened(migration, { run, options: asked, seconds: () => (performance.now() - began) / 1000 })
    const [failure] = result.failures
    if (failure !== undefined) throw asError(failure)
    const refused = result.findings.filter(({ code }) => code === 'TARGET_ROWS_CHANGED').map(({ message }) => message)
    return { rows: result.totals.loaded + result.totals.updated, refused }
  } finally {
    await migration.close()
  }
}

function asError({ code, message, where, next }: MigrateResult['failures'][number]): RehouseError {
  return new RehouseError(code in CODES ? (code as Code) : 'BUG', message, { where, next })
}
