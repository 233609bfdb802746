import { RehouseError } from '../errors.ts'

/** Runs `work`; after `timeoutMs` calls `giveUp`, which must make it fail, and reports the time instead of that failure. An error that passes: it is tried again. */
export async function withDeadline<T>(
  of: { readonly timeoutMs: number; readonly what: string; giveUp(): void },
  work: () => Promise<T>,
): Promise<T> {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    of.giveUp()
  }, of.timeoutMs)
  try {
    return await work()
  } catch (error) {
    if (!isLate) throw error
    throw new RehouseError(
      'TARGET_TRANSIENT',
      `expected ${of.what} to be committed within ${of.timeoutMs / 1000} s, got no answer by then`,
      {
        next: 'Raise `batch.timeout` of the entity, make its batches smaller, or look for locks on the target.',
        cause: error,
      },
    )
  } finally {
    clearTimeout(timer)
  }
}
