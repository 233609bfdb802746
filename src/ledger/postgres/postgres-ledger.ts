// budget: a method for each of the port’s.
import type { ConnectionOptions } from 'node:tls'
import type {
  BatchRecord,
  BeforeImage,
  KnownKey,
  NumberedEntity,
  NumberedTenant,
  RunRecord,
  RunStatus,
  SchemaDebt,
  SchemaStep,
  TaskFailure,
  TaskRecord,
  TaskSpec,
} from '../../model/ledger-records.ts'
import type { Tenant } from '../../model/mapping.ts'
import { sessionOf } from '../../postgres/transaction-session.ts'
import type { WriteTransaction } from '../../target/target.ts'
import type { AuditCheck, AuditHead, AuditRecord } from '../audit-chain.ts'
import type { AuditEntry, Hold, Holder, Ledger, LedgerIdentity, LookupMatch, QuarantineFilter, TaskClaim, TaskPlace } from '../ledger.ts'
import { appendAudit, checkAudit, readAudit, readAuditHead } from './audit.ts'
import { readImages, readUpdatedIn } from './before-images.ts'
import { claimTask } from './claim.ts'
import { ControlSession } from './control-session.ts'
import { readDueFinish, recordFinish } from './finish.ts'
import { holdDatabase } from './hold.ts'
import { countIdMap, idMapStatement, readDigests, sumIdMap } from './id-map-rows.ts'
import { checkLedgerIdentity, installLedger, ledgerState } from './install.ts'
import { readHasKeys, readKnown, streamKnownKeys, sumIntegers } from './known-keys.ts'
import { type IdDecoder, readKeysOf, type UnindexedLookup } from './look-up.ts'
import { streamMerged } from './merged-rows.ts'
import { adoptNumbers, numberEntities, numberTenants, readEntities, readTenants } from './numbering.ts'
import { readOwnedLines, readOwnedRows } from './owned.ts'
import { recordBatch } from './record-batch.ts'
import { readOutcomes, readQuarantine, readTenantOutcomes, readTotals } from './reports.ts'
import { beginRun, finishRun, readRuns, readSummary } from './runs.ts'
import { idMapStep, readDebts, recordStep, settleStep } from './schema-steps.ts'
import { addTasks, failTask, readTasks } from './tasks.ts'

export interface PostgresLedgerOptions {
  readonly url: string
  /** What `sslmode` of the address means; absent = as the driver reads the address. */
  readonly ssl?: ConnectionOptions | false | undefined
  /** Must begin with `rehouse`: only such sessions are ended when a task is taken over. */
  readonly applicationName: string
  readonly settings?: Readonly<Record<string, string>>
  /** Derived from the salt; signs the audit chain. */
  readonly auditKey: Buffer
  readonly decode: IdDecoder
  readonly unindexed: UnindexedLookup
}

/**
 * The ledger in the schema `rehouse` of a PostgreSQL database. What each method promises stands at the port; here they only find their session:
 * short work shares one connection, a hold and a stream have their own, and what belongs to a batch goes through the batch's transaction.
 */
export class PostgresLedger implements Ledger {
  readonly #control: ControlSession
  readonly #options: PostgresLedgerOptions
  readonly #holds = new Set<Hold>()

