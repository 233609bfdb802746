import { canonicalKey } from '../base/key-text.ts'
import { atPlace } from '../errors.ts'
import type { ProgressEvent } from '../events.ts'
import { type Counts, NO_COUNTS } from '../model/counts.ts'
import type { Finding } from '../model/finding.ts'
import type { NumberedEntity, NumberedTenant } from '../model/ledger-records.ts'
import type { BatchBuffers, MergedRow } from '../plan/batch-buffers.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { allFresh, type HeldRow, loadedKey } from './classify-batch.ts'
import { type LaneProgress, LaneState } from './lane-state.ts'
import type { BatchSink, FilledBatch, LoadContext } from './load-context.ts'
import { interrupted, readTask } from './read-task.ts'
import { rememberStates } from './remember-states.ts'
import type { RunContext } from './run-context.ts'
import type { Refusal } from './settle.ts'
import { TenantTally } from './stop-rules.ts'
import { examplesOf } from './watched-examples.ts'

/** One entity of one tenant while it is read. */
export interface EntityReading {
  readonly facts: EntityFacts
  readonly compiled: CompiledEntity
  readonly entity: NumberedEntity
  /** Null: shared rows. */
  readonly tenant: NumberedTenant | null
  readonly snapshot: SourceSnapshot
  /** How many rows are read, where they are drawn; null = all. */
  readonly drawn: number | null
}

/** Who wants to know what the rows come to. Called one at a time, each awaited. */
export interface RowWatcher {
  /** False: neither read nor told; what refers to it asks the ledger. */
  wants(entity: string, tenant: NumberedTenant | null): boolean
  /** Resolves to the canonical keys whose rows are not in the target although the program would load them: what the server refused stays in quarantine. */
  begin(reading: EntityReading): Promise<ReadonlySet<string>>
  /** A full batch; `held`: its loaded rows that are not in the target; `merged`: its rows that are other rows. The buffers are used again afterwards. */
  rows(
    reading: EntityReading,
    batch: { readonly buffers: BatchBuffers; readonly held: ReadonlySet<number>; readonly merged: readonly MergedRow[] },
  ): Promise<void>
  end(reading: EntityReading): Promise<void>
  /** A row that is not as the manifest's example has it. Before `end`. */
  example(reading: EntityReading, finding: Finding): void
  /** Rows told as loaded that must go all the same, because of what they refer to. */
  settled(refused: readonly Refusal[], tenant: NumberedTenant | null): Promise<void>
}

/**
 * Runs every program over its source again, from the first row, writing nothing: what the rows come to is told, tenant by tenant, shared rows first. References are settled
 * as in a run. Rejects with the first failure: what was not read was not recomputed.
 */
export async function recompute(
  context: RunContext,
  { plans, watcher }: { readonly plans: readonly TenantPlan[]; readonly watcher: RowWatcher },
): Promise<void> {
  const shared = plans.find(plan => plan.tenant === null)
  const sharedLane = shared === undefined ? null : new Lane(context, shared, watcher)
  const run: RunContext = {
    ...context,
    sharedIndex: name => sharedLane?.state.index(name) ?? null,
    needSharedIndex: async name => void (await sharedLane?.state.needIndex(name)),
  }
  const tenants = plans.filter(plan => plan.tenant !== null).map(plan => new Lane(run, plan, watcher))
  for (const lane of [...(sharedLane ? [sharedLane] : []), ...tenants]) await lane.run()
}

class Lane {
  readonly #run: RunContext
  readonly #watcher: RowWatcher
  readonly state: LaneState

  constructor(run: RunContext, plan: TenantPlan, watcher: RowWatcher) {
    this.#run = run
    this.#watcher = watcher
    this.state = new LaneState(run, plan)
  }

