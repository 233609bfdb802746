import { RehouseError } from '../errors.ts'
import type { TaskRecord } from '../model/ledger-records.ts'
import type { Service } from './load-context.ts'

/** Tells the ledger why a task ended, if it is still ours to tell. */
export async function recordFailure(service: Service, task: TaskRecord, error: unknown): Promise<void> {
  if (!(error instanceof RehouseError) || error.code === 'FENCE_LOST' || error.code === 'INTERRUPTED') return
  try {
    await service.ledger.failTask(task.id, task.fence, error.code === 'STOPPED' ? 'stopped' : 'failed', {
      code: error.code,
      message: error.message,
    })
  } catch (second) {
    // The first error is the one to tell; the ledger still has the task as running, which a resume takes up the same way.
    if (!(second instanceof RehouseError)) throw second
  }
}
