import { createHash } from 'node:crypto'
import { NO_COUNTS } from '../model/counts.ts'
import type { BatchRecord, TaskRecord } from '../model/ledger-records.ts'

interface Uncounted {
  readonly id: string
  readonly kind: 'settle' | 'correct'
  readonly relation: string
  readonly snapshot: string
}

/** The record of a batch that changes rows and counts none: they were counted when they were loaded. */
export function uncountedBatch(task: TaskRecord, { id, kind, relation, snapshot }: Uncounted): BatchRecord {
  return {
    id,
    kind,
    task: { id: task.id, fence: task.fence },
    run: task.run,
    entity: task.entity,
    tenant: task.tenant,
    pass: task.pass,
    after: null,
    upTo: null,
    snapshot,
    counts: [{ relation, counts: NO_COUNTS, loadedEarlierInRun: 0 }],
    outcomes: [],
    quarantine: [],
    exclusions: [],
    notes: [],
    idMap: null,
    unmapped: [],
    digest: createHash('sha256').digest(),
    bytes: 0,
    written: {},
    seconds: 0,
    taskState: task.state,
    sourceCount: null,
  }
}
