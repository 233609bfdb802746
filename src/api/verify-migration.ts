import { join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { VerifyResult, WitnessLine } from '../model/results.ts'
import type { Migration } from '../run/migration.ts'
import { recompute } from '../run/recompute.ts'
import type { RunContext } from '../run/run-context.ts'
import type { MigrationSurvey } from '../run/survey-migration.ts'
import type { TargetReader } from '../target/target.ts'
import { Differences } from '../verify/differences.ts'
import { placeOf } from '../verify/explain-rows.ts'
import { LedgerFacts, ledgerReasons } from '../verify/ledger-facts.ts'
import { SpillFolder } from '../verify/spill-folder.ts'
import { planScopes, type TableScope, type VerifiedEntity } from '../verify/table-scopes.ts'
import { verifyAudit } from '../verify/verify-audit.ts'
import { verifyBasics } from '../verify/verify-basics.ts'
import { verifyDigests } from '../verify/verify-digests.ts'
import { resultOf } from '../verify/verify-result.ts'
import { VerifyRows } from '../verify/verify-rows.ts'
import { verifyWitness } from '../verify/verify-witness.ts'
import { verifiedEntities } from './verified-entities.ts'
import type { VerifyRequest } from './verify-request.ts'
import { WitnessSnapshots } from './witness-snapshots.ts'

interface Opened {
  readonly survey: MigrationSurvey
  readonly context: RunContext
  readonly request: VerifyRequest
}

/** One verification, on any engines. */
export async function verifyMigration(migration: Migration, { survey, context, request }: Opened): Promise<VerifyResult> {
  const differences = new Differences(join(request.folder, 'differences.jsonl'))
  const spill = new SpillFolder()
  const readers = new Map<string, TargetReader>()
  try {
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
    const scopes = planScopes({
      entities,
      isAllTenants: request.tenants === null,
      relation: (service, table) => survey.services.find(s => s.ref.name === service)?.relations.get(table),
      tenantColumn: service => survey.mapping.services.find(s => s.name === service)?.tenantColumn ?? null,
    })
    const ground = { entities, scopes, differences, spill, readers, ledgers }
    const witness = await compareAll(migration, { survey, context, request }, ground)
    await differences.save()
    return resultOf({ request, entities: wanted, differences, factsOf, witness })
  } finally {
    await differences.close()
    await spill.remove()
    for (const reader of readers.values()) await reader.close()
  }
}

interface Ground {
  readonly entities: readonly VerifiedEntity[]
  readonly scopes: readonly TableScope[]
  readonly differences: Differences
  readonly spill: SpillFolder
  readonly readers: ReadonlyMap<string, TargetReader>
  readonly ledgers: ReadonlyMap<string, LedgerFacts>
}

/** Each level is all of those before it. Rows and sums are looked at side by side: one is work for this process, the other for the servers. */
async function compareAll(migration: Migration, opened: Opened, ground: Ground): Promise<readonly WitnessLine[]> {
  const { request } = opened
  const { entities, scopes, differences, spill, readers, ledgers } = ground
  const common = {
    entities,
    scopes,
    differences,
    spill,
    showValues: request.showValues,
    signal: request.signal,
    isAllTenants: request.tenants === null,
    identifiers: migration.identifiers,
    reader: (service: string) => readers.get(service) ?? missing(service),
    ledger: (service: string) => serviceOf(migration, service).ledger,
    factsOf: (of: VerifiedEntity) => ledgers.get(of.facts.entity.service)?.of(of) ?? null,
  }
  const snapshots = new WitnessSnapshots(migration, entities)
  const none: WitnessLine[] = []
  const isRigorous = request.level === 'rigorous' || request.level === 'forensic'
  const onNone = (of: VerifiedEntity, reason: string): void => {
    const table = of.compiled.tables[0]?.name ?? ''
    none.push({ ...placeOf(of), table, column: '', measure: 'digest', state: 'none', source: null, target: null, reason })
  }
  try {
    if (request.level === 'basic') {
      await told(differences, verifyBasics(common))
      return []
    }
    const rows = isRigorous ? compareRows(migration, opened, ground) : verifyDigests({ ...common, onNone })
    // What is told of rows comes first: rows the source changed explain sums that differ.
    await Promise.all([told(differences, rows), told(differences, verifyBasics(common))])
    await verifyAudit(entities, common)
    const lines = await told(differences, verifyWitness({ ...common, snapshot: of => snapshots.of(of) }))
    return [...(lines ?? []), ...none]
  } finally {
    await snapshots.close()
  }
}

/** A target that will not be read is a reason, not an error. Null then. */
async function told<T>(differences: Differences, work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RehouseError) || error.code !== 'TARGET_POLICY_DENIED') throw error
    const { entity = null, tenant = null, table = null } = error.where
    differences.reason({ code: 'read_refused', entity, tenant, table, message: error.message })
    return null
  }
}

async function compareRows(migration: Migration, { survey, context, request }: Opened, ground: Ground): Promise<void> {
  const { entities, scopes, differences, spill, readers, ledgers } = ground
  const watcher = new VerifyRows({
    entities,
    scopes,
    differences,
    spill,
    showValues: request.showValues,
    signal: request.signal,
    reader: service => readers.get(service) ?? missing(service),
    ledger: service => serviceOf(migration, service).ledger,
    factsOf: of => ledgers.get(of.facts.entity.service)?.of(of) ?? null,
    onDone: () => differences.save(),
  })
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
