import { RehouseError } from '../errors.ts'
import { BatchBuffers } from '../plan/batch-buffers.ts'
import { leadingConstants } from '../plan/check-many-tables.ts'
import type { StoppedCall } from '../plan/function-watch.ts'
import type { RowKey } from '../plan/row-key.ts'
import type { RowProgram } from '../plan/row-program.ts'
import { TableEnds } from '../plan/table-ends.ts'
import { countRows } from './count-rows.ts'
import type { EntityRows } from './entity-rows.ts'
import type { BatchSink, FilledBatch, LoadContext } from './load-context.ts'
import { meetDone, OwnedReading } from './owned-reading.ts'
import { readRows } from './read-rows.ts'
import { ResumedTable } from './resumed-table.ts'

export interface ReadFrom {
  /** Position to begin after; null = the first row. */
  readonly after: readonly string[] | null
  /** Rows of this pass read before, in earlier batches of the ledger. */
  readonly readBefore: number
  /** The same of relations the entity accounts for besides, by relation; absent = none. */
  readonly ownedBefore?: ReadonlyMap<string, number>
}

/**
 * Reads an entity's rows in key order, runs the program over them and hands full batches to the sink: one being committed while the next is filled.
 * The last batch carries the source's own count, which must be the number of rows read (guarantee 2); of a sample how many rows were drawn.
 */
export async function readTask(context: LoadContext, sink: BatchSink, from: ReadFrom): Promise<void> {
  const program = context.compiled.program as RowProgram
  const filler = new BatchFiller(context, sink, from)
  try {
    await filler.begin()
    program.restart()
    if (from.after !== null) await meetDone(context)
    await readAll(context, filler)
    tellExamples(context, from)
  } finally {
    // A batch being committed must not outlive the task: its outcome would be nobody's.
    await filler.settle()
  }
}

/** Keys nobody had are known only where every row was read. */
function tellExamples({ examples, emit }: LoadContext, { after }: ReadFrom): void {
  if (examples === null) return
  if (after === null) examples.finish()
  for (const finding of examples.findings) emit({ type: 'finding:found', finding })
}

async function readAll(context: LoadContext, filler: BatchFiller): Promise<void> {
  const { compiled, facts, signal, sample } = context
  const rowKey = compiled.rowKey as RowKey
  const ends = tableEnds(facts)
  const program = compiled.program as RowProgram
  // A row at the cursor that waits until the batch before it is handed on.
  let isWaiting = false
  // Since the last row that was run another table has begun.
  let isOther = false
  const resumed = await ResumedTable.at(context, filler.from)
  const meet = (rows: EntityRows): void => {
    const begins = ends?.isOther(rows.cursor) ?? false
    if (begins && !isOther && filler.hasRows) filler.endTable(rows)
    isOther ||= begins
    resumed?.meet(rows, begins)
  }
  const mustWait = (rows: EntityRows): boolean => ((isOther && filler.hasRows) || filler.isFull) && !rows.continues
  const step = (rows: EntityRows): boolean => {
    if (!isWaiting) {
      if (!rows.next()) return false
      meet(rows)
      if (sample !== null && !sample.has(rows.cursor, rowKey)) return true
      isWaiting = mustWait(rows)
      if (isWaiting) return false
    }
    isWaiting = false
    isOther = false
    filler.run(rows)
    return true
  }
  sample?.restart()
  for await (const rows of readRows(context, filler.from)) {
    for (;;) {
      program.watch(
        () => step(rows),
        call => filler.refuse(call, rows),
      )
      if (!isWaiting) break
      await filler.flush()
      if (signal.aborted) throw interrupted(signal)
    }
    if (!rows.isHeld) filler.endChunk(rows)
  }
  resumed?.end()
  filler.endOwned()
  await filler.finish(sample === null ? await countRows(context) : BigInt(sample.rows))
}

/** Of many tables each has its own batches: so the ledger counts the rows of each. Null: it is one table. */
function tableEnds({ relation: { many }, key }: LoadContext['facts']): TableEnds | null {
  return many === undefined ? null : new TableEnds(leadingConstants(many, key.names))
}

/** Why the signal says to stop: what was given as its reason, if that is an error of ours. */
export function interrupted({ reason }: AbortSignal): RehouseError {
  if (reason instanceof RehouseError) return reason
  return new RehouseError('INTERRUPTED', 'expected to go on, got a request to stop', { next: 'Run the same command with --resume.' })
}

/** Fills one batch while one or two others are being committed. */
class BatchFiller {
  readonly #context: LoadContext
  readonly #sink: BatchSink
  readonly #program: RowProgram
  #current: BatchBuffers
  readonly #free: BatchBuffers[] = []
  /** Being committed, oldest first. */
  readonly #underWay: { readonly done: Promise<void>; readonly buffers: BatchBuffers }[] = []
  #id = ''
  #after: readonly string[] | null
  #upTo: readonly string[] | null = null
  #read: number
  #isMarked = true
  readonly #owned: OwnedReading
  readonly from: readonly string[] | null

