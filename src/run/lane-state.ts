import { KeyIndex } from '../base/key-index.ts'
import { bug } from '../errors.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { compileFor, type EntityFacts, type TenantPlan } from '../plan/tenant-plan.ts'
import type { Source, SourceSnapshot } from '../source/source.ts'
import { fillFromLedger } from './remember-states.ts'
import type { RunContext } from './run-context.ts'
import type { CircleMember } from './settle.ts'

/** What a lane holds on to from its first entity to its last: one snapshot per source, the key indexes of parents, the compiled programs. */
export class LaneState {
  readonly #run: RunContext
  readonly plan: TenantPlan
  readonly #snapshots = new Map<string, { source: Source; snapshot: SourceSnapshot }>()
  readonly #indexes = new Map<string, KeyIndex>()
  readonly #compiled = new Map<string, CompiledEntity>()

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

  async snapshot(source: string): Promise<SourceSnapshot> {
    const open = this.#snapshots.get(source)
    if (open) return open.snapshot
    const opened = await this.#run.openSource(source, this.plan.tenant)
    try {
      const snapshot = await opened.openSnapshot()
      this.#snapshots.set(source, { source: opened, snapshot })
      return snapshot
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  async closeSources(): Promise<void> {
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
    if (this.#run.isReferenced(entity.name) && !this.#indexes.has(entity.name)) this.#indexes.set(entity.name, new KeyIndex())
    const compiled = compileFor(this.plan, entity.name, {
      setting: this.#run.setting,
      index: name => this.#indexes.get(name) ?? this.#run.sharedIndex(name),
    })
    if (compiled.program === null) throw bug(`expected ${entity.name} to compile as it did when it was checked`)
    this.#compiled.set(entity.name, compiled)
    return compiled
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

  /** Adds what the ledger knows of the entity's keys. */
  async fill(index: KeyIndex, facts: EntityFacts): Promise<void> {
    const { ledger } = this.#run.service(facts.entity.service)
    const entity = this.#run.entity(facts.entity.name).number
    await fillFromLedger(index, { ledger, entity, tenant: this.plan.tenant?.number ?? 0, isInteger: facts.key.isInteger })
  }

  async member(name: string): Promise<CircleMember> {
    const facts = this.plan.entities.get(name)
    if (facts === undefined) throw bug(`expected ${name} in the plan`)
    await this.needIndex(name)
    const compiled = await this.compile(facts)
    return { name, facts, compiled, snapshot: await this.snapshot(facts.entity.from.source) }
  }

  /** Circles (see order.ts) that are whole now that `done` are loaded and that hold `last`. */
  wholeCircles(last: string, done: ReadonlySet<string>): readonly (readonly string[])[] {
    const isDone = (name: string): boolean => {
      const facts = this.plan.entities.get(name)
      return done.has(name) || facts === undefined || !this.#run.isSelected(facts.entity, facts.order.phase)
    }
    const circles = new Map<string, readonly string[]>()
    for (const { order } of this.plan.entities.values()) {
      const { circle } = order
      if (circle.includes(last) && circle.every(isDone))
        circles.set(
          circle.join('\n'),
          circle.filter(name => this.plan.entities.has(name)),
        )
    }
    return [...circles.values()]
  }
}
