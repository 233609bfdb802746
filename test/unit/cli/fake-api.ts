import type { Api, MigrateOptions } from '../../../src/cli/api.ts'
import type { ProgressEvent } from '../../../src/events.ts'
import { NO_COUNTS } from '../../../src/model/counts.ts'
import { REPORT } from '../report/sample-report.ts'
import {
  AUDIT_EXPORT,
  AUDIT_VERIFY,
  CHECK,
  INIT,
  LOOKUP,
  migrateResult,
  PLAN,
  PROFILE,
  QUARANTINE,
  STATUS,
  TYPES,
  VERIFY,
} from '../report/sample-results.ts'

export interface Recorded {
  readonly method: string
  readonly options: unknown
}

export const BATCH: ProgressEvent = {
  type: 'batch:committed',
  batch_id: '17',
  entity_type: 'student',
  tenant_id: '00000000-0000-5000-8000-000000000001',
  tenant: 'springfield',
  count: 1_000,
  counts: { ...NO_COUNTS, read: 1_000, loaded: 1_000 },
  bytes: 4_096,
  duration: 0.5,
  checksum: 'ab'.repeat(32),
}

/** Answers with samples and records what it was asked; `replace` gives single answers. It stands for the library, not for a database. */
export function fakeApi(replace: Partial<Api> = {}): { readonly api: Api; readonly calls: Recorded[] } {
  const calls: Recorded[] = []
  const answer =
    <T>(method: string, result: T) =>
    async (options: unknown): Promise<T> => {
      calls.push({ method, options })
      return result
    }
  const migrate = async (options: MigrateOptions) => {
    calls.push({ method: 'migrate', options })
    options.on?.({ type: 'run:started', run: '7', dryRun: false, tasks: 1, estimatedRows: null })
    options.on?.(BATCH)
    return migrateResult()
  }
  const api: Api = {
    init: answer('init', INIT),
    profile: answer('profile', PROFILE),
    check: answer('check', CHECK),
    plan: answer('plan', PLAN),
    types: answer('types', TYPES),
    writeTypes: file => {
      calls.push({ method: 'writeTypes', options: { file } })
      return Promise.resolve()
    },
    migrate,
    status: answer('status', { runs: STATUS.runs.map(run => ({ ...run, status: 'clean' as const })) }),
    lookup: answer('lookup', LOOKUP),
    verify: answer('verify', VERIFY),
    quarantine: answer('quarantine', QUARANTINE),
    retryQuarantine: answer('retryQuarantine', migrateResult()),
    report: answer('report', REPORT),
    verifyAudit: answer('verifyAudit', AUDIT_VERIFY),
    exportAudit: answer('exportAudit', AUDIT_EXPORT),
    manifestJsonSchema: () => ({ $schema: 'http://json-schema.org/draft-07/schema#' }),
    embeddedFolder: folder => `${folder}/.rehouse/embedded`,
    startEmbedded: answer('startEmbedded', { port: 5_555, pid: 42, isStartedHere: true }),
    stopEmbedded: answer('stopEmbedded', true),
    embeddedStatus: () => ({ running: false, port: null, pid: null }),
    embeddedUrl: (_folder, database = 'rehouse') => `postgres://postgres:secret@127.0.0.1:5555/${database}`,
    ...replace,
  }
  return { api, calls }
}
