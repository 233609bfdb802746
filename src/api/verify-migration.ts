import { join } from 'node:path'
import { RehouseError } from '../errors.ts'
import type { VerifyResult } from '../model/results.ts'
import type { Migration } from '../run/migration.ts'
import { recompute } from '../run/recompute.ts'
import type { RunContext } from '../run/run-context.ts'
import type { MigrationSurvey } from '../run/survey-migration.ts'
import type { TargetReader } from '../target/target.ts'
import { Differences } from '../verify/differences.ts'
import { LedgerFacts, ledgerReasons } from '../verify/ledger-facts.ts'
import { SpillFolder } from '../verify/spill-folder.ts'
import { planScopes, type TableScope, type VerifiedEntity } from '../verify/table-scopes.ts'
import { resultOf } from '../verify/verify-result.ts'
import { VerifyRows } from '../verify/verify-rows.ts'
import { verifiedEntities } from './verified-entities.ts'
import type { VerifyRequest } from './verify-request.ts'

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
    if (request.level === 'rigorous' || request.level === 'forensic')
      await compareRows(migration, { survey, context, request }, { entities, scopes, differences, spill, readers, ledgers })
    await differences.save()
    return resultOf({ request, entities: wanted, differences, factsOf, witness: [] })
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
    markerOf: of => ledgers.get(of.facts.entity.service)?.of(of).task?.marker ?? null,
    onDone: () => differences.save(),
  })
  try {
    const isSelected: RunContext['isSelected'] = entity => entities.some(of => of.facts.entity === entity)
    await recompute({ ...context, isSelected }, { plans: survey.plans, watcher })
  } catch (error) {
    if (!(error instanceof RehouseError) || error.code !== 'TARGET_POLICY_DENIED') throw error
    const { entity = null, tenant = null, table = null } = error.where
    differences.reason({ code: 'read_refused', entity, tenant, table, message: error.message })
  }
}

function serviceOf(migration: Migration, name: string): Migration['services'][number] {
  return migration.services.find(service => service.name === name) ?? missing(name)
}

function missing(what: string): never {
  throw new RehouseError('BUG', `expected service ${what}, got none`, { next: 'Report it.' })
}
