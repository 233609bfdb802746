import type { VerifyLevel } from '../model/results.ts'

/** What was asked for. */
export interface VerifyRequest {
  readonly id: string
  readonly level: VerifyLevel
  readonly tenants: readonly string[] | null
  readonly entities: readonly string[] | null
  readonly sample: number | null
  readonly isResumed: boolean
  readonly showValues: boolean
  /** Where differences, progress and evidence go. */
  readonly folder: string
  readonly signal: AbortSignal
  seconds(): number
  nowMs(): number
}
