import type { KeyIndex } from '../base/key-index.ts'
import { atPlace, bug, RehouseError } from '../errors.ts'
import type { ProgressEvent } from '../events.ts'
import { NO_COUNTS } from '../model/counts.ts'
import type { TaskRecord } from '../model/ledger-records.ts'
import type { Where } from '../model/place.ts'
import { partsOf } from '../plan/row-program.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import type { Writer } from '../target/target.ts'
import { takeBack } from './corrections.ts'
import { entityTables } from './entity-tables.ts'
import { type LaneProgress, LaneState } from './lane-state.ts'
import { LaneWriters } from './lane-writers.ts'
import { LedgerSink } from './ledger-sink.ts'
import type { CommitContext, Service } from './load-context.ts'
import { mayOverlap } from './may-overlap.ts'
import { ownedBefore } from './owned-reading.ts'
import { interrupted, readTask } from './read-task.ts'
import { recordFailure } from './record-failure.ts'
import { withRetries } from './retry.ts'
import type { RunContext } from './run-context.ts'
import { atSeam } from './seams.ts'
import { clearReferences, setReferences } from './set-references.ts'
import { TenantTally } from './stop-rules.ts'
import { refuseOtherSource, type Start, startOf } from './task-start.ts'
import { examplesOf } from './watched-examples.ts'

/** How lanes wait for one another: tenants enter a phase when its shared rows are complete. */
export interface PhaseGate {
  mayEnter(phase: string): Promise<void>
  phaseDone(phase: string): void
}

/**
 * One tenant (or the shared rows) from its first entity to its last, under one source snapshot per source. A task goes pending → running → loaded → settled.
 * If the process dies anywhere here, the next run finds each task’s position in the ledger and goes on from it.
 */
export class TenantLane {
  readonly #run: RunContext
  readonly #tally: TenantTally
  readonly state: LaneState
  readonly #writers = new LaneWriters()
  #retries = 0
  #progressed: () => void = () => undefined

  constructor(run: RunContext, plan: TenantPlan) {
    this.#run = run
    this.#tally = new TenantTally(run.mapping.stop)
    this.state = new LaneState(run, plan)
  }

  get code(): string | null {
    return this.state.plan.tenant?.code ?? null
  }

  async run(gate: PhaseGate): Promise<void> {
    const { signal, emit } = this.#run
    const onRetry = (attempt: number, waitMs: number, error: RehouseError): void =>
      emit({
        type: 'task:retried',
        entity: error.where.entity ?? '',
        tenant: this.code,
        attempt,
        waitMs,
        code: error.code,
        message: error.message,
      })
    try {
      await withRetries({ retries: () => this.#retries, signal, random: Math.random, onRetry }, progressed => {
        this.#progressed = progressed
        return this.#attempt(gate)
      })
    } catch (error) {
      throw atPlace(error, { tenant: this.code ?? undefined })
    } finally {
      await this.#writers.close()
      await this.state.closeSources()
    }
    await this.#run.doneWith(this.state.plan.tenant)
  }

