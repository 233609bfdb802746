import { TupleCursor } from '../base/tuple-cursor.ts'
import { RehouseError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { TaskRecord } from '../model/ledger-records.ts'
import type { BatchBuffers } from '../plan/batch-buffers.ts'
import type { LoadContext } from './load-context.ts'
import { nextRow, readRequest } from './next-row.ts'

type Reading = Pick<LoadContext, 'compiled' | 'facts' | 'snapshot' | 'snapshotOf' | 'sample' | 'tenant'>

/** Relations an entity accounts for, while it is read: each of their rows is counted in a batch, and in the end they must be as many as the source counts (guarantee 2). */
export class OwnedReading {
  readonly #context: Reading
  readonly #read: number[]

  /** `before`: rows of this pass counted before, by relation. */
  constructor(context: Reading, before: ReadonlyMap<string, number>) {
    this.#context = context
    for (const owned of context.compiled.owned) owned.begin()
    this.#read = context.compiled.owned.map(({ parts }) => before.get(parts.relation) ?? 0)
  }

  /** Into the batch that is being filled. Of a sample nothing is an orphan: the rows they belong to may not be drawn. */
  takeOrphans(batch: BatchBuffers): void {
    for (const [i, owned] of this.#context.compiled.owned.entries())
      for (const orphan of owned.takeOrphans()) if (this.#context.sample === null) batch.owned(i).addOrphan(orphan)
  }

  /** After the last row. */
  finish(batch: BatchBuffers): void {
    for (const owned of this.#context.compiled.owned) owned.finish()
    this.takeOrphans(batch)
  }

  /** The batch is handed over. */
  hand(batch: BatchBuffers): void {
    for (const i of this.#read.keys()) this.#read[i] = (this.#read[i] ?? 0) + batch.owned(i).read
  }

  /** The source's own counts, compared before the last batch is handed over. Throws SOURCE_COUNT_MISMATCH. */
  async compare(last: BatchBuffers): Promise<readonly string[]> {
    const counts: string[] = []
    const { compiled, facts, sample } = this.#context
    if (sample !== null) return counts
    for (const [i, { parts }] of compiled.owned.entries()) {
      const related = facts.related.get(parts.path)
      if (related === undefined) continue
      const counted = await (await this.#context.snapshotOf(parts.source)).count(related.relation)
      const read = (this.#read[i] ?? 0) + last.owned(i).read
      if (BigInt(read) !== counted) throw this.#mismatch(parts.relation, { counted, read })
      counts.push(counted.toString())
    }
    return counts
  }

  #mismatch(relation: string, { counted, read }: { readonly counted: bigint; readonly read: number }): RehouseError {
    const { facts, tenant } = this.#context
    return new RehouseError(
      'SOURCE_COUNT_MISMATCH',
      `expected ${counted} rows of ${relation}, as the source counted in the same snapshot, got ${read}`,
      {
        where: { entity: facts.entity.name, tenant: tenant?.code },
        next: 'Nothing of the last batch was kept. Run `rehouse migrate --resume`; if it stays, report it with the source’s version.',
      },
    )
  }
}

/** Of rows in memory those that belong to rows done before are no orphans: the keys of all rows are read once more. Rows that are merged tell by themselves. */
export async function meetDone(context: Reading): Promise<void> {
  const { compiled, facts, snapshot } = context
  const owned = compiled.owned.filter(({ parts }) => parts.store !== null)
  if (owned.length === 0) return
  const cursor = new TupleCursor(facts.key.names.length)
  for await (const chunk of snapshot.read(readRequest({ facts, compiled: { columns: facts.key.names } }))) {
    cursor.push(chunk)
    while (nextRow(cursor, facts)) {
      compiled.state.begin(cursor)
      for (const one of owned) one.meet(compiled.state)
    }
  }
}

/** Rows of the task's pass that are counted already, by relation. */
export async function ownedBefore(task: TaskRecord, ledger: Pick<Ledger, 'ownedLines'>): Promise<ReadonlyMap<string, number>> {
  if (task.position === null) return new Map()
  const lines = await ledger.ownedLines(task.run)
  const own = lines.filter(({ entity, tenant }) => entity === task.entity && tenant === task.tenant)
  return new Map(own.map(({ relation, counts }) => [relation, counts.read]))
}
