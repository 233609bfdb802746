import { addCounts, type Counts, NO_COUNTS } from '../model/counts.ts'
import type { OutcomeCount } from '../model/ledger-records.ts'
import { type BatchOutcome, outcomeOf } from './batch-outcome.ts'
import { allFresh, classify, keysOf } from './classify-batch.ts'
import type { BatchSink, FilledBatch, LoadContext } from './load-context.ts'
import { rememberStates } from './remember-states.ts'
import { reportBatch } from './report-batch.ts'

/** A dry run's sink: the same outcomes, nothing written. Rows the ledger knows are compared as in a real run. */
export class MemorySink implements BatchSink {
  readonly overlap = 1
  readonly #context: LoadContext
  readonly #compares: boolean
  readonly #audit: ((batch: string, outcome: BatchOutcome) => Promise<void>) | null
  #batches = 0
  counts: Counts = NO_COUNTS
  readonly written: Record<string, number> = {}
  readonly outcomes: OutcomeCount[] = []

  constructor(
    context: LoadContext,
    options: { readonly compares: boolean; readonly audit: ((batch: string, outcome: BatchOutcome) => Promise<void>) | null },
  ) {
    this.#context = context
    this.#compares = options.compares
    this.#audit = options.audit
  }

  nextBatch(): Promise<string> {
    return Promise.resolve(String(++this.#batches))
  }

  async commit(batch: FilledBatch): Promise<void> {
    const { compiled, run, service, entity, tenant, emit, facts, now, tally, index } = this.#context
    const began = now()
    const keys = this.#compares ? keysOf(batch.buffers, compiled.key?.isInteger ?? false) : []
    const classified = this.#compares
      ? classify(batch.buffers, await service.ledger.known(entity.number, tenant?.number ?? 0, keys), run)
      : allFresh(batch.buffers)
    const outcome = outcomeOf({ buffers: batch.buffers, compiled, classified, written: classified.fresh, refused: [] })
    if (index !== null)
      rememberStates(index, { buffers: batch.buffers, isInteger: compiled.key?.isInteger ?? false, classified, refused: [] })
    this.counts = addCounts(this.counts, outcome.counts)
    for (const [table, rows] of Object.entries(outcome.written)) this.written[table] = (this.written[table] ?? 0) + rows
    this.outcomes.push(...outcome.outcomes)
    tally.add(outcome.counts, outcome.refused)
    await this.#audit?.(batch.id, outcome)
    reportBatch(emit, { batch, outcome, entity: facts.entity.name, tenant, seconds: (now() - began) / 1000 })
  }
}
