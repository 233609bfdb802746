import type { Counts } from './counts.ts'
import type { Finding } from './finding.ts'
import type { Where } from './place.ts'
import type { ProfileResult } from './profile-result.ts'
import type { VerifyReason } from './verify-reason.ts'

export type { PlanColumn, PlanEntity, PlanRelated, PlanResult } from './plan-result.ts'

/** The results of the commands, as `--json` prints them: contract.md word for word. bigint and decimal are strings, keys arrays of strings, times RFC 3339 UTC. */

export type Status = 'clean' | 'findings' | 'stopped' | 'interrupted' | 'failed'

export interface ErrorResult {
  readonly error: { readonly code: string; readonly message: string; readonly where: Where; readonly next: string }
}

export interface Totals {
  readonly read: number
  readonly loaded: number
  readonly updated: number
  readonly unchanged: number
  readonly merged: number
  readonly skipped: number
  readonly excluded: number
  readonly quarantined: number
}

export interface EntityResult extends Totals {
  readonly entity: string
  /** Null: rows shared by all tenants. */
  readonly tenant: string | null
  readonly service: string
  /** Rows written per target table `schema.table`. */
  readonly written: Readonly<Record<string, number>>
  readonly parts_quarantined: number
  readonly seconds: number
  readonly state: 'pending' | 'loaded' | 'settled' | 'failed' | 'stopped'
}

export interface MigrateResult {
  readonly run: string
  readonly status: Status
  readonly dryRun: boolean
  /** About so many rows of each entity and tenant were drawn; absent = all rows were read. */
  readonly sample?: number
  readonly totals: Totals
  readonly entities: readonly EntityResult[]
  readonly findings: readonly Finding[]
  readonly seconds: number
  /** Outcomes taken by (entity, kind, column, code): substitutions, notes, losses, zone gaps and overlaps. */
  readonly outcomes: readonly {
    readonly entity: string
    readonly kind: string
    readonly column: string
    readonly code: string
    readonly count: number
  }[]
  /** Dry run: refusals only the server can make. */
  readonly not_tried: readonly string[]
  /** Errors that ended a tenant without ending the run; the exit status is the gravest (contract.md). */
  readonly failures: readonly ErrorResult['error'][]
  /** The last entry of each service’s audit chain, for `audit verify --head`; absent where no ledger is written. */
  readonly audit_head?: string | undefined
}

export interface InitResult {
  /** Paths of the files written. */
  readonly files: readonly string[]
  readonly entities: readonly {
    readonly entity: string
    readonly service: string
    readonly from: string
    readonly into: string
    /** Source columns; empty = rows are told apart by their content. */
    readonly key: readonly string[]
    /** Columns carried, id and tenant not counted. */
    readonly columns: number
    /** Entities it refers to. */
    readonly references: readonly string[]
  }[]
  readonly tenants: readonly { readonly tenant: string; readonly label: string; readonly relations: number }[]
  readonly findings: readonly Finding[]
  /** With --profile; its findings are among the others, too. */
  readonly profile?: ProfileResult
}

export interface CheckResult {
  readonly findings: readonly Finding[]
  readonly sources: readonly {
    readonly source: string
    readonly tenant: string | null
    readonly label: string
    readonly relations: number
    readonly estimated_rows: number | null
  }[]
  readonly services: readonly { readonly service: string; readonly label: string; readonly version: number; readonly role: string }[]
  /** With `--grants`: SQL a database administrator runs to make least-privilege roles. */
  readonly grants?: readonly string[]
}

export interface StatusResult {
  readonly runs: readonly RunStatusResult[]
}

export interface RunStatusResult {
  readonly run: string
  readonly status: 'running' | Status
  readonly started_at: string
  readonly finished_at: string | null
  readonly operator: string
  /** About so many rows of each entity and tenant are drawn; absent = all rows are read. */
  readonly sample?: number
  readonly totals: Totals
  readonly bottleneck: string | null
  readonly entities: readonly {
    readonly entity: string
    readonly tenant: string | null
    readonly service: string
    readonly state: string
    readonly consistency: string | null
    readonly counts: Counts
    readonly rows_per_second: number | null
    readonly eta_seconds: number | null
    readonly failure: { readonly code: string; readonly message: string } | null
  }[]
}

export interface LookupResult {
  readonly entity: string
  readonly tenant: string | null
  readonly matches: readonly { readonly key: readonly string[]; readonly id: string; readonly table: string; readonly batch: string }[]
}