  constructor(options: PostgresLedgerOptions) {
    this.#options = options
    this.#control = new ControlSession({
      url: options.url,
      ssl: options.ssl,
      applicationName: options.applicationName,
      settings: options.settings ?? {},
      side: 'target',
    })
  }

  state(): Promise<'absent' | 'outdated' | 'current'> {
    return this.#control.use(ledgerState)
  }

  install(identity: LedgerIdentity): Promise<void> {
    return this.#control.use(session => installLedger(session, identity))
  }

  checkIdentity(identity: LedgerIdentity): Promise<void> {
    return this.#control.use(session => checkLedgerIdentity(session, identity))
  }

  async hold(holder: Holder, options: { readonly wait: boolean; readonly signal: AbortSignal }): Promise<Hold> {
    const hold = await holdDatabase(await this.#control.openAnother(), holder, options)
    this.#holds.add(hold)
    return hold
  }

  numberTenants(tenants: readonly Tenant[]): Promise<readonly NumberedTenant[]> {
    return this.#control.transaction(session => numberTenants(session, tenants))
  }

  numberEntities(entities: readonly Omit<NumberedEntity, 'number'>[]): Promise<readonly NumberedEntity[]> {
    return this.#control.transaction(session => numberEntities(session, entities))
  }

  tenants(): Promise<readonly NumberedTenant[]> {
    return this.#control.use(readTenants)
  }

  entities(): Promise<readonly NumberedEntity[]> {
    return this.#control.use(readEntities)
  }

  adopt(tenants: readonly NumberedTenant[], entities: readonly NumberedEntity[]): Promise<void> {
    return this.#control.transaction(session => adoptNumbers(session, tenants, entities))
  }

  beginRun(run: Omit<RunRecord, 'status' | 'finishedAt'>): Promise<void> {
    return this.#control.transaction(session => beginRun(session, run, this.#options.auditKey))
  }

  finishRun(id: string, status: RunStatus, summary: unknown): Promise<void> {
    return this.#control.transaction(session => finishRun(session, { id, status, summary }, this.#options.auditKey))
  }

  runs(): Promise<readonly RunRecord[]> {
    return this.#control.use(readRuns)
  }

  summary(run: string): Promise<unknown> {
    return this.#control.use(session => readSummary(session, run))
  }

  planTasks(run: string, specs: readonly TaskSpec[]): Promise<readonly TaskRecord[]> {
    return this.#control.use(async session => {
      await addTasks(session, run, specs)
      return readTasks(session, { run })
    })
  }

  async task(of: TaskPlace): Promise<TaskRecord | null> {
    const found = await this.#control.use(session => readTasks(session, of))
    return found[0] ?? null
  }

  tasks(run: string): Promise<readonly TaskRecord[]> {
    return this.#control.use(session => readTasks(session, { run }))
  }

  claimTask(id: string, claim: TaskClaim): Promise<TaskRecord> {
    return this.#control.use(session => claimTask(session, { id, claim }, this.#options.auditKey))
  }

  failTask(id: string, fence: number, state: 'failed' | 'stopped', failure: TaskFailure): Promise<void> {
    return this.#control.use(session => failTask(session, { id, fence }, { state, failure }))
  }

  nextBatch(): Promise<string> {
    return this.#control.use(async session => {
      const { rows } = await session.query(`select pg_catalog.nextval('rehouse.batch_number')`)
      return String(rows[0]?.[0])
    })
  }

  recordBatch(tx: WriteTransaction, record: BatchRecord): Promise<void> {
    return recordBatch(tx, record)
  }

  known(entity: number, tenant: number, keys: readonly (readonly string[])[]): Promise<readonly (KnownKey | null)[]> {
    return this.#control.use(session => readKnown(session, { entity, tenant }, keys))
  }

  updatedIn(run: string, of: Parameters<Ledger['updatedIn']>[1]): Promise<ReadonlySet<string>> {
    return this.#control.use(session => readUpdatedIn(session, { run, ...of }))
  }

  beforeImages(batch: string): Promise<readonly BeforeImage[]> {
    return this.#control.use(session => readImages(session, batch))
  }

  sumIntegers(...asked: Parameters<Ledger['sumIntegers']>): ReturnType<Ledger['sumIntegers']> {
    return this.#control.use(session => sumIntegers(session, ...asked))
  }

  hasKeys(entity: number, tenant: number): Promise<boolean> {
    return this.#control.use(session => readHasKeys(session, { entity, tenant }))
  }

  async *knownKeys(entity: number, tenant: number): ReturnType<Ledger['knownKeys']> {
    const session = await this.#control.openAnother()
    try {
      yield* streamKnownKeys(session, { entity, tenant })
    } finally {
      // A stream left early is ended with its session; there is nothing to wait for.
      session.destroy()
    }
  }

  async *idMap(of: Parameters<Ledger['idMap']>[0]): AsyncGenerator<Buffer> {
    const session = await this.#control.openAnother()
    try {
      yield* session.copyOut(idMapStatement(of))
    } finally {
      session.destroy()
    }
  }

  sumIdMap(...asked: Parameters<Ledger['sumIdMap']>): ReturnType<Ledger['sumIdMap']> {
    return this.#control.use(session => sumIdMap(session, ...asked))
  }

  async *merged(entity: number, tenant: number): ReturnType<Ledger['merged']> {
    const session = await this.#control.openAnother()
    try {
      yield* streamMerged(session, { entity, tenant })
    } finally {
      session.destroy()
    }
  }

  mapped(entity: number, tenant: number): Promise<bigint> {
    return this.#control.use(session => countIdMap(session, { entity, tenant }))
  }

  keysOf(ids: readonly string[]): Promise<readonly LookupMatch[]> {
    return this.#control.use(session => readKeysOf(session, ids, this.#options))
  }

  quarantine(filter: QuarantineFilter): ReturnType<Ledger['quarantine']> {
    return this.#control.use(session => readQuarantine(session, filter))
  }

  outcomes(run: string): ReturnType<Ledger['outcomes']> {
    return this.#control.use(session => readOutcomes(session, run))
  }

  outcomesByTenant(run: string): ReturnType<Ledger['outcomesByTenant']> {
    return this.#control.use(session => readTenantOutcomes(session, run))
  }

  ownedLines(run: string): ReturnType<Ledger['ownedLines']> {
    return this.#control.use(session => readOwnedLines(session, run))
  }

  ownedRows(of: Parameters<Ledger['ownedRows']>[0]): ReturnType<Ledger['ownedRows']> {
    return this.#control.use(session => readOwnedRows(session, of))
  }

  totals(run: string): ReturnType<Ledger['totals']> {
    return this.#control.use(session => readTotals(session, run))
  }

  digests(run: string): ReturnType<Ledger['digests']> {
    return this.#control.use(session => readDigests(session, run))
  }

  idMapStep(): Promise<SchemaStep | null> {
    return this.#control.use(idMapStep)
  }

  dueFinish(statements: readonly string[]): Promise<readonly string[]> {
    return this.#control.use(session => readDueFinish(session, statements))
  }

  recordFinish(tx: WriteTransaction, done: Parameters<Ledger['recordFinish']>[1]): Promise<void> {
    return recordFinish(sessionOf(tx), done)
  }

  recordStep(tx: WriteTransaction, run: string, step: SchemaStep): Promise<string> {
    return recordStep(sessionOf(tx), run, step)
  }

  settleStep(tx: WriteTransaction, id: string): Promise<void> {
    return settleStep(sessionOf(tx), id)
  }

  debts(): Promise<readonly SchemaDebt[]> {
    return this.#control.use(readDebts)
  }

  /** Adds to the audit chain: refusals and whatever else a person must be able to find again. */
  audit(entry: AuditEntry): Promise<void> {
    return this.#control.transaction(session => appendAudit(session, this.#options.auditKey, entry))
  }

  auditTrail(): Promise<readonly AuditRecord[]> {
    return this.#control.use(readAudit)
  }

  auditHead(): Promise<AuditHead> {
    return this.#control.use(readAuditHead)
  }

  checkAudit(): Promise<AuditCheck> {
    return this.#control.use(session => checkAudit(session, this.#options.auditKey))
  }

  /** Also lets go of what is held. Idempotent. */
  async close(): Promise<void> {
    for (const hold of this.#holds) await hold.release()
    await this.#control.close()
  }
}

/** A ledger that connects when it is first asked for something. */
export function openPostgresLedger(options: PostgresLedgerOptions): PostgresLedger {
  return new PostgresLedger(options)
}
