import { addCounts, type Counts, NO_COUNTS } from '../model/counts.ts'
import type { OutcomeCount } from '../model/ledger-records.ts'
import { type BatchOutcome, outcomeOf } from './batch-outcome.ts'
import { allFresh, type Classified, classify, keysOf, loadedKey } from './classify-batch.ts'
import type { ForeseenIds } from './foreseen-ids.ts'
import type { BatchSink, FilledBatch, LoadContext } from './load-context.ts'
import { rememberStates } from './remember-states.ts'
import { reportBatch } from './report-batch.ts'
import { foreseeBatch, type KnownBatch, loadedRows, rowPlace } from './three-ways.ts'
import { NOT_TOPPED_UP, type ToppedUp } from './topped-up.ts'
import { unchangedBatch } from './unchanged-batch.ts'

const MOST_DIFFERING = 20
/** A dry run has no task: no number is given to one that is 0. */
const NO_TASK = '0'

type Audit = (batch: string, outcome: BatchOutcome) => Promise<void>

/** A dry run's sink: the same outcomes, nothing written. Rows the ledger knows are compared as in a real run. */
export class MemorySink implements BatchSink {
  readonly overlap = 1
  readonly #context: LoadContext
  readonly #compares: boolean
  readonly #audit: Audit | null
  readonly #foreseen: ForeseenIds
  #batches = 0
  counts: Counts = NO_COUNTS
  readonly written: Record<string, number> = {}
  readonly outcomes: OutcomeCount[] = []
  /** The first few keys of loaded rows that would come out otherwise now. */
  readonly differing: (readonly string[])[] = []

  constructor(context: LoadContext, options: { readonly compares: boolean; readonly audit: Audit | null; readonly foreseen: ForeseenIds }) {
    this.#context = context
    this.#compares = options.compares
    this.#audit = options.audit
    this.#foreseen = options.foreseen
  }

  nextBatch(): Promise<string> {
    return Promise.resolve(String(++this.#batches))
  }

  async #classify({ buffers }: FilledBatch): Promise<KnownBatch> {
    const { compiled, run, retries, service, entity, tenant, topUp } = this.#context
    const isInteger = compiled.key?.isInteger ?? false
    if (!this.#compares) return { classified: allFresh(buffers), known: [], isInteger }
    const place = { ledger: service.ledger, entity: entity.number, tenant: tenant?.number ?? 0, task: NO_TASK }
    const unchanged = topUp === null ? await unchangedBatch(buffers, { ...place, isInteger }) : null
    if (unchanged !== null) return { classified: unchanged, known: [], isInteger }
    const known = await service.ledger.known(place.entity, place.tenant, keysOf(buffers, isInteger))
    return { classified: classify(buffers, known, { run, retries, isTopUp: topUp !== null }), known, isInteger }
  }

  #differ({ buffers }: FilledBatch, { changed, keptKeys }: Classified): void {
    const isInteger = this.#context.compiled.key?.isInteger ?? false
    for (const { from, to } of changed)
      for (let row = from; row < to && this.differing.length < MOST_DIFFERING; row++)
        this.differing.push(loadedKey(buffers, { row, isInteger }))
    // The keys are lists of texts written there as JSON.
    for (const key of keptKeys) if (this.differing.length < MOST_DIFFERING) this.differing.push(JSON.parse(key) as string[])
  }

  /** Null: no top-up run. */
  async #foresee({ buffers }: FilledBatch, of: KnownBatch): Promise<ToppedUp | null> {
    const { topUp, service } = this.#context
    if (topUp === null) return null
    const rows = loadedRows(buffers, of)
    if (rows.length === 0) return NOT_TOPPED_UP
    const reader = await service.target.openReader()
    try {
      const place = rowPlace(this.#context)
      const foreseen = await foreseeBatch(reader, { buffers, rows, place, rule: topUp.onConflict, live: new Set() })
      topUp.touched(foreseen.touched)
      return foreseen
    } finally {
      await reader.close()
    }
  }

  async commit(batch: FilledBatch): Promise<void> {
    const { compiled, tenant, emit, facts, now, tally, index } = this.#context
    const began = now()
    const { classified, known, isInteger } = await this.#classify(batch)
    const toppedUp = this.#compares ? await this.#foresee(batch, { classified, known, isInteger }) : null
    const { written, refused } = this.#foreseen.part(classified.fresh, batch, facts)
    const outcome = outcomeOf({ buffers: batch.buffers, compiled, classified, written, refused, toppedUp })
    if (index !== null) rememberStates(index, { buffers: batch.buffers, isInteger: compiled.key?.isInteger ?? false, classified, refused })
    this.#differ(batch, classified)
    this.counts = addCounts(this.counts, outcome.counts)
    for (const [table, rows] of Object.entries(outcome.written)) this.written[table] = (this.written[table] ?? 0) + rows
    this.outcomes.push(...outcome.outcomes)
    tally.add(outcome.counts, outcome.refused)
    await this.#audit?.(batch.id, outcome)
    reportBatch(emit, { batch, outcome, entity: facts.entity.name, tenant, seconds: (now() - began) / 1000 })
  }
}