  async #attempt(gate: PhaseGate): Promise<void> {
    const progress: LaneProgress = { done: new Set(), entered: new Set(), settled: new Set() }
    for (const phase of this.#run.mapping.phases) {
      const entities = this.state.selectedIn(phase.name)
      // What keeps the shared rows from being complete was tried again in their own lane.
      this.#retries = 0
      if (entities.length > 0 || this.state.waitsForShared(phase.name)) await gate.mayEnter(phase.name)
      progress.entered.add(phase.name)
      await this.#settleWaiting(progress)
      for (const facts of entities) {
        await this.#entity(facts)
        progress.done.add(facts.entity.name)
        this.state.release(facts.entity.name)
        await this.#settleWaiting(progress)
      }
      gate.phaseDone(phase.name)
    }
    await this.state.findGone()
    await this.state.confirmRest()
  }

  async #settleWaiting(progress: LaneProgress): Promise<void> {
    const circle = this.state.settleable(progress)
    if (circle.length === 0) return
    try {
      await this.#settle(circle)
    } catch (error) {
      // Rows marked as gone that still stand would never be found again.
      for (const name of circle) this.state.forget(name)
      throw await this.#afterFailure(error, { entity: circle[0] })
    }
    for (const name of circle) progress.settled.add(name)
  }

  async #afterFailure(error: unknown, where: Where): Promise<unknown> {
    if (error instanceof RehouseError && error.code.startsWith('SOURCE_')) await this.state.closeSources()
    return atPlace(error, { ...where, tenant: this.code ?? undefined })
  }

  async #entity(facts: EntityFacts): Promise<void> {
    if (this.#run.signal.aborted) throw interrupted(this.#run.signal)
    this.#retries = facts.entity.batch.retries
    const { name, service } = facts.entity
    try {
      await this.#load(facts)
    } catch (error) {
      this.state.forget(name)
      throw await this.#afterFailure(error, { entity: name, service })
    }
  }

  async #load(facts: EntityFacts): Promise<void> {
    const service = this.#run.service(facts.entity.service)
    const snapshot = await this.state.snapshot(facts.entity.from.source)
    const entity = this.#run.entity(facts.entity.name)
    const task = await this.#task(facts, service)
    refuseOtherSource(task, snapshot)
    const start = startOf(task, snapshot)
    // Rows an earlier part of this run counted belong to the tenant’s shares too; a pass that begins again counts them itself.
    this.#tally.addEarlier(task.id, start?.restart ? NO_COUNTS : task.counts)
    if (start === null) return
    const compiled = await this.state.compile(facts)
    const index = this.state.index(facts.entity.name)
    const compares = await this.#compares(task, { service, start })
    if (compares && index !== null) await this.state.fillForRerun(index, facts)
    if (task.state === 'loaded' && !start.restart) return
    const sample = await this.state.sampled(facts)
    await this.#writers.with(service, async writer => {
      const claimed = await this.#claim(task, { service, writer, snapshot, start })
      const { id, hooks, signal, now, batchRows, retries } = this.#run
      const batch = { ...facts.entity.batch, rows: batchRows ?? facts.entity.batch.rows }
      const emit = (event: ProgressEvent): void => this.#emit(event)
      const topUp = this.#run.topUp?.touched.ruleFor(facts.entity, this.code) ?? null
      // What is updated must not wait for what another session writes.
      const isApart = topUp === null && mayOverlap(compiled.tables, this.#run.relations(service.name))
      const anotherWriter = isApart ? (): Promise<Writer> => this.#writers.get(service, 'second') : null
      const shared = { run: id, hooks, emit, signal, now, batch, retries, topUp, tally: this.#tally, tenant: this.state.plan.tenant }
      const own = { facts, compiled, entity, service, snapshot, snapshotOf: this.state.snapshotOf, index, sample }
      await this.#read(
        {
          ...shared,
          ...own,
          task: claimed,
          writer,
          liveReferences: this.#run.liveReferences(service.name),
          anotherWriter,
          confirm: () => this.state.confirmAfter(facts.entity.name),
          examples: examplesOf({ facts, compiled, tenant: this.code }, this.#run),
        },
        compares,
      )
    })
  }

  /** Whether the ledger may know keys of the entity and tenant already. In a first load only what this task wrote itself, before a retry. */
  async #compares(task: TaskRecord, { service, start }: { service: Service; start: Start }): Promise<boolean> {
    const isUntouched = task.position === null && task.pass === 1 && !start.restart && task.counts.read === 0
    if (isUntouched && this.#run.isFirstLoad(service.name)) return false
    return service.ledger.hasKeys(task.entity, task.tenant)
  }

  async #claim(task: TaskRecord, of: { service: Service; writer: Writer; snapshot: SourceSnapshot; start: Start }): Promise<TaskRecord> {
    const { service, writer, snapshot, start } = of
    const claim = { backend: writer.backend, snapshot: snapshot.id, marker: snapshot.marker, ...start }
    const claimed = await service.ledger.claimTask(task.id, claim)
    await atSeam(this.#run.hooks, 'task_claimed', { tenant: this.code, service: service.name })
    return claimed
  }

  async #read(context: CommitContext, compares: boolean): Promise<void> {
    const { task, facts, service, now, sample } = context
    const began = now()
    const place = { entity: facts.entity.name, tenant: this.code }
    this.#run.emit({ type: 'task:started', ...place, estimatedRows: sample?.rows ?? facts.relation.estimatedRows })
    try {
      // Without a position nothing of this pass is read yet: the counts are still those of the pass before.
      const before = { readBefore: task.position === null ? 0 : task.counts.read, ownedBefore: await ownedBefore(task, service.ledger) }
      await readTask(context, new LedgerSink(context, { compares }), { after: task.position, ...before })
    } catch (error) {
      await recordFailure(service, task, error)
      throw error
    }
    const after = await this.#task(facts, service)
    this.#run.emit({ type: 'task:finished', ...place, counts: after.counts, seconds: (now() - began) / 1000 })
  }

  /** Passes events on; a committed batch is progress, and the moment to ask the stop rules. */
  #emit(event: ProgressEvent): void {
    this.#run.emit(event)
    if (event.type !== 'batch:committed') return
    this.#progressed()
    const verdict = this.#tally.verdict()
    if (verdict === null) return
    throw new RehouseError('STOPPED', verdict, {
      next: 'Look at `rehouse quarantine list`, mend the mapping or the data, or raise `stop` in the manifest; then run with --resume.',
    })
  }

  async #task(facts: EntityFacts, service: Service): Promise<TaskRecord> {
    const { number } = this.#run.entity(facts.entity.name)
    const tenant = this.state.plan.tenant?.number ?? 0
    const task = await service.ledger.task({ run: this.#run.id, entity: number, tenant })
    if (task === null) throw bug(`expected a task for ${facts.entity.name}, got none`)
    return task
  }

  /** Checks references once all they wait for is loaded, and takes back what refers to nothing: what was loaded last first, so that no foreign key stands in the way. */
  async #settle(circle: readonly string[]): Promise<void> {
    const open = await Promise.all(circle.map(name => this.#openTask(name)))
    if (open.every(({ task }) => task.state === 'settled')) return
    await atSeam(this.#run.hooks, 'before_settle', { entity: circle[0] ?? '', tenant: this.code })
    const refused = await this.state.settle(circle, name => open.find(({ facts }) => facts.entity.name === name)?.task.pass ?? 1)
    const doomed: Doomed[] = []
    for (const of of open.reverse()) {
      const { name } = of.facts.entity
      const { settled } = (await this.state.member(name)).compiled
      const own = refused.filter(row => row.entity === name)
      // Without such references it was settled when it was loaded.
      if (settled.length > 0) doomed.push({ ...of, rows: own.map(row => ({ ...row, detail: `refers to ${row.parentEntity}` })) })
    }
    // References first, of all of the circle: the rows that go must not hold one another.
    for (const of of doomed) await this.#setReferences(of)
    for (const of of doomed) await this.#takeBack(of)
  }

  async #openTask(name: string): Promise<Omit<Doomed, 'rows'>> {
    const facts = this.state.plan.entities.get(name)
    if (facts === undefined) throw bug(`expected ${name} in the plan`)
    const service = this.#run.service(facts.entity.service)
    return { facts, service, task: await this.#task(facts, service) }
  }

  /** While their foreign keys stand: references of the rows that stay are set, those of the rows that go are cleared. */
  async #setReferences({ facts, task, service, rows }: Doomed): Promise<void> {
    const columns = this.#run.liveReferences(service.name)
    if (columns.size === 0) return
    const member = await this.state.member(facts.entity.name)
    await this.#withClaim({ facts, task, service }, async (writer, claimed) => {
      const tables = entityTables(facts.entity, member.compiled.tables)
      const indexOf = (name: string): KeyIndex => this.state.indexOf(name)
      const setting = { member, indexOf, service, writer, task: claimed, tables, columns, hooks: this.#run.hooks }
      await setReferences(setting)
      await clearReferences(
        setting,
        rows.map(row => partsOf(row.key)),
      )
    })
  }

  async #takeBack({ facts, task, service, rows }: Doomed): Promise<void> {
    const { compiled, snapshot } = await this.state.member(facts.entity.name)
    await this.#withClaim({ facts, task, service }, async (writer, claimed) => {
      const tables = entityTables(facts.entity, compiled.tables)
      const { hooks } = this.#run
      await takeBack({ service, writer, task: claimed, tables, snapshot: snapshot.id, kind: 'settle', rows, hooks, taskState: 'settled' })
    })
  }

  async #withClaim(
    { facts, task, service }: Omit<Doomed, 'rows'>,
    work: (writer: Writer, claimed: TaskRecord) => Promise<void>,
  ): Promise<void> {
    const snapshot = await this.state.snapshot(facts.entity.from.source)
    const start = { restart: false, pass: task.pass, consistency: task.consistency ?? 'snapshot' }
    await this.#writers.with(service, async writer => work(writer, await this.#claim(task, { service, writer, snapshot, start })))
  }
}

/** A member of a circle, and its rows that must go. */
interface Doomed {
  readonly facts: EntityFacts
  readonly task: TaskRecord
  readonly service: Service
  readonly rows: Parameters<typeof takeBack>[0]['rows']
}
