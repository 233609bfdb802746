import type { Counts } from '../model/counts.ts'
import type {
  BatchRecord,
  BeforeImage,
  IdMapRows,
  KnownKey,
  NumberedEntity,
  NumberedTenant,
  OwnedLine,
  OwnedRows,
  RunRecord,
  RunSelection,
  RunStatus,
  SchemaDebt,
  SchemaStep,
  TaskFailure,
  TaskRecord,
  TaskSpec,
} from '../model/ledger-records.ts'
import type { Tenant } from '../model/mapping.ts'
import type { WriteTransaction } from '../target/target.ts'
import type { AuditCheck, AuditHead, AuditRecord } from './audit-chain.ts'

/**
 * Remembering. One ledger per service, in the database the rows go to (schema `rehouse`); the first service's ledger is the control ledger:
 * it allots numbers and its run row decides. Methods that take a transaction write in it; the others commit by themselves and are safe to repeat.
 */
export interface Ledger {
  /** 'absent' before the first run. Rejects with LEDGER_INVALID when made by a newer, breaking version. Reads only. */
  state(): Promise<'absent' | 'outdated' | 'current'>
  /** Creates or upgrades the schema; concurrent installers are serialised. Then checks `identity` against the ledger’s: SALT_CHANGED, LEDGER_INVALID (another migration). */
  install(identity: LedgerIdentity): Promise<void>
  /** The same checks without writing; a ledger that is absent passes. */
  checkIdentity(identity: LedgerIdentity): Promise<void>

  /** Takes the database for one run (session-level lock); after `install`. Rejects with TARGET_HELD naming the holder, unless `wait`. Released when the session ends, however it ends. */
  hold(holder: Holder, options: { readonly wait: boolean; readonly signal: AbortSignal }): Promise<Hold>

  /** Numbers for new codes and names, the known ones unchanged. TENANT_INVALID if a known code comes with another id. Control ledger only. */
  numberTenants(tenants: readonly Tenant[]): Promise<readonly NumberedTenant[]>
  numberEntities(entities: readonly Omit<NumberedEntity, 'number'>[]): Promise<readonly NumberedEntity[]>
  /** What is there already; reads only. For a dry run and for look-ups. */
  tenants(): Promise<readonly NumberedTenant[]>
  entities(): Promise<readonly NumberedEntity[]>
  /** Copies the control ledger’s numbers into another service’s ledger. */
  adopt(tenants: readonly NumberedTenant[], entities: readonly NumberedEntity[]): Promise<void>

  beginRun(run: Omit<RunRecord, 'status' | 'finishedAt'>): Promise<void>
  finishRun(id: string, status: RunStatus, summary: unknown): Promise<void>
  /** Newest first. */
  runs(): Promise<readonly RunRecord[]>
  /** The summary given to finishRun. */
  summary(run: string): Promise<unknown>

  /** Adds tasks that are not there yet (run, entity, tenant); returns all of the run in this service. */
  planTasks(run: string, specs: readonly TaskSpec[]): Promise<readonly TaskRecord[]>
  tasks(run: string): Promise<readonly TaskRecord[]>
  /** One of them; null = the run has no such task. */
  task(of: TaskPlace): Promise<TaskRecord | null>
  /** Raises the fence, then ends the backend recorded before, if it still lives. The task is then `running` under the new fence, unless the claim keeps its state. */
  claimTask(id: string, claim: TaskClaim): Promise<TaskRecord>
  /** Only under the current fence; FENCE_LOST otherwise. */
  failTask(id: string, fence: number, state: 'failed' | 'stopped', failure: TaskFailure): Promise<void>
  /** A number for a batch; never given twice. */
  nextBatch(): Promise<string>
  /** All of the record, and the fence as the last statement: no row → FENCE_LOST and nothing is kept. */
  recordBatch(tx: WriteTransaction, record: BatchRecord): Promise<void>