export interface QuarantineResult {
  readonly total: number
  readonly rows: readonly {
    readonly entity: string
    readonly tenant: string | null
    readonly key: readonly string[]
    readonly code: string
    readonly column: string | null
    readonly value_masked: string | null
    readonly batch: string
    readonly first_run: string
    readonly last_run: string
    readonly detail: string | null
    readonly part: string | null
  }[]
}

export type VerifyLevel = 'basic' | 'standard' | 'rigorous' | 'forensic'

export type VerifyOutcome = 'equal' | 'different' | 'could_not_verify'

/**
 * What a difference is. Of rows: `missing`, `extra`, `different`, `wrong_tenant`, `refused_present` (set aside, yet in the target), `changed_since` (not as it was loaded).
 * Of references: `orphan`, `other_tenant`. Of the ledger: `id_map`, `count`, `accounting`. Of the schema: `constraint`. Of aggregates: `witness`. Of rows a person typed into the manifest: `example`.
 */
export type DifferenceKind =
  | 'missing'
  | 'extra'
  | 'different'
  | 'wrong_tenant'
  | 'refused_present'
  | 'changed_since'
  | 'orphan'
  | 'other_tenant'
  | 'id_map'
  | 'count'
  | 'accounting'
  | 'constraint'
  | 'witness'
  | 'example'
  | 'audit'

export interface Difference {
  readonly entity: string
  readonly tenant: string | null
  /** Legacy key; empty where it is not known. */
  readonly key: readonly string[]
  /** Identifier in the target; null where a difference is not one of a row. */
  readonly id: string | null
  readonly table: string
  readonly column: string | null
  /** Masked unless values were asked for; null = NULL, or nothing there. */
  readonly expected: string | null
  readonly actual: string | null
  readonly kind: DifferenceKind
}

/** One aggregate both engines computed, or why there is none. */
export interface WitnessLine {
  readonly entity: string
  readonly tenant: string | null
  readonly table: string
  readonly column: string
  /** `rows`, `count`, `sum`, `min`, `max`; of whole rows `row_sum`; of a whole file `declared_rows`; '' where there is none. */
  readonly measure: string
  readonly state: 'equal' | 'different' | 'none'
  /** Masked unless values were asked for: smallest and largest values are values. */
  readonly source: string | null
  readonly target: string | null
  /** Why there is none, or what a `row_sum` is of; '' otherwise. */
  readonly reason: string
}

export interface VerifyEntity {
  readonly entity: string
  readonly tenant: string | null
  readonly service: string
  readonly compared: number
  readonly equal: number
  readonly different: number
  readonly missing: number
  readonly extra: number
  readonly not_verified: number
  /** As the ledger has it. */
  readonly loaded: number
  readonly quarantined: number
  readonly excluded: number
}

export interface VerifyResult {
  /** The newest run of what was verified; '' = none. */
  readonly run: string
  readonly level: VerifyLevel
  readonly outcome: VerifyOutcome
  /** `complete`: equal, and nothing is in quarantine. `accounted`: equal, but rows are in quarantine: accounted for, not complete. */
  readonly parity: 'complete' | 'accounted' | 'none'
  /** The target holds a sample of about so many rows of each entity and tenant: nothing is said of the others. Absent = it does not. */
  readonly sample?: number
  /** Rows of target tables. */
  readonly compared: number
  readonly equal: number
  readonly different: number
  readonly missing: number
  readonly extra: number
  readonly not_verified: number
  /** The first 1000. */
  readonly differences: readonly Difference[]
  readonly differences_total: number
  /** Where all of them are, one JSON object a line; null = there are none. */
  readonly differences_file: string | null
  readonly witness: readonly WitnessLine[]
  readonly reasons: readonly VerifyReason[]
  readonly entities: readonly VerifyEntity[]
  readonly rows_per_second: number
  /** Seconds from the end of the run to this verification; null = it has not ended. */
  readonly lag_seconds: number | null
  /** Rows a repair put right; 0 without --repair. */
  readonly repaired: number
  /** Why rows that differ were not repaired although that was asked for; absent = they were, or none was. */
  readonly not_repaired?: string | undefined
  readonly seconds: number
  /** The last entry of each service’s audit chain, for `audit verify --head`; absent where there is no ledger. */
  readonly audit_head?: string | undefined
}
