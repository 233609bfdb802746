import type { TargetRelation } from '../model/catalogue.ts'
import type { SchemaStep } from '../model/ledger-records.ts'
import type { Measure } from '../model/measure.ts'

/** Writing. One service = one database. Implemented by one folder per engine. */
export interface Target {
  readonly engine: string
  readonly service: string
  /** The address without secrets. */
  readonly label: string
  facts(): Promise<TargetFacts>
  /**
   * The tables asked for, those that exist, in any order; never the ledger's own schema. Keys and triggers that steps of `setAside` (applied, not undone) took away
   * are described as if they were there: they will be.
   */
  describe(tables: readonly TableName[], setAside?: readonly SchemaStep[]): Promise<readonly TargetRelation[]>
  /** Looks at one moment of the database, read only. Close it when done. Rejects with TARGET_POLICY_DENIED where row security would hide rows. */
  openReader(): Promise<TargetReader>
  /** One session that writes. Close it when done. */
  openWriter(): Promise<Writer>
  /** Sets the sequences that feed columns of these tables past the highest value stored. Only forwards. Run after the load: sequences do not roll back. */
  advanceSequences(tables: readonly TableName[]): Promise<void>
  /** Runs a person's SQL script (target.sql) in one transaction. */
  applyScript(script: string): Promise<void>
  /** Steps that make a load faster or possible, each with its inverse; decides from the relations alone what may be deferred (see docs/design/004). Empty where the rule forbids. */
  planDeferral(relations: readonly TargetRelation[], rule: DeferralRule): readonly SchemaStep[]
  close(): Promise<void>
}

export interface DeferralRule {
  /** Labels (base/table-label.ts) of tables about to receive many rows; others keep their indexes. */
  readonly worthwhile: ReadonlySet<string>
  /** Names the run in the guard’s message. */
  readonly run: string
  readonly triggers: 'fire' | 'disable' | null
  /** Labels of tables → what no row can break there: of these tables nothing else is set aside. Absent: anything may be. */
  readonly unbreakable?: ReadonlyMap<string, UnbreakableRules>
}

/** What no row of a table can break. */
export interface UnbreakableRules {
  /** Columns no two rows can have in common; so no two rows can break a key that holds them all. */
  readonly distinct: readonly (readonly string[])[]
  /** Column → label of the table in which the value is known to be. */
  readonly checked: ReadonlyMap<string, string>
  /** Columns that hold the same in every row a tenant brings: a foreign key on them alone holds for all or for none. */
  readonly constant: ReadonlySet<string>
}

export interface TableName {
  readonly schema: string
  readonly name: string
}

export interface TargetFacts {
  readonly identity: string
  readonly version: number
  readonly role: string
  readonly isSuperuser: boolean
  readonly canBypassRowSecurity: boolean
  /** The ledger's schema: to make it, or, where it is there, to make tables in it. */
  readonly canCreateSchema: boolean
  /** A pooler in transaction mode stands between (refused). */
  readonly isPooled: boolean
  readonly isReadOnly: boolean
}

/** One moment of the target, for whoever compares. Streams may be read side by side. */
export interface TargetReader {
  /** Rows as binary COPY tuples (no header, an optional trailer, cut anywhere) of `columns`, ordered by the bytes of `orderBy`, a uuid column; rows without it are left out. */
  rows(request: RowsRequest): AsyncIterable<Buffer>
  /** How many rows there are. */
  count(rows: RowsOf): Promise<bigint>
  /** Looks each reference of a table up: rows whose parent is nowhere, and rows whose parent is another tenant’s. In the order asked for. */
  strays(table: TableName, references: readonly ReferenceTo[]): Promise<readonly StrayRows[]>
  /** Of the given columns, aggregates the engine computes itself, as text, in the order asked for. Null: this engine computes none. */
  aggregates(rows: RowsOf, measures: readonly Measure[]): Promise<readonly (string | null)[] | null>
  /** As of a source’s snapshot: who has the same name hashes rows alike. Absent: it has no functions of its own. */
  rowHash?(): Promise<string>
  close(): Promise<void>
}

/** Rows of a table; all of them, or those of one tenant. */
export interface RowsOf {
  readonly table: TableName
  readonly tenant: { readonly column: string; readonly id: string } | null
}

export interface RowsRequest extends RowsOf {
  readonly columns: readonly string[]
  /** Null: in any order. */
  readonly orderBy: string | null
  /** Only rows whose `orderBy` is one of these; null = all. */
  readonly ids: readonly string[] | null
  readonly signal: AbortSignal
}

