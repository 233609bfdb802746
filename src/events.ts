import type { Counts } from './model/counts.ts'
import type { Finding } from './model/finding.ts'

/** Every progress event the engine emits, as one closed union. */
export type ProgressEvent =
  | {
      readonly type: 'run:started'
      readonly run: string
      readonly dryRun: boolean
      /** About so many rows of each entity and tenant are drawn; absent = all are read. */
      readonly sample?: number
      readonly tasks: number
      readonly estimatedRows: number | null
    }
  | { readonly type: 'phase:started'; readonly phase: string; readonly tenant: string | null }
  | { readonly type: 'task:started'; readonly entity: string; readonly tenant: string | null; readonly estimatedRows: number | null }
  | BatchCommitted
  /** `profile`: rows read of a table since it was said last. */
  | { readonly type: 'rows:read'; readonly entity: string; readonly tenant: string | null; readonly rows: number }
  | {
      readonly type: 'task:retried'
      readonly entity: string
      readonly tenant: string | null
      readonly attempt: number
      readonly waitMs: number
      readonly code: string
      readonly message: string
    }
  | {
      readonly type: 'task:finished'
      readonly entity: string
      readonly tenant: string | null
      readonly counts: Counts
      readonly seconds: number
    }
  | { readonly type: 'tenant:stopped'; readonly tenant: string | null; readonly code: string; readonly message: string }
  | { readonly type: 'schema:changed'; readonly service: string; readonly table: string; readonly step: string }
  | { readonly type: 'finding:found'; readonly finding: Finding }
  | { readonly type: 'run:finished'; readonly run: string; readonly status: string; readonly seconds: number }

/** One line of the batch log. `checksum`: SHA-256 (hex) of the rows' COPY tuples in the order sent. */
export interface BatchCommitted {
  readonly type: 'batch:committed'
  readonly batch_id: string
  readonly entity_type: string
  readonly tenant_id: string | null
  readonly tenant: string | null
  /** Source rows read in the batch. */
  readonly count: number
  readonly counts: Counts
  readonly bytes: number
  /** Seconds. */
  readonly duration: number
  readonly checksum: string
}

export type EventListener = (event: ProgressEvent) => void
