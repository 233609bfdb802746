import { setTimeout as sleep } from 'node:timers/promises'
import { RehouseError } from '../errors.ts'

const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 15_000

export interface RetryOptions {
  /** Times to try again after the first. */
  retries(): number
  readonly signal: AbortSignal
  onRetry(attempt: number, waitMs: number, error: RehouseError): void
  /** 0..1, for the jitter. */
  random(): number
}

/** Runs `work`, again after an error that passes (`CODES[…].retry`), waiting longer each time, with jitter. Progress sets the count back: `work` calls `progressed`. */
export async function withRetries<T>(options: RetryOptions, work: (progressed: () => void) => Promise<T>): Promise<T> {
  let attempt = 0
  for (;;) {
    try {
      return await work(() => {
        attempt = 0
      })
    } catch (error) {
      if (!(error instanceof RehouseError) || !error.retry || attempt >= options.retries() || options.signal.aborted) throw error
      attempt++
      const waitMs = backoff(attempt, options.random())
      options.onRetry(attempt, waitMs, error)
      await sleep(waitMs, undefined, { signal: options.signal }).catch(() => undefined)
    }
  }
}

/** Milliseconds before try number `attempt`: doubled each time, between half and all of it. */
export function backoff(attempt: number, random: number): number {
  const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1))
  return Math.round(most / 2 + (most / 2) * random)
}
