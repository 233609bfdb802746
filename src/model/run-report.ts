import type { Status, Totals, VerifyLevel, VerifyOutcome } from './results.ts'

/** What `report` says about a run: facts of the ledgers, as its JSON has them. Keys of rows are in it, values of columns never. */
export interface RunReport {
  /** The form of this document. */
  readonly form: 'rehouse report 1'
  readonly made_at: string
  readonly made_by: string
  readonly run: {
    readonly id: string
    readonly status: 'running' | Status
    readonly migration: string
    readonly mapping_hash: string
    readonly program_version: string
    readonly operator: string
    readonly host: string
    readonly started_at: string
    readonly finished_at: string | null
    /** What was asked for; null = all. */
    readonly tenants: readonly string[] | null
    readonly entities: readonly string[] | null
    readonly phase: string | null
    /** It tried rows in quarantine again. */
    readonly retries: boolean
    /** What it did to rows that were loaded before; absent = nothing. */
    readonly changes?: 'top_up' | 'top_up_and_remove' | 'repair'
    /** It drew about so many rows of each entity and tenant; absent = it read all. */
    readonly sample?: number
  }
  readonly totals: Totals & { readonly parts_quarantined: number }
  /** By tenant, then in the order of the manifest. */
  readonly entities: readonly ReportEntity[]
  /** Outcomes taken, of every kind, per entity and tenant. */
  readonly outcomes: readonly ReportOutcome[]
  /** The first 1000 rows of the run that are in quarantine now. */
  readonly quarantined: readonly ReportQuarantined[]
  readonly quarantined_total: number
  /** What the manifest leaves out; null = the manifest is another than the run’s. */
  readonly left_out: readonly { readonly what: 'table' | 'column'; readonly pattern: string; readonly reason: string }[] | null
  /** What decides about local times that do not exist or exist twice; null = the manifest is another than the run’s. */
  readonly zone_policy: {
    readonly gap: 'shift_forward' | 'shift_back' | 'quarantine'
    readonly overlap: 'earlier' | 'later' | 'quarantine'
  } | null
  readonly consistency: readonly {
    readonly tenant: string | null
    readonly consistency: 'snapshot' | 'frozen' | 'mixed' | null
    readonly tasks: number
  }[]
  readonly failures: readonly { readonly entity: string; readonly tenant: string | null; readonly code: string; readonly message: string }[]
  /** The newest one of this run, one of all of it where there is one; null = none is on record. */
  readonly verification: ReportVerification | null
  readonly checks: readonly ReportCheck[]
  /** The chain of entries as it was when the report was made, before the entry of the report itself. */
  readonly audit: { readonly whole: boolean; readonly findings: number; readonly head: string }
}

export interface ReportEntity extends Totals {
  readonly entity: string
  readonly tenant: string | null
  readonly service: string
  readonly parts_quarantined: number
  readonly state: string
  readonly consistency: 'snapshot' | 'frozen' | 'mixed' | null
  /** Rows the source itself counted; null = it was not asked. */
  readonly source_rows: number | null
  readonly seconds: number
  readonly rows_per_second: number | null
  readonly batches: number
  /** SHA-256 over the digests of its batches, in their order; '' = no batch. */
  readonly digest: string
  readonly written: Readonly<Record<string, number>>
  /** Of an entity of many tables: each by itself; rows taken back afterwards stand in a line of all of them together. Absent = it is one table. */
  readonly tables?: readonly ReportTable[]
  /** Related relations it accounts for besides its own rows. Absent = none. */
  readonly owned?: readonly ReportOwned[]
}

export interface ReportOwned extends Totals {
  /** `source/schema.table` */
  readonly relation: string
  /** Rows the source itself counted; null = not all were read. */
  readonly source_rows: number | null
}

export interface ReportTable extends Totals {
  /** `source/schema.table` */
  readonly table: string
  readonly parts_quarantined: number
}

export interface ReportOutcome {
  readonly entity: string
  readonly tenant: string | null
  readonly kind: string
  readonly column: string
  readonly code: string
  readonly count: number
}

export interface ReportQuarantined {
  readonly entity: string
  readonly tenant: string | null
  readonly key: readonly string[]
  readonly code: string
  readonly column: string | null
  readonly part: string | null
}

export interface ReportVerification {
  readonly id: string
  readonly at: string
  readonly by: string
  readonly level: VerifyLevel
  /** It looked at all of the run, not at some tenants, entities or rows. */
  readonly whole: boolean
  readonly outcome: VerifyOutcome
  readonly parity: 'complete' | 'accounted' | 'none'
  readonly compared: number
  readonly differences: number
  /** Aggregates; null = not on record. */
  readonly witness: { readonly equal: number; readonly different: number; readonly none: number } | null
}

/** `not_known`: the ledger cannot tell. */
export interface ReportCheck {
  readonly check: string
  readonly expected: string
  readonly actual: string
  readonly outcome: 'met' | 'not_met' | 'not_known'
}

export interface ReportFile {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

export interface ReportResult {
  readonly run: string
  /** Of the report as `reportJson` writes it: what is signed. */
  readonly sha256: string
  readonly report: RunReport
  /** What was written; empty without a folder. */
  readonly files: readonly ReportFile[]
}

/** The bytes that are hashed and signed: the file report.json. */
export function reportJson(report: RunReport): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