  async run(): Promise<void> {
    const { tenant, entities } = this.state.plan
    try {
      const entered = new Set(this.#run.mapping.phases.map(phase => phase.name))
      const progress: LaneProgress = { done: new Set(), entered, settled: new Set() }
      for (const facts of entities.values()) {
        if (!this.#watcher.wants(facts.entity.name, tenant)) continue
        if (this.#run.signal.aborted) throw interrupted(this.#run.signal)
        await this.#entity(facts)
        progress.done.add(facts.entity.name)
        await this.#settle(progress)
      }
      await this.state.confirmRest()
    } catch (error) {
      throw atPlace(error, { tenant: tenant?.code })
    } finally {
      await this.state.closeSources()
    }
    await this.#run.doneWith(tenant)
  }

  async #entity(facts: EntityFacts): Promise<void> {
    const { id: run, hooks, signal, now, batchRows, emit } = this.#run
    const { name } = facts.entity
    const tenant = this.state.plan.tenant
    const entity = this.#run.entity(name)
    const compiled = await this.state.compile(facts)
    const snapshot = await this.state.snapshot(facts.entity.from.source)
    const sample = await this.state.sampled(facts)
    const reading: EntityReading = { facts, compiled, entity, tenant, snapshot, drawn: sample?.rows ?? null }
    const began = now()
    emit({ type: 'task:started', entity: name, tenant: tenant?.code ?? null, estimatedRows: facts.relation.estimatedRows })
    const held = await this.#watcher.begin(reading)
    const batch = { ...facts.entity.batch, rows: batchRows ?? facts.entity.batch.rows }
    const service = this.#run.service(facts.entity.service)
    const known = { run, facts, compiled, entity, tenant, service, snapshot, batch, retries: false, topUp: null, hooks, signal, now }
    // Nothing is written, so there is nothing a batch would have to report.
    const tell = (event: ProgressEvent): void => {
      if (event.type === 'finding:found') this.#watcher.example(reading, event.finding)
    }
    const examples = examplesOf({ facts, compiled, tenant: tenant?.code ?? null }, this.#run)
    const from = { sample, snapshotOf: this.state.snapshotOf }
    const own = { ...from, index: this.state.index(name), tally: new TenantTally(this.#run.mapping.stop), emit: tell, examples }
    const context = { ...known, ...own, confirm: () => this.state.confirmAfter(name) }
    const sink = new WatchedSink(context, { reading, watcher: this.#watcher, held })
    await readTask(context, sink, { after: null, readBefore: 0 })
    await this.#watcher.end(reading)
    emit({
      type: 'task:finished',
      entity: name,
      tenant: tenant?.code ?? null,
      counts: sink.counts(),
      seconds: (now() - began) / 1000,
    })
  }

  async #settle(progress: LaneProgress): Promise<void> {
    const circle = this.state.settleable(progress)
    if (circle.length === 0) return
    // Nothing here was loaded by this "run": what an earlier one loaded is compared with the ledger before it goes.
    const refused = await this.state.settle(circle, () => 1)
    for (const name of circle) progress.settled.add(name)
    if (refused.length > 0) await this.#watcher.settled(refused, this.state.plan.tenant)
  }
}

const NO_REASON = { code: '', column: null, valueMasked: null, detail: null }

/** Hands each batch to the watcher; what the ledger holds back counts as quarantined for whoever refers to it. */
class WatchedSink implements BatchSink {
  readonly overlap = 1
  readonly #context: LoadContext
  readonly #told: { readonly reading: EntityReading; readonly watcher: RowWatcher; readonly held: ReadonlySet<string> }
  #read = 0
  #loaded = 0
  #merged = 0

  constructor(context: LoadContext, told: { reading: EntityReading; watcher: RowWatcher; held: ReadonlySet<string> }) {
    this.#context = context
    this.#told = told
  }

  /** As far as a recomputation can tell: what is not loaded is set aside, for whatever reason. */
  counts(): Counts {
    const [read, loaded, merged] = [this.#read, this.#loaded, this.#merged]
    return { ...NO_COUNTS, read, loaded, merged, quarantined: read - loaded - merged }
  }

  /** Id map tuples carry 0 as their batch: which batch wrote a row cannot be recomputed. */
  nextBatch(): Promise<string> {
    return Promise.resolve('0')
  }

  async commit({ buffers }: FilledBatch): Promise<void> {
    const { compiled, index } = this.#context
    const isInteger = compiled.key?.isInteger ?? false
    const held = this.#heldRows(buffers, isInteger)
    const isHeld = ({ key }: MergedRow): boolean => this.#told.held.has(canonicalKey(key))
    const merged = buffers.merged.filter(row => !isHeld(row))
    const absent = buffers.merged.filter(isHeld).map(({ key }) => ({ ...NO_REASON, key, part: null }))
    const all = allFresh(buffers)
    const classified = { ...all, held, merged: { ...all.merged, held: absent } }
    if (index !== null) rememberStates(index, { buffers, isInteger, classified, refused: [] })
    this.#read += buffers.read
    this.#loaded += buffers.loaded - held.length
    this.#merged += merged.length
    await this.#told.watcher.rows(this.#told.reading, { buffers, held: new Set(held.map(({ row }) => row)), merged })
  }

  #heldRows(buffers: BatchBuffers, isInteger: boolean): readonly HeldRow[] {
    const { held } = this.#told
    if (held.size === 0) return []
    const rows: HeldRow[] = []
    for (let row = 0; row < buffers.loaded; row++) {
      const key = isInteger ? (loadedKey(buffers, { row, isInteger })[0] as string) : (buffers.texts[row] as string)
      if (held.has(key)) rows.push({ row, ...NO_REASON })
    }
    return rows
  }
}
