import { KeyIndex } from '../base/key-index.ts'
import { bug } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Relation } from '../model/catalogue.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { hasOwnIds } from '../plan/has-own-ids.ts'
import { storesIn } from '../plan/related-loader.ts'
import { compileFor, type EntityFacts, type TenantPlan } from '../plan/tenant-plan.ts'
import type { Source, SourceSnapshot } from '../source/source.ts'
import { withoutRelations } from './absent-tables.ts'
import type { CircleMember } from './circle-member.ts'
import { drawSample } from './draw-sample.ts'
import { fillRelated } from './fill-related.ts'
import { findGone } from './find-gone.ts'
import { keptKeys } from './kept-rows.ts'
import { interrupted } from './read-task.ts'
import { fillFromLedger, type MergedAsIn } from './remember-states.ts'
import type { RunContext } from './run-context.ts'
import type { SampledRows } from './sampled-rows.ts'
import { type Refusal, settleCircle } from './settle.ts'

/** How far a lane has come in one attempt: names of entities and phases. */
export interface LaneProgress {
  /** Loaded, in this attempt or before. */
  readonly done: Set<string>
  /** Phases entered: the shared rows of these are complete. */
  readonly entered: Set<string>
  readonly settled: Set<string>
}

/** What a lane holds on to from its first entity to its last: one snapshot per source, the key indexes of parents, the compiled programs. */
export class LaneState {
  readonly #run: RunContext
  readonly plan: TenantPlan
  readonly #snapshots = new Map<string, { source: Source; snapshot: SourceSnapshot }>()
  readonly #indexes = new Map<string, KeyIndex>()
  readonly #compiled = new Map<string, CompiledEntity>()

  #hasRead = false
  /** Of a sampled run: what is drawn of each entity, chosen under the snapshots that are open. */
  #sample: ReadonlyMap<string, SampledRows> | null = null

  constructor(run: RunContext, plan: TenantPlan) {
    this.#run = run
    this.plan = plan
  }

  index(entity: string): KeyIndex | null {
    return this.#indexes.get(entity) ?? null
  }

  /** After a failure: what was compiled and remembered of the entity may be half done. */
  forget(entity: string): void {
    this.#indexes.delete(entity)
    this.#compiled.delete(entity)
  }

  /** Its related rows need not be kept: nothing asks the program again. */
  release(entity: string): void {
    if (this.plan.entities.get(entity)?.order.circle.length === 0) this.#compiled.delete(entity)
  }

  readonly snapshotOf = (source: string): Promise<SourceSnapshot> => this.snapshot(source)

