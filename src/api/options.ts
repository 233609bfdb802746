import type { EventListener } from '../events.ts'
import type { VerifyLevel } from '../model/results.ts'
import type { Hooks } from '../run/seams.ts'

/** What every verb takes. */
export interface Options {
  /** Path of the manifest. */
  readonly manifest: string
  /** Path of a file of settings; absent = `.env` beside the manifest, if there is one. */
  readonly envFile?: string
  /** `--set name=value`, for the manifest’s `options`. */
  readonly set?: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  readonly on?: EventListener
  /** Who the ledger says did it; absent = the login name. */
  readonly operator?: string
}

export interface MigrateOptions extends Options {
  readonly dryRun?: boolean
  readonly createTarget?: boolean
  readonly tenants?: readonly string[]
  readonly entities?: readonly string[]
  readonly phase?: string
  /** `true` = the latest run that is not finished. */
  readonly resume?: true | string
  readonly wait?: boolean
  /** Update rows that changed in the source since they were loaded. */
  readonly topUp?: boolean
  /** With `topUp`: remove rows that are gone from the source. */
  readonly deleteGone?: boolean
  /** About so many rows of each entity and tenant, and what they refer to: a rehearsal into a target of its own. */
  readonly sample?: number
  readonly batchRows?: number
  /** `HH:MM`, local time of this machine: no batch begins after it. */
  readonly until?: string
  readonly audit?: string
  /** Keep what was staged, whatever becomes of the run. */
  readonly keepStaging?: boolean
  /** Named instants (run/seams.ts). */
  readonly hooks?: Hooks
  /** Tenants at once; absent = by the number of processors, at most 4. */
  readonly lanes?: number
}

/** As of a run; without a phase, a dry run or a resume. */
export type RetryOptions = Omit<MigrateOptions, 'dryRun' | 'createTarget' | 'phase' | 'resume' | 'topUp' | 'deleteGone' | 'sample'>

export interface LookupOptions extends Options {
  readonly entity: string
  /** Null: rows shared by all tenants. */
  readonly tenant: string | null
  readonly legacy?: readonly (readonly string[])[]
  readonly ids?: readonly string[]
}

export interface QuarantineOptions extends Options {
  readonly tenant?: string
  readonly entity?: string
  readonly code?: string
  readonly key?: readonly string[]
  readonly run?: string
  /** Null = all. */
  readonly limit?: number | null
  /** `shown` and `exported` are remembered in the audit; absent = neither. */
  readonly purpose?: 'shown' | 'exported'
}

export interface VerifyOptions extends Options {
  /** Absent = standard. */
  readonly level?: VerifyLevel
  readonly tenants?: readonly string[]
  readonly entities?: readonly string[]
  /** Rigorous on about so many rows of each entity and tenant. */
  readonly sample?: number
  /** Go on with the newest verification that was cut off. */
  readonly resume?: boolean
  /** At the rigorous or forensic level: put the rows that differ right in a run of its own, then verify again. Changes only what the ledger keeps as it was before. */
  readonly repair?: boolean
  /** Differences with their values, which may be personal data. */
  readonly showValues?: boolean
  /** A folder for the report; absent = `.rehouse/verify/<id>` beside the manifest. */
  readonly report?: string
}

export interface ReportOptions extends Options {
  /** A run’s id, or `latest`. */
  readonly run: string
}

export interface AuditVerifyOptions extends Options {
  /** Heads that were printed: `service:entries:hash`, joined by commas, or a hash. */
  readonly heads?: readonly string[]
}