  /** In the order of `keys`; null = never seen. Quarantine rows that were resolved do not count. */
  known(entity: number, tenant: number, keys: readonly (readonly string[])[]): Promise<readonly (KnownKey | null)[]>
  /** What the id map holds of integer keys from `least` to `most`, summed up. */
  sumIntegers(place: { readonly entity: number; readonly tenant: number; readonly task: string }, range: KeyRange): Promise<IntegerSum>
  /** Every key of an entity and tenant with its state, in any order, streamed in chunks. For the key sets of parents. */
  knownKeys(
    entity: number,
    tenant: number,
  ): AsyncIterable<readonly { readonly key: readonly string[]; readonly state: KnownKey['state'] }[]>
  /** Of the given keys, as canonical text, those whose loaded rows batches of the run updated. */
  updatedIn(
    run: string,
    of: { readonly entity: number; readonly tenant: number; readonly keys: readonly (readonly string[])[] },
  ): Promise<ReadonlySet<string>>
  /** Rows as they were before a batch changed them, in the order recorded. */
  beforeImages(batch: string): Promise<readonly BeforeImage[]>
  /** Whether it knows any key of the entity and tenant. */
  hasKeys(entity: number, tenant: number): Promise<boolean>
  /**
   * The id map of an entity and tenant as binary COPY tuples (no header, an optional trailer, cut anywhere), laid out as IdMapRows with 0 as the batch, ordered by key: integers by value,
   * texts by their bytes. For whoever compares it. `between` (absent: all): integer keys of that range only.
   */
  idMap(of: {
    readonly entity: number
    readonly tenant: number
    readonly format: IdMapRows['format']
    readonly between?: KeyRange
  }): AsyncIterable<Buffer>
  /**
   * The integer keys of an entity and tenant, or of a range of keys, summed up where they lie, as an IdentifierSum (base/identifier-hash.ts) of their identifiers, keys and hashes.
   * Null: this engine’s hash is another.
   */
  sumIdMap(place: { readonly entity: number; readonly tenant: number }, between?: KeyRange): Promise<IdMapSum | null>
  /** How many rows that id map has: without rows that are other rows. */
  mapped(entity: number, tenant: number): Promise<bigint>
  /** Every key of an entity and tenant whose row is another row, ordered by the bytes of its canonical text, in chunks. */
  merged(entity: number, tenant: number): AsyncIterable<readonly MergedKey[]>
  /** Reverse look-up: which entity, tenant and key have this id; several where rows were merged. */
  keysOf(ids: readonly string[]): Promise<readonly LookupMatch[]>

  quarantine(filter: QuarantineFilter): Promise<{ readonly total: number; readonly rows: readonly QuarantineEntry[] }>
  outcomes(
    run: string,
  ): Promise<
    readonly { readonly entity: string; readonly kind: string; readonly column: string; readonly code: string; readonly count: number }[]
  >
  /** Sum of each entity and tenant’s latest pass in the run; rows loaded earlier in the run count as loaded. `written`: rows per target table, over all passes. */
  totals(run: string): Promise<
    readonly {
      readonly entity: number
      readonly tenant: number
      readonly counts: Counts
      readonly seconds: number
      readonly written: Readonly<Record<string, number>>
      /** The counts by the source relation the rows were read from, in the order of their names. */
      readonly relations: readonly { readonly relation: string; readonly counts: Counts }[]
    }[]
  >

  /** The lines of owned relations, of each task's latest pass; by entity, tenant and relation. */
  ownedLines(run: string): Promise<readonly OwnedLine[]>
  /** Of loaded rows with these keys, what became of the rows they own; in no order. */
  ownedRows(of: {
    readonly entity: number
    readonly tenant: number
    readonly keys: readonly (readonly string[])[]
  }): Promise<readonly OwnedRows[]>
  /** The digest of every batch of a run, in the order of their numbers. */
  digests(run: string): Promise<readonly BatchDigest[]>
  /** As `outcomes`, of each entity and tenant by itself; in no order. */
  outcomesByTenant(run: string): Promise<readonly TenantOutcome[]>

