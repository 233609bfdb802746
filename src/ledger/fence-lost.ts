import { RehouseError } from '../errors.ts'

export function fenceLost(task: { readonly id: string; readonly fence: number }): RehouseError {
  return new RehouseError('FENCE_LOST', `expected task ${task.id} under fence ${task.fence}, got one that another process took over`, {
    next: 'Nothing of the batch was kept; the other process carries on. `rehouse status` shows it.',
  })
}
