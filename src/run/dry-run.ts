import { atPlace, RehouseError } from '../errors.ts'
import { addCounts, type Counts, NO_COUNTS } from '../model/counts.ts'
import type { OutcomeCount } from '../model/ledger-records.ts'
import { partsOf } from '../plan/row-program.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import type { BatchOutcome } from './batch-outcome.ts'
import type { CircleMember } from './circle-member.ts'
import { ForeseenIds } from './foreseen-ids.ts'
import { isSelected } from './is-selected.ts'
import { type LaneProgress, LaneState } from './lane-state.ts'
import { MemorySink } from './memory-sink.ts'
import type { RunOptions } from './migration.ts'
import { interrupted, readTask } from './read-task.ts'
import { rereadRows } from './reread-rows.ts'
import type { RunContext } from './run-context.ts'
import type { Refusal } from './settle.ts'
import { TenantTally } from './stop-rules.ts'
import { foreseenFindings } from './top-up-run.ts'
import { examplesOf } from './watched-examples.ts'

/** What a dry run found for one entity and tenant. */
export interface DryResult {
  readonly entity: string
  readonly tenant: string | null
  readonly service: string
  counts: Counts
  readonly written: Record<string, number>
  readonly outcomes: OutcomeCount[]
  /** Keys of loaded rows that would come out otherwise now; the first few. */
  readonly differing: readonly (readonly string[])[]
  readonly seconds: number
}

export interface DryEnd {
  readonly results: readonly DryResult[]
  readonly failures: readonly RehouseError[]
}

/**
 * The same programs over the same rows, writing nothing and asking nothing of the target that writes. An entity that was not asked for but is referred to is read all the same,
 * silently, unless the ledger knows its rows: or every reference to it would be missing.
 */
export async function runDry({ context, plans, options }: DryParts & { readonly plans: readonly TenantPlan[] }): Promise<DryEnd> {
  const results: DryResult[] = []
  const failures: RehouseError[] = []
  const shared = plans.find(plan => plan.tenant === null)
  const sharedLane = shared === undefined ? null : new DryLane({ context, options }, shared)
  const run: RunContext = { ...context, sharedIndex: name => sharedLane?.state.index(name) ?? null }
  const lanes = [
    ...(sharedLane ? [sharedLane] : []),
    ...plans.filter(plan => plan.tenant !== null).map(plan => new DryLane({ context: run, options }, plan)),
  ]
  for (const lane of lanes) {
    try {
      await lane.run()
    } catch (error) {
      if (!(error instanceof RehouseError)) throw error
      failures.push(error)
      // Without its shared rows no tenant can go on.
      if (error.code === 'INTERRUPTED' || lane === sharedLane) break
    } finally {
      results.push(...lane.results)
    }
  }
  for (const finding of foreseenFindings(context)) options.emit({ type: 'finding:found', finding })
  return { results, failures }
}

interface DryParts {
  readonly context: RunContext
  readonly options: RunOptions
}

class DryLane {
  readonly #run: RunContext
  readonly #options: RunOptions
  readonly #tally: TenantTally
  readonly #foreseen: ForeseenIds
  readonly state: LaneState
  readonly results: DryResult[] = []

  constructor({ context, options }: DryParts, plan: TenantPlan) {
    this.#run = context
    this.#options = options
    this.#tally = new TenantTally(context.mapping.stop)
    this.state = new LaneState(context, plan)
    this.#foreseen = new ForeseenIds(plan.entities.values())
  }

