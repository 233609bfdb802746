import { atPlace, RehouseError } from '../errors.ts'
import { addCounts, type Counts, NO_COUNTS } from '../model/counts.ts'
import type { OutcomeCount } from '../model/ledger-records.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import { isSelected } from './is-selected.ts'
import { LaneState } from './lane-state.ts'
import type { FilledBatch } from './load-context.ts'
import { MemorySink } from './memory-sink.ts'
import type { Migration, RunOptions } from './migration.ts'
import { interrupted, readTask } from './read-task.ts'
import type { RunContext } from './run-context.ts'
import { settleCircle } from './settle.ts'
import { TenantTally } from './stop-rules.ts'

/** What a dry run found for one entity and tenant. */
export interface DryResult {
  readonly entity: string
  readonly tenant: string | null
  readonly service: string
  counts: Counts
  readonly written: Readonly<Record<string, number>>
  readonly outcomes: OutcomeCount[]
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
export async function runDry(
  migration: Migration,
  { context, plans, options }: { context: RunContext; plans: readonly TenantPlan[]; options: RunOptions },
): Promise<DryEnd> {
  const results: DryResult[] = []
  const failures: RehouseError[] = []
  const shared = plans.find(plan => plan.tenant === null)
  const sharedLane = shared === undefined ? null : new DryLane({ context, options, migration }, shared)
  const run: RunContext = { ...context, sharedIndex: name => sharedLane?.state.index(name) ?? null }
  const lanes = [
    ...(sharedLane ? [sharedLane] : []),
    ...plans.filter(plan => plan.tenant !== null).map(plan => new DryLane({ context: run, options, migration }, plan)),
  ]
  for (const lane of lanes) {
    try {
      await lane.run()
    } catch (error) {
      if (!(error instanceof RehouseError)) throw error
      failures.push(error)
      if (error.code === 'INTERRUPTED') break
    } finally {
      results.push(...lane.results)
    }
  }
  return { results, failures }
}

interface DryParts {
  readonly context: RunContext
  readonly options: RunOptions
  readonly migration: Migration
}

class DryLane {
  readonly #run: RunContext
  readonly #options: RunOptions
  readonly #isLedgerThere: () => Promise<boolean>
  readonly #tally: TenantTally
  readonly state: LaneState
  readonly results: DryResult[] = []

  constructor({ context, options, migration }: DryParts, plan: TenantPlan) {
    this.#run = context
    this.#options = options
    this.#isLedgerThere = async () => (await migration.services[0]?.ledger.state()) === 'current'
    this.#tally = new TenantTally(context.mapping.stop)
    this.state = new LaneState(context, plan)
  }

  async run(): Promise<void> {
    try {
      const done = new Set<string>()
      const isThere = await this.#isLedgerThere()
      for (const facts of this.#wanted()) {
        if (this.#run.signal.aborted) throw interrupted(this.#run.signal)
        await this.#entity(facts, isThere)
        done.add(facts.entity.name)
        for (const circle of this.state.wholeCircles(facts.entity.name, done)) await this.#settle(circle)
      }
    } catch (error) {
      throw atPlace(error, { tenant: this.state.plan.tenant?.code })
    } finally {
      await this.state.closeSources()
    }
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

  async #entity(facts: EntityFacts, isLedgerThere: boolean): Promise<void> {
    const { name, service: serviceName, batch } = facts.entity
    const service = this.#run.service(serviceName)
    const entity = this.#run.entity(name)
    const tenant = this.state.plan.tenant
    const compares = isLedgerThere && (await service.ledger.hasKeys(entity.number, tenant?.number ?? 0))
    const compiled = await this.state.compile(facts)
    const index = this.state.index(name)
    if (compares && index !== null) await this.state.fill(index, facts)
    const isShown = isSelected(facts.entity, { phase: facts.order.phase, selection: this.#options.selection })
    const snapshot = await this.state.snapshot(facts.entity.from.source)
    const { id, hooks, signal, now, batchRows, emit } = this.#run
    const began = now()
    const shown = isShown ? emit : () => undefined
    shown({ type: 'task:started', entity: name, tenant: tenant?.code ?? null, estimatedRows: facts.relation.estimatedRows })
    const shared = {
      run: id,
      facts,
      compiled,
      entity,
      tenant,
      service,
      snapshot,
      index,
      tally: this.#tally,
      hooks,
      signal,
      now,
      emit: shown,
    }
    const sink = new MemorySink(
      { ...shared, batch: { ...batch, rows: batchRows ?? batch.rows } },
      { compares, audit: isShown ? this.#audit(facts) : null },
    )
    await readTask({ ...shared, batch: { ...batch, rows: batchRows ?? batch.rows } }, sink, { after: null, readBefore: 0 })
    const seconds = (now() - began) / 1000
    if (!isShown) return
    this.results.push({
      entity: name,
      tenant: tenant?.code ?? null,
      service: serviceName,
      counts: sink.counts,
      written: sink.written,
      outcomes: sink.outcomes,
      seconds,
    })
    shown({ type: 'task:finished', entity: name, tenant: tenant?.code ?? null, counts: sink.counts, seconds })
  }

  /** One line a row set aside, with its key and reason; never a value. */
  #audit(facts: EntityFacts): ((batch: FilledBatch, counts: Counts) => Promise<void>) | null {
    const { audit } = this.#options
    if (audit === null) return null
    const place = { entity: facts.entity.name, tenant: this.state.plan.tenant?.code ?? null }
    return async (batch, counts) => {
      await audit({ ...place, intended: 'batch', batch: batch.id, counts })
      for (const row of batch.buffers.quarantine)
        await audit({ ...place, key: row.key, intended: 'quarantine', code: row.code, column: row.column, part: row.part })
      for (const row of batch.buffers.exclusions) await audit({ ...place, key: row.key, intended: 'exclude', code: row.code })
    }
  }

  async #settle(circle: readonly string[]): Promise<void> {
    const members = []
    for (const name of circle) members.push(await this.state.member(name))
    const refused = await settleCircle(members, name => {
      const index = this.state.index(name) ?? this.#run.sharedIndex(name)
      if (index === null) throw new RangeError(`expected an index of ${name}`)
      return index
    })
    for (const { entity, code, column } of refused) {
      const result = this.results.find(r => r.entity === entity)
      if (result === undefined) continue
      result.counts = addCounts(result.counts, { ...NO_COUNTS, loaded: -1, quarantined: 1 })
      result.outcomes.push({ kind: 'quarantine', column, code, count: 1 })
    }
  }
}
