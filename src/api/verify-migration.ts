import { dirname, join } from 'node:path'
import { allSettled } from '../base/all-settled.ts'
import { RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { Difference, VerifyResult, WitnessLine } from '../model/results.ts'
import type { VerifyReason } from '../model/verify-reason.ts'
import type { Migration } from '../run/migration.ts'
import { interrupted } from '../run/read-task.ts'
import { recompute } from '../run/recompute.ts'
import type { RunContext } from '../run/run-context.ts'
import { sampleSize } from '../run/sample-rule.ts'
import type { MigrationSurvey } from '../run/survey-migration.ts'
import type { TargetReader } from '../target/target.ts'
import { AsLoaded } from '../verify/as-loaded.ts'
import { Differences } from '../verify/differences.ts'
import { placeOf } from '../verify/explain-rows.ts'
import { LedgerFacts, ledgerReasons } from '../verify/ledger-facts.ts'
import { findProgress } from '../verify/progress-file.ts'
import { SpillFolder } from '../verify/spill-folder.ts'
import { planScopes, type TableScope, type VerifiedEntity } from '../verify/table-scopes.ts'
import { tellWitness } from '../verify/tell-witness.ts'
import { verifyAudit } from '../verify/verify-audit.ts'
import { type BasicsSetting, verifyBasics } from '../verify/verify-basics.ts'
import { type DigestsSetting, verifyDigests } from '../verify/verify-digests.ts'
import { exampleDifference, verifyExamples } from '../verify/verify-examples.ts'
import { resultOf } from '../verify/verify-result.ts'
import { type RowsSetting, VerifyRows } from '../verify/verify-rows.ts'
import { verifyWitness } from '../verify/verify-witness.ts'
import { verifiedEntities } from './verified-entities.ts'
import type { VerifyRequest } from './verify-request.ts'
import { VerifySteps } from './verify-steps.ts'
import { WitnessSnapshots } from './witness-snapshots.ts'

/** A tenant whose source cannot be looked at, and why. */
export interface UnreachedTenant {
  readonly tenant: string
  readonly error: RehouseError
}

interface Opened {
  /** Of the tenants that can be looked at. */
  readonly survey: MigrationSurvey
  /** The others. Absent: there are none. */
  readonly unreached?: readonly UnreachedTenant[]
  readonly context: RunContext
  readonly request: VerifyRequest
}

/** One verification, on any engines. What is done of it stands in its folder, so that another can go on (`--resume`). */
export async function verifyMigration(migration: Migration, { survey, context, request, unreached = [] }: Opened): Promise<VerifyResult> {
  const earlier = request.isResumed ? await resumable(migration, request) : null
  const folder = earlier?.folder ?? request.folder
  const differences = new Differences(join(folder, 'differences.jsonl'), earlier?.progress)
  const spill = new SpillFolder()
  const readers = new Map<string, TargetReader>()
  try {
    for (const one of unreached) differences.reason(reasonOf(one))
    const wanted = verifiedEntities(survey, { request, differences })
    const ledgers = new Map<string, LedgerFacts>()
    for (const service of survey.services) {
      const { ledger, target } = serviceOf(migration, service.ref.name)
      if (service.ledger === 'current') ledgers.set(service.ref.name, await LedgerFacts.read(ledger, migration.mapping.hash))
      readers.set(service.ref.name, await target.openReader())
    }
    const factsOf = (of: VerifiedEntity): ReturnType<LedgerFacts['of']> | null => ledgers.get(of.facts.entity.service)?.of(of) ?? null
    // Of what no run has brought to its end there is nothing to compare yet.
    const entities = wanted.filter(of => ledgerReasons(of, factsOf(of), differences))
    const steps = new VerifySteps({ mappingHash: migration.mapping.hash, request, folder, differences, entities })
    steps.takeUp(earlier?.progress ?? null)
    const ground = { entities, differences, spill, readers, factsOf, steps }
    const witness = await compareAll(migration, { survey, context, request }, ground)
    await steps.end()
    return resultOf({ request, entities: wanted, differences, factsOf, witness, drawn: sampleSize(survey.runs) })
  } catch (error) {
    throw request.signal.aborted ? interrupted(request.signal) : error
  } finally {
    await differences.close()
    await spill.remove()
    for (const reader of readers.values()) await reader.close()
  }
}

/** The newest verification that was cut off, if it was asked the same. */
async function resumable(migration: Migration, request: VerifyRequest): ReturnType<typeof findProgress> {
  const found = await findProgress(dirname(request.folder))
  if (found === null) return null
  const { level, tenants, entities, mappingHash } = found.progress
  const isSame = JSON.stringify([level, tenants, entities]) === JSON.stringify([request.level, request.tenants, request.entities])
  if (isSame && mappingHash === migration.mapping.hash) return found
  throw new RehouseError(
    'USAGE',
    'expected the verification that was cut off to have been asked the same, got another level, selection or manifest',
    {
      next: 'Give the same flags, or leave --resume out to begin again.',
    },
  )
}

interface Ground {
  readonly entities: readonly VerifiedEntity[]
  readonly differences: Differences
  readonly spill: SpillFolder
  readonly readers: ReadonlyMap<string, TargetReader>
  readonly steps: VerifySteps
  factsOf(of: VerifiedEntity): ReturnType<LedgerFacts['of']> | null
}

/** Each level is all of those before it. Rows and sums are looked at side by side: one is work for this process, the other for the servers. */
async function compareAll(migration: Migration, opened: Opened, ground: Ground): Promise<readonly WitnessLine[]> {
  const { request, survey, context } = opened
  const { entities, differences, steps } = ground
  // Told after the rows, whose progress is kept: what is looked at anew each time must not stand there twice.
  const beside = new Differences(null)
  const scopes = scopesOf(survey, { entities, request })
  const common = { ...commonOf(migration, { request, ground }), scopes, differences: beside }
  const snapshots = new WitnessSnapshots(migration, entities)
  const none: WitnessLine[] = []
  const noneOf = (measure: string) => (of: VerifiedEntity, reason: string) => {
    const table = of.compiled.tables[0]?.name ?? ''
    none.push({ ...placeOf(of), table, column: '', measure, state: 'none', source: null, target: null, reason })
  }
  const recomputed: Difference[] = []
  const asLoaded = new AsLoaded(differences)
  const rowsLeft = async (): Promise<void> => {
    const left = { ...common, entities: steps.left(scopes), differences }
    const rows = {
      ...left,
      scopes: scopesOf(survey, { entities: left.entities, request }),
      onDone: (of: VerifiedEntity) => {
        asLoaded.done(of)
        return steps.done(of)
      },
      onNone: (of: VerifiedEntity, reason: string) => {
        asLoaded.skipped(of)
        noneOf('digest')(of, reason)
      },
      onExample: (of: VerifiedEntity, finding: Finding) => recomputed.push(exampleDifference(of, finding)),
    }
    await (request.level === 'standard' && request.sample === null ? verifyDigests(rows) : compareRows(opened, rows))
  }
  const isBasic = request.level === 'basic'
  const compareRowsLeft = told(differences, isBasic ? Promise.resolve() : rowsLeft())
  const onceCompared = (): Promise<AsLoaded> => Promise.allSettled([compareRowsLeft]).then(() => asLoaded)
  try {
    const [, , , lines] = await allSettled([
      compareRowsLeft,
      told(beside, verifyBasics({ ...common, asLoaded: isBasic || request.sample !== null ? null : onceCompared })),
      isBasic ? null : verifyAudit(entities, common),
      isBasic
        ? []
        : told(
            beside,
            verifyWitness({
              ...common,
              isSample: context.sample !== null,
              snapshot: of => snapshots.of(of),
              done: of => snapshots.done(of),
            }),
          ),
      isBasic ? null : told(beside, verifyExamples({ ...common, onNoExamples: noneOf('examples') })),
    ])
    for (const one of recomputed) if (!beside.first.some(other => isSameExample(one, other))) beside.add(one)
    differences.take(beside)
    tellWitness(lines ?? [], differences)
    return [...(lines ?? []), ...none]
  } finally {
    await snapshots.close()
  }
}

/** What the target has wrong the program mostly has wrong too: told once. */
function isSameExample(a: Difference, b: Difference): boolean {
  const nameOf = ({ kind, entity, tenant, key, column }: Difference): string => JSON.stringify([kind, entity, tenant, key, column])
  return nameOf(a) === nameOf(b)
}

function commonOf(
  migration: Migration,
  { request, ground }: { readonly request: VerifyRequest; readonly ground: Ground },
): Omit<RowsSetting & DigestsSetting & BasicsSetting, 'scopes' | 'onNone' | 'onDone' | 'onExample' | 'asLoaded'> {
  const { entities, differences, spill, readers, factsOf } = ground
  return {
    entities,
    differences,
    spill,
    factsOf,
    showValues: request.showValues,
    sample: request.sample,
    signal: request.signal,
    isAllTenants: request.tenants === null,
    services: migration.services.map(service => service.name),
    identifiers: migration.identifiers,
    reader: service => readers.get(service) ?? missing(service),
    ledger: service => serviceOf(migration, service).ledger,
  }
}

function scopesOf(
  survey: MigrationSurvey,
  { entities, request }: { readonly entities: readonly VerifiedEntity[]; readonly request: VerifyRequest },
): readonly TableScope[] {
  return planScopes({
    entities,
    isAllTenants: request.tenants === null,
    relation: (service, table) => survey.services.find(s => s.ref.name === service)?.relations.get(table),
    tenantColumn: service => survey.mapping.services.find(s => s.name === service)?.tenantColumn ?? null,
  })
}

function reasonOf({ tenant, error: { code, message } }: UnreachedTenant): VerifyReason {
  const isRefused = code === 'SOURCE_REFUSED'
  return { code: isRefused ? 'read_refused' : 'source_unreachable', entity: null, tenant, table: null, message }
}

const NOT_READ: ReadonlySet<string> = new Set(['TARGET_POLICY_DENIED', 'SOURCE_REFUSED'])

/** A side that will not be read is a reason, not an error. Null then. */
async function told<T>(differences: Differences, work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RehouseError) || !NOT_READ.has(error.code)) throw error
    const { entity = null, tenant = null, table = null } = error.where
    differences.reason({ code: 'read_refused', entity, tenant, table, message: error.message })
    return null
  }
}

async function compareRows({ survey, context }: Opened, setting: RowsSetting): Promise<void> {
  const { entities } = setting
  const watcher = new VerifyRows(setting)
  const isSelected: RunContext['isSelected'] = entity => entities.some(of => of.facts.entity === entity)
  try {
    await recompute({ ...context, isSelected }, { plans: survey.plans, watcher })
  } finally {
    await watcher.close()
  }
}

function serviceOf(migration: Migration, name: string): Migration['services'][number] {
  return migration.services.find(service => service.name === name) ?? missing(name)
}

function missing(what: string): never {
  throw new RehouseError('BUG', `expected service ${what}, got none`, { next: 'Report it.' })
}