  async snapshot(source: string): Promise<SourceSnapshot> {
    const open = this.#snapshots.get(source)
    if (open) return open.snapshot
    const opened = await this.#run.openSource(source, this.plan.tenant)
    try {
      const snapshot = withoutRelations(await opened.openSnapshot(this.#relationsOf(source)), this.#absent())
      this.#snapshots.set(source, { source: opened, snapshot })
      return snapshot
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  /** The selected entities of a phase, in the order they are loaded. */
  selectedIn(phase: string): readonly EntityFacts[] {
    return [...this.plan.entities.values()].filter(({ entity, order }) => order.phase === phase && this.#run.isSelected(entity, phase))
  }

  /**
   * Asks the sources that no selected entity after this one reads to confirm what they say of themselves. Asked before the entity’s last batch:
   * a later run that finds all read knows that it was confirmed too.
   */
  async confirmAfter(entity: string): Promise<void> {
    this.#hasRead = true
    const wanted = this.#run.mapping.phases.flatMap(phase => this.selectedIn(phase.name))
    const later = new Set(wanted.slice(wanted.findIndex(facts => facts.entity.name === entity) + 1).flatMap(sourcesOf))
    for (const [name, { snapshot }] of this.#snapshots) if (!later.has(name)) await this.#confirm(name, snapshot)
  }

  /** At the end, where the last entity had been read before but an earlier one was read again. Nothing to do where nothing was read. */
  async confirmRest(): Promise<void> {
    if (!this.#hasRead) return
    for (const [name, { snapshot }] of this.#snapshots) await this.#confirm(name, snapshot)
  }

  async #confirm(source: string, snapshot: SourceSnapshot): Promise<void> {
    if (snapshot.confirm === undefined) return
    const { confirmed, signal } = this.#run
    const tenant = this.#run.isPerTenant(source) ? (this.plan.tenant?.code ?? null) : null
    const key = JSON.stringify([source, tenant, snapshot.marker])
    const confirming = confirmed.get(key) ?? snapshot.confirm(signal)
    confirmed.set(key, confirming)
    try {
      await confirming
    } catch (error) {
      confirmed.delete(key)
      throw signal.aborted ? interrupted(signal) : error
    }
  }

  #relationsOf(source: string): readonly Relation[] {
    const read = [...this.plan.entities.values()].flatMap(facts => [
      ...(facts.entity.from.source === source && !facts.isAbsent ? [facts.relation] : []),
      ...[...facts.related.values()].filter(related => related.source === source).map(related => related.relation),
    ])
    return [...new Set(read)]
  }

  #absent(): ReadonlySet<Relation> {
    return new Set([...this.plan.entities.values()].filter(facts => facts.isAbsent).map(facts => facts.relation))
  }

  async closeSources(): Promise<void> {
    this.#sample = null
    const open = [...this.#snapshots.values()]
    this.#snapshots.clear()
    for (const { source } of open) await source.close()
  }

  /** Compiles an entity once its parents' indexes stand: those this process did not fill come from the ledger. */
  async compile(facts: EntityFacts): Promise<CompiledEntity> {
    const { entity, order } = facts
    const known = this.#compiled.get(entity.name)
    if (known) return known
    for (const parent of order.dependsOn) if (!order.settles.includes(parent)) await this.needIndex(parent)
    const isAskedFor = this.#run.isReferenced(entity.name) || order.circle.length > 0 || hasOwnIds(facts)
    if (isAskedFor && !this.#indexes.has(entity.name)) this.#indexes.set(entity.name, new KeyIndex())
    const compiled = compileFor(this.plan, entity.name, {
      setting: this.#run.setting,
      index: name => this.#indexes.get(name) ?? this.#run.sharedIndex(name),
    })
    if (compiled.program === null) throw bug(`expected ${entity.name} to compile as it did when it was checked`)
    await fillRelated(compiled, { facts, snapshotOf: name => this.snapshot(name) })
    this.#compiled.set(entity.name, compiled)
    return compiled
  }

  /** The rows of an entity that are drawn; null = all. They are chosen for the whole lane when it is first asked. */
  async sampled({ entity }: EntityFacts): Promise<SampledRows | null> {
    const { sample } = this.#run
    if (sample === null) return null
    this.#sample ??= await drawSample(this.#run, { plan: this.plan, sample, snapshot: name => this.snapshot(name) })
    return this.#sample.get(entity.name) ?? null
  }

  async needIndex(name: string): Promise<KeyIndex> {
    const own = this.#indexes.get(name)
    if (own) return own
    const facts = this.plan.entities.get(name)
    if (facts === undefined) return this.#sharedIndex(name)
    const index = new KeyIndex()
    await this.fill(index, facts)
    this.#indexes.set(name, index)
    return index
  }

  async #sharedIndex(name: string): Promise<KeyIndex> {
    await this.#run.needSharedIndex(name)
    const index = this.#run.sharedIndex(name)
    if (index === null) throw bug(`expected an index of ${name}`)
    return index
  }

  /** Adds what the ledger knows of the keys of an entity about to be read again. */
  fillForRerun(index: KeyIndex, facts: EntityFacts): Promise<void> {
    const { topUp } = this.#run
    return this.fill(index, facts, topUp === null ? 'ledger' : topUp.deletesGone ? 'source' : 'loaded')
  }

  /** Adds what the ledger knows of the entity's keys. */
  async fill(index: KeyIndex, facts: EntityFacts, mergedAsIn: MergedAsIn = 'ledger'): Promise<void> {
    const { ledger } = this.#run.service(facts.entity.service)
    const entity = this.#run.entity(facts.entity.name).number
    const place = { ledger, entity, tenant: this.plan.tenant?.number ?? 0, isInteger: facts.key.isInteger }
    await fillFromLedger(index, { ...place, mergedAsIn: hasOwnIds(facts) ? mergedAsIn : null, isLookedUp: facts.strategy === 'lookup' })
  }

  async member(name: string): Promise<CircleMember> {
    const facts = this.plan.entities.get(name)
    if (facts === undefined) throw bug(`expected ${name} in the plan`)
    await this.needIndex(name)
    const compiled = await this.compile(facts)
    const snapshot = await this.snapshot(facts.entity.from.source)
    return { name, facts, compiled, snapshot, snapshotOf: this.snapshotOf }
  }

  indexOf(name: string): KeyIndex {
    const index = this.index(name) ?? this.#run.sharedIndex(name)
    if (index === null) throw bug(`expected an index of ${name}`)
    return index
  }

  /** What can be settled now, because everything it waits for (order.ts, `circle`) is there, and what must be settled with it; in the order loaded. */
  settleable({ done, entered, settled }: LaneProgress): readonly string[] {
    const isThere = (name: string): boolean =>
      done.has(name) || !this.#isSelected(name) || (!this.plan.entities.has(name) && entered.has(this.#phaseOf(name)))
    const whole = [...this.plan.entities.values()].filter(
      ({ entity, order }) =>
        done.has(entity.name) && !settled.has(entity.name) && order.circle.length > 0 && order.circle.every(name => isThere(name)),
    )
    const together = new Set(whole.flatMap(({ order }) => order.circle))
    return [...this.plan.entities.keys()].filter(name => together.has(name) && done.has(name))
  }

  /** Whether references of this tenant wait for shared rows of a phase. */
  waitsForShared(phase: string): boolean {
    if (this.plan.tenant === null) return false
    const waited = [...this.plan.entities.values()].flatMap(({ order }) => order.circle)
    return waited.some(name => !this.plan.entities.has(name) && this.#phaseOf(name) === phase)
  }

  #phaseOf(name: string): string {
    return this.#run.mapping.phases.find(phase => phase.entities.includes(name))?.name ?? ''
  }

  #isSelected(name: string): boolean {
    const entity = this.#run.mapping.entities.find(candidate => candidate.name === name)
    return entity !== undefined && this.#run.isSelected(entity, this.#phaseOf(name))
  }

  /** Finds the rows of loaded entities that must go (settle.ts), and marks them so. `passOf`: of each entity's task. */
  async settle(circle: readonly string[], passOf: (entity: string) => number): Promise<readonly Refusal[]> {
    const members: CircleMember[] = []
    for (const name of circle) members.push(await this.member(name))
    for (const { compiled } of members) for (const { parent } of compiled.settled) await this.needIndex(parent.entity.name)
    return settleCircle(members, {
      indexOf: name => this.indexOf(name),
      kept: async (member, rows) => {
        const index = this.indexOf(member.name)
        const kept = await keptKeys(
          member,
          rows.map(row => index.keyAt(row)),
          { ...this.#placeOf(member), pass: passOf(member.name), aside: () => this.compileAside(member.facts) },
        )
        return new Set(rows.filter(row => kept.has(index.keyAt(row))))
      },
    })
  }

  /** Of a top-up run, after the last entity: finds what the sources have no more. */
  async findGone(): Promise<void> {
    const { topUp } = this.#run
    if (topUp === null || topUp.touched.isRepair) return
    for (const facts of this.#run.mapping.phases.flatMap(phase => this.selectedIn(phase.name))) {
      const { name } = facts.entity
      const service = this.#run.service(facts.entity.service)
      const entity = this.#run.entity(name)
      const { tenant } = this.plan
      if ((await service.ledger.state()) !== 'current' || !(await service.ledger.hasKeys(entity.number, tenant?.number ?? 0))) continue
      const snapshot = await this.snapshot(facts.entity.from.source)
      // Without a row that was kept as it was, the program sets aside none that is loaded.
      const task = await service.ledger.task({ run: this.#run.id, entity: entity.number, tenant: tenant?.number ?? 0 })
      const whole = topUp.deletesGone && (task?.counts.skipped ?? 0) > 0 ? await this.compile(facts) : null
      const found = await findGone(
        { name, facts, compiled: this.compileAside(facts), snapshot, snapshotOf: this.snapshotOf },
        { service, entity, tenant, whole },
      )
      this.release(name)
      topUp.gone.set(`${entity.number}/${tenant?.number ?? 0}`, found)
    }
  }

  #placeOf({ facts }: CircleMember): { ledger: Ledger; run: string; entity: number; tenant: number } {
    const { name, service } = facts.entity
    const { ledger } = this.#run.service(service)
    return { ledger, run: this.#run.id, entity: this.#run.entity(name).number, tenant: this.plan.tenant?.number ?? 0 }
  }

  /** The entity's program once more, one that remembers no keys of its own. */
  compileAside(facts: EntityFacts): CompiledEntity {
    const own = facts.entity.name
    const index = (name: string): KeyIndex | null => (name === own ? null : (this.#indexes.get(name) ?? this.#run.sharedIndex(name)))
    const known = this.#compiled.get(own)
    const stores = storesIn(known?.related ?? [])
    const aliases = (name: string): KeyIndex | null => this.#indexes.get(name) ?? this.#run.sharedIndex(name)
    const filled = { stores, numbers: known?.numbers?.store ?? null, merged: known?.merged?.store ?? null }
    return compileFor(this.plan, own, { setting: this.#run.setting, index, aliases, filled })
  }
}

/** Where an entity's rows and the rows related to them come from. */
function sourcesOf({ entity, related }: EntityFacts): readonly string[] {
  return [entity.from.source, ...[...related.values()].map(of => of.source)]
}