  async run(): Promise<void> {
    try {
      // The shared rows were read before any tenant's.
      const entered = new Set(this.#run.mapping.phases.map(phase => phase.name))
      const progress: LaneProgress = { done: new Set(), entered, settled: new Set() }
      for (const facts of this.#wanted()) {
        if (this.#run.signal.aborted) throw interrupted(this.#run.signal)
        await this.#entity(facts)
        progress.done.add(facts.entity.name)
        this.state.release(facts.entity.name)
        await this.#settle(progress)
      }
      await this.state.findGone()
      await this.state.confirmRest()
    } catch (error) {
      throw atPlace(error, { tenant: this.state.plan.tenant?.code })
    } finally {
      await this.state.closeSources()
    }
    await this.#run.doneWith(this.state.plan.tenant)
  }

  /** The selected entities and, before them, those they refer to, however far. */
  #wanted(): readonly EntityFacts[] {
    const { selection } = this.#options
    const all = [...this.state.plan.entities.values()]
    const names = new Set<string>()
    const add = (name: string): void => {
      const facts = this.state.plan.entities.get(name)
      if (facts === undefined || names.has(name)) return
      names.add(name)
      for (const parent of facts.order.dependsOn) add(parent)
    }
    for (const facts of all)
      if (isSelected(facts.entity, { phase: facts.order.phase, selection }) || facts.entity.isShared) add(facts.entity.name)
    return all.filter(facts => names.has(facts.entity.name))
  }

  async #entity(facts: EntityFacts): Promise<void> {
    const { name, service: serviceName } = facts.entity
    const service = this.#run.service(serviceName)
    const entity = this.#run.entity(name)
    const tenant = this.state.plan.tenant
    const isLedgerThere = (await service.ledger.state()) === 'current'
    const compares = isLedgerThere && (await service.ledger.hasKeys(entity.number, tenant?.number ?? 0))
    const compiled = await this.state.compile(facts)
    const index = this.state.index(name)
    if (compares && index !== null) await this.state.fillForRerun(index, facts)
    const isShown = isSelected(facts.entity, { phase: facts.order.phase, selection: this.#options.selection })
    if (compares && !isShown) return
    const snapshot = await this.state.snapshot(facts.entity.from.source)
    const { id: run, hooks, signal, now, batchRows, retries } = this.#run
    const batch = { ...facts.entity.batch, rows: batchRows ?? facts.entity.batch.rows }
    const emit = isShown ? this.#run.emit : () => undefined
    const began = now()
    const sample = await this.state.sampled(facts)
    const estimatedRows = sample?.rows ?? facts.relation.estimatedRows
    emit({ type: 'task:started', entity: name, tenant: tenant?.code ?? null, estimatedRows })
    const examples = examplesOf({ facts, compiled, tenant: tenant?.code ?? null }, this.#run)
    const topUp = this.#run.topUp?.touched.ruleFor(facts.entity, tenant?.code ?? null) ?? null
    const from = { snapshot, snapshotOf: this.state.snapshotOf, sample }
    const known = { run, facts, compiled, entity, tenant, service, ...from, index, batch, retries, topUp, examples }
    const context = { ...known, tally: this.#tally, hooks, signal, now, emit, confirm: () => this.state.confirmAfter(name) }
    const sink = new MemorySink(context, { compares, audit: isShown ? this.#audit(name) : null, foreseen: this.#foreseen })
    await readTask(context, sink, { after: null, readBefore: 0 })
    const seconds = (now() - began) / 1000
    if (!isShown) return
    const { counts, written, outcomes, differing } = sink
    this.results.push({ entity: name, tenant: tenant?.code ?? null, service: serviceName, counts, written, outcomes, differing, seconds })
    emit({ type: 'task:finished', entity: name, tenant: tenant?.code ?? null, counts, seconds })
  }

  /** One line a batch, and one a row set aside, with its key and reason; never a value. */
  #audit(entity: string): ((batch: string, outcome: BatchOutcome) => Promise<void>) | null {
    const { audit } = this.#options
    if (audit === null) return null
    const place = { entity, tenant: this.state.plan.tenant?.code ?? null }
    return async (batch, { counts, quarantine, exclusions, merged }) => {
      await audit({ ...place, intended: 'batch', batch, counts })
      for (const { key, code, column, part } of quarantine) await audit({ ...place, key, intended: 'quarantine', code, column, part })
      for (const { key, code } of exclusions) await audit({ ...place, key, intended: 'exclude', code })
      for (const { key, id } of merged) await audit({ ...place, key, intended: 'merge', id })
    }
  }

  async #settle(progress: LaneProgress): Promise<void> {
    const circle = this.state.settleable(progress)
    if (circle.length === 0) return
    const refused = await this.state.settle(circle, () => 1)
    for (const name of circle) progress.settled.add(name)
    for (const result of this.results) {
      const rows = refused.filter(row => row.entity === result.entity)
      if (rows.length > 0) await this.#takeBack(result, rows)
    }
  }

  /** Counts as the correction of a real run does: what an earlier run loaded is no longer unchanged, the rest no longer written. */
  async #takeBack(result: DryResult, rows: readonly Refusal[]): Promise<void> {
    const member = await this.state.member(result.entity)
    const fresh = await this.#freshKeys(member, rows)
    const found = await rereadRows(member, { aside: this.state.compileAside(member.facts), wanted: fresh })
    for (const [t, { name }] of member.compiled.tables.entries())
      for (const { tuples } of found.values()) result.written[name] = (result.written[name] ?? 0) - (tuples[t] ?? 0)
    const merged = [...found.values()].filter(row => row.isMerged).length
    const change = { loaded: merged - fresh.size, merged: 0 - merged, unchanged: fresh.size - rows.length, quarantined: rows.length }
    result.counts = addCounts(result.counts, { ...NO_COUNTS, ...change })
    const place = { entity: result.entity, tenant: result.tenant, intended: 'quarantine' }
    for (const { key, code, column } of rows) {
      result.outcomes.push({ kind: 'quarantine', column, code, count: 1 })
      await this.#options.audit?.({ ...place, key: partsOf(key), code, column, part: null })
    }
  }

  /** Of rows that go: those the ledger knows neither as loaded nor as merged. */
  async #freshKeys({ facts }: CircleMember, rows: readonly Refusal[]): Promise<ReadonlySet<string>> {
    const { ledger } = this.#run.service(facts.entity.service)
    const keys = rows.map(row => row.key)
    if ((await ledger.state()) !== 'current') return new Set(keys)
    const { number } = this.#run.entity(facts.entity.name)
    const known = await ledger.known(number, this.state.plan.tenant?.number ?? 0, keys.map(partsOf))
    return new Set(keys.filter((_, i) => known[i]?.state !== 'loaded' && known[i]?.state !== 'merged'))
  }
}
