/** The public API. Every verb reads the manifest, opens what it names, and closes it again; none prints, exits or reads the environment by itself. */
export { exportAudit, verifyAudit } from './api/audit.ts'
export { check } from './api/check.ts'
export { types, writeTypes } from './api/function-types.ts'
export { type InitOptions, init } from './api/init.ts'
export { lookup } from './api/lookup.ts'
export { migrate } from './api/migrate.ts'
export type {
  AuditVerifyOptions,
  LookupOptions,
  MigrateOptions,
  Options,
  QuarantineOptions,
  ReportOptions,
  RetryOptions,
  VerifyOptions,
} from './api/options.ts'
export { plan } from './api/plan.ts'
export { type ProfileOptions, profile } from './api/profile.ts'
export { quarantine } from './api/quarantine.ts'
export { report } from './api/report.ts'
export { retryQuarantine } from './api/retry-quarantine.ts'
export { status } from './api/status.ts'
export { verify } from './api/verify.ts'
export { embeddedFolder, embeddedStatus, embeddedUrl, startEmbedded, stopEmbedded } from './embedded/embedded.ts'
export { CODES, type Code, RehouseError } from './errors.ts'
export type { BatchCommitted, EventListener, ProgressEvent } from './events.ts'
export { manifestJsonSchema } from './manifest/json-schema.ts'
export type { AuditExportResult, AuditVerifyResult } from './model/audit-results.ts'
export type { Counts } from './model/counts.ts'
export type { Finding } from './model/finding.ts'
export type { TypesResult } from './model/function-uses.ts'
export type { ProfileFinding, ProfileResult } from './model/profile-result.ts'
export type {
  CheckResult,
  ErrorResult,
  InitResult,
  LookupResult,
  MigrateResult,
  PlanResult,
  QuarantineResult,
  StatusResult,
  VerifyResult,
} from './model/results.ts'
export type { ReportResult, RunReport } from './model/run-report.ts'
export { type Hooks, SEAMS, type Seam, type SeamPlace } from './run/seams.ts'
