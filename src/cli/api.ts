import type {
  AuditVerifyOptions,
  InitOptions,
  LookupOptions,
  MigrateOptions,
  Options,
  ProfileOptions,
  QuarantineOptions,
  ReportOptions,
  RetryOptions,
  VerifyOptions,
} from '../index.ts'
import type { AuditExportResult, AuditVerifyResult } from '../model/audit-results.ts'
import type { TypesResult } from '../model/function-uses.ts'
import type { ProfileResult } from '../model/profile-result.ts'
import type {
  CheckResult,
  InitResult,
  LookupResult,
  MigrateResult,
  PlanResult,
  QuarantineResult,
  StatusResult,
  VerifyResult,
} from '../model/results.ts'
import type { ReportResult } from '../model/run-report.ts'

/** What the command line needs of the library: the exports of `src/index.ts` it calls, and nothing deeper. */
export interface Api {
  init(options: InitOptions): Promise<InitResult>
  profile(options: ProfileOptions): Promise<ProfileResult>
  check(options: Options & { readonly grants?: boolean; readonly examples?: boolean }): Promise<CheckResult>
  plan(options: Options & { readonly compat?: boolean }): Promise<PlanResult>
  types(options: Options): Promise<TypesResult>
  writeTypes(file: string, text: string): Promise<void>
  migrate(options: MigrateOptions): Promise<MigrateResult>
  verify(options: VerifyOptions): Promise<VerifyResult>
  status(options: Options & { readonly run?: string }): Promise<StatusResult>
  lookup(options: LookupOptions): Promise<LookupResult>
  quarantine(options: QuarantineOptions): Promise<QuarantineResult>
  retryQuarantine(options: RetryOptions): Promise<MigrateResult>
  report(options: ReportOptions): Promise<ReportResult>
  verifyAudit(options: AuditVerifyOptions): Promise<AuditVerifyResult>
  exportAudit(options: Options): Promise<AuditExportResult>
  manifestJsonSchema(): object
  /** The folder of the built-in server that belongs to a manifest in this folder. */
  embeddedFolder(manifestFolder: string): string
  startEmbedded(options: { readonly folder: string }): Promise<EmbeddedServer>
  /** True if it ran. */
  stopEmbedded(folder: string): Promise<boolean>
  embeddedStatus(folder: string): EmbeddedStatus
  /** Throws EMBEDDED_FAILED when it does not run. */
  embeddedUrl(folder: string, database?: string): string
}

export type { InitOptions, LookupOptions, MigrateOptions, Options, ProfileOptions, QuarantineOptions, VerifyOptions }

export interface EmbeddedServer {
  readonly port: number
  readonly pid: number
  /** False when it ran already. */
  readonly isStartedHere: boolean
}

export interface EmbeddedStatus {
  readonly running: boolean
  readonly port: number | null
  readonly pid: number | null
}
