import { setTimeout as sleep } from 'node:timers/promises'
import { canonicalKey } from '../../base/key-text.ts'
import { RehouseError } from '../../errors.ts'
import type {
  BatchRecord,
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
import type { WriteTransaction } from '../../target/target.ts'
import type { AuditCheck, AuditHead, AuditRecord } from '../audit-chain.ts'
import { compareIdentity } from '../compare-identity.ts'
import { heldError } from '../held-error.ts'
import { interrupted } from '../interrupted.ts'
import type { AuditEntry, Hold, Holder, Ledger, LedgerIdentity, LookupMatch, QuarantineFilter, TaskClaim, TaskPlace } from '../ledger.ts'
import { idMapTuples, sumIdMap } from './id-map-tuples.ts'
import { addAudit, checkOf, headOf } from './memory-audit.ts'
import { applyBatch, checkBatch, keptRecord } from './memory-batch.ts'
import { dueFinish, newestBatch } from './memory-finish.ts'
import { knownKey, knownKeys } from './memory-known.ts'
import { keysOf, mergedKeys } from './memory-look-up.ts'
import { adoptEntities, adoptTenants, numberEntities, numberTenants } from './memory-numbers.ts'
import { ownedLines, ownedRows } from './memory-owned.ts'
import { digests, outcomes, quarantine, taskRecord, tenantOutcomes, totals, updatedIn } from './memory-reports.ts'
import { MemoryStore } from './memory-store.ts'
import { claimTask, type EndBackend, failTask, planTasks, unknownRun } from './memory-tasks.ts'
import { sumIntegers } from './sum-integers.ts'
import { takePart } from './take-part.ts'

const POLL_MS = 5

/** The ledger without a database, for tests and for running the engine on memory. Same contract, same order, same errors. */
export class MemoryLedger implements Ledger {
  readonly #store: MemoryStore
  readonly #holds = new Set<Hold>()
  readonly #endBackend: EndBackend

  constructor(options: MemoryLedgerOptions) {
    this.#store = options.store ?? new MemoryStore()
    this.#endBackend = options.endBackend ?? (() => Promise.resolve())
  }

  async state(): Promise<'absent' | 'outdated' | 'current'> {
    return this.#store.identity === null ? 'absent' : 'current'
  }

  async install(identity: LedgerIdentity): Promise<void> {
    this.#store.identity ??= identity
    compareIdentity(this.#store.identity, identity)
  }

  async checkIdentity(identity: LedgerIdentity): Promise<void> {
    if (this.#store.identity !== null) compareIdentity(this.#store.identity, identity)
  }

  async audit(entry: AuditEntry): Promise<void> {
    addAudit(this.#store.audit, entry)
  }

  async auditTrail(): Promise<readonly AuditRecord[]> {
    return [...this.#store.audit]
  }

  async auditHead(): Promise<AuditHead> {
    return headOf(this.#store.audit)
  }

  async checkAudit(): Promise<AuditCheck> {
    return checkOf(this.#store.audit)
  }

  async hold(holder: Holder, { wait, signal }: { readonly wait: boolean; readonly signal: AbortSignal }): Promise<Hold> {
    while (this.#store.holder !== null) {
      if (!wait) throw heldError(this.#store.holder)
      await sleep(POLL_MS, undefined, { signal }).catch(error => {
        throw interrupted(signal, error)
      })
    }
    const own = { ...holder, since: new Date().toISOString().slice(0, 19).replace('T', ' ').concat('Z') }
    this.#store.holder = own
    const release = async (): Promise<void> => {
      if (this.#store.holder === own) this.#store.holder = null
    }
    const hold: Hold = { lost: new Promise(() => undefined), release }
    this.#holds.add(hold)
    return hold
  }

  async numberTenants(tenants: readonly Tenant[]): Promise<readonly NumberedTenant[]> {
    return numberTenants(this.#store, tenants)
  }

  async numberEntities(entities: readonly Omit<NumberedEntity, 'number'>[]): Promise<readonly NumberedEntity[]> {
    return numberEntities(this.#store, entities)
  }

  async tenants(): Promise<readonly NumberedTenant[]> {
    return [...this.#store.tenants.values()].toSorted((a, b) => a.number - b.number)
  }

  async entities(): Promise<readonly NumberedEntity[]> {
    return [...this.#store.entities.values()].toSorted((a, b) => a.number - b.number)
  }

  async adopt(tenants: readonly NumberedTenant[], entities: readonly NumberedEntity[]): Promise<void> {
    adoptTenants(this.#store, tenants)
    adoptEntities(this.#store, entities)
  }

  async beginRun(run: Omit<RunRecord, 'status' | 'finishedAt'>): Promise<void> {
    const known = this.#store.runs.get(run.id)
    if (known && known.record.mappingHash !== run.mappingHash) {
      throw new RehouseError('MAPPING_CHANGED', `expected the mapping run ${run.id} began with, got another`, {
        next: 'Resume with the mapping as it was, or begin a new run.',
      })
    }
    const kept = known ? { startedAt: known.record.startedAt, selection: known.record.selection } : {}
    this.#store.runs.set(run.id, { record: { ...run, ...kept, status: 'running', finishedAt: null }, summary: known?.summary ?? null })
  }

  async finishRun(id: string, status: RunStatus, summary: unknown): Promise<void> {
    const known = this.#store.runs.get(id)
    if (known === undefined) throw unknownRun(id)
    const finishedAt = status === 'running' ? null : new Date().toISOString()
    this.#store.runs.set(id, { record: { ...known.record, status, finishedAt }, summary: structuredClone(summary) })
  }

  async runs(): Promise<readonly RunRecord[]> {
    return [...this.#store.runs.values()]
      .map(run => run.record)
      .toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt) || (a.id < b.id ? 1 : -1))
  }

  async summary(run: string): Promise<unknown> {
    return this.#store.runs.get(run)?.summary ?? null
  }

  async planTasks(run: string, specs: readonly TaskSpec[]): Promise<readonly TaskRecord[]> {
    planTasks(this.#store, run, specs)
    return this.tasks(run)
  }

  async task({ run, entity, tenant }: TaskPlace): Promise<TaskRecord | null> {
    return (await this.tasks(run)).find(task => task.entity === entity && task.tenant === tenant) ?? null
  }

  async tasks(run: string): Promise<readonly TaskRecord[]> {
    return [...this.#store.tasks.values()].filter(task => task.run === run).map(task => taskRecord(this.#store, task))
  }

  claimTask(id: string, claim: TaskClaim): Promise<TaskRecord> {
    return claimTask(this.#store, { id, claim, endBackend: this.#endBackend })
  }

  async failTask(id: string, fence: number, state: 'failed' | 'stopped', failure: TaskFailure): Promise<void> {
    failTask(this.#store, { id, fence }, { state, failure })
  }

  async nextBatch(): Promise<string> {
    return String(this.#store.nextBatch++)
  }

  async recordBatch(tx: WriteTransaction, record: BatchRecord): Promise<void> {
    checkBatch(this.#store, record)
    const kept = keptRecord(record)
    const { writing } = this.#store
    takePart(tx, {
      commit: () => {
        writing.delete(record.task.id)
        applyBatch(this.#store, kept)
      },
      undo: () => writing.delete(record.task.id),
    })
    writing.add(record.task.id)
  }

  async known(entity: number, tenant: number, keys: readonly (readonly string[])[]): Promise<readonly (KnownKey | null)[]> {
    const room = this.#store.room({ entity, tenant })
    return keys.map(key => knownKey(this.#store, room, canonicalKey(key)))
  }

  sumIntegers(...asked: Parameters<Ledger['sumIntegers']>): ReturnType<Ledger['sumIntegers']> {
    return Promise.resolve(sumIntegers(this.#store, ...asked))
  }

  async updatedIn(run: string, of: Parameters<Ledger['updatedIn']>[1]): Promise<ReadonlySet<string>> {
    return updatedIn(this.#store, { run, ...of })
  }

  async beforeImages(batch: string): ReturnType<Ledger['beforeImages']> {
    return this.#store.batches.get(batch)?.images ?? []
  }

  async hasKeys(entity: number, tenant: number): Promise<boolean> {
    for await (const chunk of this.knownKeys(entity, tenant)) if (chunk.length > 0) return true
    return false
  }

  knownKeys(entity: number, tenant: number): ReturnType<Ledger['knownKeys']> {
    return knownKeys(this.#store, this.#store.room({ entity, tenant }))
  }

  idMap(of: Parameters<Ledger['idMap']>[0]): AsyncIterable<Buffer> {
    return idMapTuples(this.#store, of)
  }

  sumIdMap = async (...asked: Parameters<Ledger['sumIdMap']>): ReturnType<Ledger['sumIdMap']> => sumIdMap(this.#store, ...asked)
  merged = (entity: number, tenant: number): ReturnType<Ledger['merged']> => mergedKeys(this.#store.room({ entity, tenant }))

  async mapped(entity: number, tenant: number): Promise<bigint> {
    return BigInt(this.#store.room({ entity, tenant }).mapped.size)
  }

  async keysOf(ids: readonly string[]): Promise<readonly LookupMatch[]> {
    return keysOf(this.#store, ids)
  }

  async quarantine(filter: QuarantineFilter): ReturnType<Ledger['quarantine']> {
    return quarantine(this.#store, filter)
  }

  async outcomes(run: string): ReturnType<Ledger['outcomes']> {
    return outcomes(this.#store, run)
  }

  async outcomesByTenant(run: string): ReturnType<Ledger['outcomesByTenant']> {
    return tenantOutcomes(this.#store, run)
  }

  async ownedLines(run: string): ReturnType<Ledger['ownedLines']> {
    return ownedLines(this.#store, run)
  }

  async ownedRows(of: Parameters<Ledger['ownedRows']>[0]): ReturnType<Ledger['ownedRows']> {
    return ownedRows(this.#store, of)
  }

  async totals(run: string): ReturnType<Ledger['totals']> {
    return totals(this.#store, run)
  }

  digests = async (run: string): ReturnType<Ledger['digests']> => digests(this.#store, run)

  /** A Map has no key to set aside. */
  async idMapStep(): Promise<SchemaStep | null> {
    return null
  }

  dueFinish = async (statements: readonly string[]): ReturnType<Ledger['dueFinish']> => dueFinish(this.#store, statements)

  async recordFinish(tx: WriteTransaction, { statement }: Parameters<Ledger['recordFinish']>[1]): Promise<void> {
    takePart(tx, { commit: () => this.#store.finished.set(statement, newestBatch(this.#store)), undo: () => undefined })
  }

  async recordStep(tx: WriteTransaction, run: string, step: SchemaStep): Promise<string> {
    const id = String(this.#store.nextStep++)
    takePart(tx, { commit: () => this.#store.steps.set(id, { ...step, id, run }), undo: () => undefined })
    return id
  }

  async settleStep(tx: WriteTransaction, id: string): Promise<void> {
    takePart(tx, { commit: () => this.#store.steps.delete(id), undo: () => undefined })
  }

  async debts(): Promise<readonly SchemaDebt[]> {
    return [...this.#store.steps.values()].toSorted((a, b) => Number(a.id) - Number(b.id))
  }

  async close(): Promise<void> {
    for (const hold of this.#holds) await hold.release()
  }
}

export interface MemoryLedgerOptions {
  /** A new one when absent. Several ledgers on one store are as several connections to one database. */
  readonly store?: MemoryStore
  /** Absent: sessions of the target are left alone when a task is taken over. */
  readonly endBackend?: EndBackend
}

export function openMemoryLedger(options: MemoryLedgerOptions = {}): MemoryLedger {
  return new MemoryLedger(options)
}