  /** The step that sets the id map’s own key aside for a first load; null = it holds rows, or is not ours to change. */
  idMapStep(): Promise<SchemaStep | null>
  /** Of statements that end a run those to be run: never run, or rows were written or taken back since. In the order given. */
  dueFinish(statements: readonly string[]): Promise<readonly string[]>
  /** Remembers that a statement was run after every batch there is. */
  recordFinish(tx: WriteTransaction, done: { readonly run: string; readonly statement: string }): Promise<void>
  recordStep(tx: WriteTransaction, run: string, step: SchemaStep): Promise<string>
  settleStep(tx: WriteTransaction, id: string): Promise<void>
  /** Oldest first: undo in reverse order. */
  debts(): Promise<readonly SchemaDebt[]>
  /** Remembers a deed so that it cannot be changed unnoticed. */
  audit(entry: AuditEntry): Promise<void>
  /** Every entry as it is stored, in the order of their numbers. */
  auditTrail(): Promise<readonly AuditRecord[]>
  /** Recomputes the chain of entries with the key of the ledger. Reads only. */
  checkAudit(): Promise<AuditCheck>
  /** The last entry, to be printed: a chain whose end was cut off is whole, but ends before it. */
  auditHead(): Promise<AuditHead>
  close(): Promise<void>
}

/** A key whose row is another row, and the identifier of that one. */
export interface MergedKey {
  readonly key: readonly string[]
  readonly id: string
}

export interface BatchDigest {
  readonly batch: string
  readonly entity: number
  readonly tenant: number
  /** SHA-256 in hex. */
  readonly digest: string
}

/** Both ends are in it. */
export interface KeyRange {
  readonly least: bigint
  readonly most: bigint
}

/** Two id maps with equal sums are the same, but for a chance of 2⁻⁶⁴. */
export interface IdMapSum {
  readonly rows: number
  readonly sum: bigint
}

/** Two sets of rows with equal sums have the same hashes, but for a chance of 2⁻⁶⁴: sum and exclusive or are of 64 bits each. */
export interface IntegerSum {
  readonly rows: number
  /** Sum of the hashes as signed numbers. */
  readonly sum: bigint
  /** Exclusive or of the hashes, as a signed number. */
  readonly xor: bigint
  /** Of the rows, those the task itself wrote. */
  readonly ofTask: number
}

/** How often an outcome was taken in a run. */
export interface TenantOutcome {
  readonly entity: number
  readonly tenant: number
  readonly kind: string
  readonly column: string
  readonly code: string
  readonly count: number
}

/** Something somebody did. */
export interface AuditEntry {
  readonly who: string
  readonly action: string
  readonly run: string | null
  /** Facts without personal data. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface LedgerIdentity {
  readonly migration: string
  /** First 16 hex digits of SHA-256("rehouse salt fingerprint" || salt). */
  readonly saltFingerprint: string
}

export interface Holder {
  readonly run: string
  readonly operator: string
  readonly host: string
  readonly pid: number
}

export interface Hold {
  /** Resolves (never rejects) when the lock is lost because its session ended. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

/** What makes a task one: a run’s entity and tenant (0 = shared). */
export interface TaskPlace {
  readonly run: string
  readonly entity: number
  readonly tenant: number
}

export interface TaskClaim {
  readonly backend: number
  readonly snapshot: string
  readonly marker: string
  readonly consistency: 'snapshot' | 'frozen' | 'mixed'
  readonly pass: number
  /** Begin again from the first row (a catch-up pass). */
  readonly restart: boolean
  /** `keep`: the task stays in the state it is in, because a correction neither begins nor ends it. Absent: it is running. */
  readonly state?: 'keep'
}

export interface LookupMatch {
  /** Its row is another row, which has the id; absent = its own. */
  readonly isMerged?: true
  readonly entity: string
  readonly tenant: string | null
  readonly key: readonly string[]
  readonly id: string
  readonly table: string
  readonly batch: string
  readonly run: string
}

export interface QuarantineFilter {
  readonly run?: string | undefined
  readonly tenant?: string | undefined
  readonly entity?: string | undefined
  readonly code?: string | undefined
  readonly key?: readonly string[] | undefined
  readonly limit: number | null
}

export interface QuarantineEntry {
  readonly entity: string
  readonly tenant: string | null
  readonly key: readonly string[]
  readonly code: string
  readonly column: string | null
  readonly value_masked: string | null
  readonly detail: string | null
  readonly part: string | null
  readonly batch: string
  readonly first_run: string
  readonly last_run: string
}

export type { RunSelection }
