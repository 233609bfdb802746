import { RehouseError } from '../errors.ts'

/** What waiting for a held target ends with when the signal comes. */
export function interrupted(signal: AbortSignal, cause: unknown): RehouseError {
  if (signal.reason instanceof RehouseError) return signal.reason
  return new RehouseError('INTERRUPTED', 'expected to wait until the target is free, got interrupted', {
    next: 'Run the same command again.',
    cause,
  })
}