/** A column that leads to the rows of other tables: to one of `parents`, in any of them. */
export interface ReferenceTo {
  readonly column: string
  readonly parents: readonly { readonly table: TableName; readonly idColumn: string; readonly tenantColumn: string | null }[]
  /** Of the table itself; null = none. */
  readonly tenantColumn: string | null
  /** Names the rows found. */
  readonly idColumn: string | null
}

export interface StrayRows {
  readonly orphans: number
  readonly otherTenant: number
  /** Ids of some of them, ordered. */
  readonly orphanIds: readonly string[]
  readonly otherTenantIds: readonly string[]
}

/** A session with at most one open transaction. */
export interface Writer {
  /** PostgreSQL: the backend's pid; recorded so that a replacement can end it. */
  readonly backend: number
  begin(): Promise<WriteTransaction>
  /** Ends the session at once, whatever it is doing. Idempotent. */
  close(): Promise<void>
}

/**
 * One transaction. Everything a batch writes, rows and ledger, goes through one of these and commits together.
 * After a method rejected with a `Refusal` outside `attempt`, only `rollback` may follow.
 */
export interface WriteTransaction {
  /** COPY of ready binary tuples (no header, no trailer). Resolves to the number of rows the target says it stored. */
  copy(table: TableName, columns: readonly string[], tuples: readonly Buffer[]): Promise<number>
  /** Deferred constraints now (`SET CONSTRAINTS ALL IMMEDIATE`), back to deferred afterwards. */
  checkConstraints(): Promise<void>
  /** Runs `work` under a savepoint. A Refusal is returned and what `work` did is undone; everything else is thrown. */
  attempt<T>(work: () => Promise<T>): Promise<{ readonly done: T } | { readonly refused: Refusal }>
  /** Removes rows by primary head id column value, from the given tables in the given order. Resolves to the rows removed per table. */
  removeRows(removals: readonly Removal[]): Promise<readonly number[]>
  /** `idColumn` of the rows whose `column` is one of `ids`, as text, distinct. */
  selectIds(query: Removal & { readonly idColumn: string }): Promise<readonly string[]>
  /** Sets one column of rows named by another (two-step references). Rows that have the value are not touched. Resolves to the rows changed. */
  updateColumn(update: ColumnUpdate): Promise<number>
  /** The rows named, as binary COPY tuples of `columns` (no header, an optional trailer, cut anywhere), in any order. Read to the end before the next call. */
  readRows(request: RowsByIds): AsyncIterable<Buffer>
  /** Replaces rows in place: sets all of `columns` but `key` in the rows that have the `key` of a tuple (binary COPY, each key once). Resolves to the rows changed. */
  updateRows(update: RowsUpdate): Promise<number>
  /** Makes a materialized view anew from its query, in this transaction. An engine without such views does nothing. */
  refresh(view: TableName & { readonly isConcurrent: boolean }): Promise<void>
  applyStep(step: SchemaStep): Promise<void>
  undoStep(step: SchemaStep): Promise<void>
  /** Rows that would make `undoStep` fail: of each set of duplicates all but the first stored; of a foreign key those without a parent. As text of the table’s `idColumn`, ordered. */
  violations(step: SchemaStep, idColumn: string): Promise<readonly string[]>
  /** `durable` false = synchronous_commit off: allowed for all but the last commit of a run in each database. */
  commit(options: { readonly durable: boolean }): Promise<void>
  /** Idempotent. */
  rollback(): Promise<void>
}

export interface Removal {
  readonly table: TableName
  /** Column compared with each of `ids`. */
  readonly column: string
  readonly ids: readonly string[]
}

export interface RowsByIds extends Removal {
  readonly columns: readonly string[]
  /** `rows`: nobody else changes or removes them before this transaction is over. Absent: nothing is locked. */
  readonly lock?: 'rows'
}

export interface RowsUpdate {
  readonly table: TableName
  readonly columns: readonly string[]
  /** One of `columns`. */
  readonly key: string
  readonly tuples: readonly Buffer[]
}

export interface ColumnUpdate {
  readonly table: TableName
  readonly where: string
  readonly set: string
  readonly pairs: readonly { readonly id: string; readonly value: string | null }[]
  /** `empty`: only where the column is NULL. Absent: everywhere. */
  readonly over?: 'empty' | undefined
}

/** The server would not take a row: class 22 (data) and 23 (integrity), and P0001 raised by a trigger. A value, so that `run/` can bisect. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** SQLSTATE. */
  readonly sqlstate: string
  readonly constraint: string | null
  readonly table: string | null
  readonly column: string | null

  constructor(
    message: string,
    facts: { sqlstate: string; constraint: string | null; table: string | null; column: string | null; cause?: unknown },
  ) {
    super(message, { cause: facts.cause })
    this.sqlstate = facts.sqlstate
    this.constraint = facts.constraint
    this.table = facts.table
    this.column = facts.column
  }
}
