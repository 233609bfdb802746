import { RehouseError } from '../errors.ts'
import type { Consistency, TaskRecord } from '../model/ledger-records.ts'
import type { SourceSnapshot } from '../source/source.ts'

export interface Start {
  readonly restart: boolean
  readonly pass: number
  readonly consistency: Consistency
}

/** Where a task is taken up. Null: there is nothing left to do. */
export function startOf(task: TaskRecord, snapshot: Pick<SourceSnapshot, 'id' | 'marker'>): Start | null {
  if (task.marker === null || task.state === 'pending') return { restart: false, pass: Math.max(1, task.pass), consistency: 'snapshot' }
  // Nothing was written to the source since the first snapshot: going on from the position reads what one snapshot would have given.
  if (task.marker !== snapshot.marker) return { restart: true, pass: task.pass + 1, consistency: 'mixed' }
  if (task.state === 'settled') return null
  const kept = task.consistency ?? 'snapshot'
  return { restart: false, pass: task.pass, consistency: task.snapshot === snapshot.id || kept === 'mixed' ? kept : 'frozen' }
}

/** A run is taken up on the database it began with: on another its positions mean nothing. Throws SOURCE_CHANGED. */
export function refuseOtherSource(task: Pick<TaskRecord, 'marker'>, { origin }: Pick<SourceSnapshot, 'origin'>): void {
  if (task.marker === null || origin === '' || task.marker.startsWith(`${origin}/`)) return
  throw new RehouseError('SOURCE_CHANGED', 'expected the source database the run began with, got another', {
    next: 'Correct the source’s address and resume; to read from the other database, begin a new run without --resume, which compares every row.',
  })
}