  constructor(context: LoadContext, sink: BatchSink, { after, readBefore, ownedBefore }: ReadFrom) {
    this.#context = context
    this.#sink = sink
    this.#program = context.compiled.program as RowProgram
    this.#current = new BatchBuffers(context.compiled.tables.length)
    this.#after = after
    this.from = after
    this.#read = readBefore
    this.#owned = new OwnedReading(context, ownedBefore ?? new Map())
  }

  async begin(): Promise<void> {
    this.#id = await this.#sink.nextBatch()
    this.#program.setBatch(this.#id)
  }

  get isFull(): boolean {
    const { batch } = this.#context
    return this.#current.read >= batch.rows || this.#current.bytes >= batch.bytes
  }

  get hasRows(): boolean {
    return this.#current.read > 0
  }

  /** The row at hand is the first of another table. Where that came with another chunk, `endChunk` has the position already. */
  endTable(rows: EntityRows): void {
    if (this.#context.sample === null) this.#upTo = rows.positionBefore() ?? this.#upTo
  }

  run(rows: EntityRows): void {
    const loadedBefore = this.#current.loaded
    this.#owned.takeOrphans(this.#current)
    this.#program.run(rows.cursor, this.#current)
    this.#hasRun(rows, loadedBefore)
  }

  /** Ends the row in whose middle a function was stopped. */
  refuse(call: StoppedCall, rows: EntityRows): void {
    this.#program.refuse(call, this.#current)
    this.#hasRun(rows, this.#current.loaded)
  }

  #hasRun(rows: EntityRows, loadedBefore: number): void {
    this.#context.examples?.look(this.#current, loadedBefore)
    // Rows that are not drawn lie between: the position is that of the last drawn one.
    this.#isMarked = this.#context.sample !== null
    if (this.#isMarked || this.isFull) this.#upTo = rows.position()
  }

  /** The position of the last row, while its bytes are still there: the next chunk takes their place. */
  endChunk(rows: EntityRows): void {
    if (this.#isMarked || this.#current.read === 0) return
    this.#upTo = rows.position()
    this.#isMarked = true
  }

  /** After the last row. */
  endOwned(): void {
    this.#owned.finish(this.#current)
  }

  async flush(): Promise<void> {
    await this.#hand({ isLast: false, sourceCount: null })
    await this.begin()
  }

  /** The last batch; it also says that the task is read to its end. */
  async finish(counted: bigint): Promise<void> {
    this.#read += this.#current.read
    if (BigInt(this.#read) !== counted) throw this.#countMismatch(counted)
    const ownedCounts = await this.#owned.compare(this.#current)
    await this.#context.confirm()
    this.#read -= this.#current.read
    // How many rows the source has says nothing of a sample.
    const isWhole = this.#context.sample === null
    await this.#hand({ isLast: true, sourceCount: isWhole ? counted.toString() : null, ...(isWhole ? { ownedCounts } : {}) })
    while (this.#underWay.length > 0) await this.#oldest()
  }

  async #hand(end: Pick<FilledBatch, 'isLast' | 'sourceCount' | 'ownedCounts'>): Promise<void> {
    while (this.#underWay.length >= this.#sink.overlap) await this.#oldest()
    const upTo = this.#current.read === 0 ? this.#after : this.#upTo
    const done = this.#sink.commit({ id: this.#id, buffers: this.#current, after: this.#after, upTo, ...end })
    // Whoever awaits it next gets the error; until then it must not count as unhandled.
    done.catch(() => undefined)
    this.#underWay.push({ done, buffers: this.#current })
    this.#read += this.#current.read
    this.#owned.hand(this.#current)
    this.#after = upTo
    this.#current = this.#free.pop() ?? new BatchBuffers(this.#context.compiled.tables.length)
  }

  async #oldest(): Promise<void> {
    const oldest = this.#underWay.shift()
    if (oldest === undefined) return
    await oldest.done
    oldest.buffers.reset()
    this.#free.push(oldest.buffers)
  }

  /** Waits for what is being committed, whatever becomes of it. For callers that give up. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay.map(({ done }) => done))
  }

  #countMismatch(counted: bigint): RehouseError {
    const { facts, tenant, sample } = this.#context
    const by = sample === null ? 'as the source counted' : 'as were drawn'
    return new RehouseError('SOURCE_COUNT_MISMATCH', `expected ${counted} rows, ${by} in the same snapshot, got ${this.#read}`, {
      where: { entity: facts.entity.name, tenant: tenant?.code },
      next: 'Nothing of the last batch was kept. Run `rehouse migrate --resume`; if it stays, report it with the source’s version.',
    })
  }
}
