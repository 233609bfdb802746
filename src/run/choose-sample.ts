import { type KeyIndex, type KeyState, NOT_FOUND, UNSEEN } from '../base/key-index.ts'
import type { TupleCursor } from '../base/tuple-cursor.ts'
import { bug, RehouseError } from '../errors.ts'
import { BatchBuffers } from '../plan/batch-buffers.ts'
import type { DrawKey } from '../plan/compile-context.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { referenceGroups } from '../plan/reference-groups.ts'
import type { RowKey } from '../plan/row-key.ts'
import type { RowProgram } from '../plan/row-program.ts'
import type { EntityFacts, TenantPlan } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'
import { AllKeys } from './all-keys.ts'
import { countRows } from './count-rows.ts'
import { DRAWN, Draw, KEPT, KNOWN, WANTED } from './draw.ts'
import { readRows } from './read-rows.ts'
import { interrupted } from './read-task.ts'
import { RowEdges } from './row-edges.ts'
import { SampledRows } from './sampled-rows.ts'
import { SmallestKeys } from './smallest-keys.ts'

export interface SampleGround {
  readonly plan: TenantPlan
  /** Of each entity at least, where it has so many. */
  readonly rows: number
  /** All rows of these are taken. */
  readonly whole: ReadonlySet<string>
  readonly signal: AbortSignal
  snapshot(source: string): Promise<SourceSnapshot>
  /** Its program with its related rows read, telling what rows refer to. */
  compile(facts: EntityFacts, draws: DrawKey): Promise<CompiledEntity>
  /** Adds the keys that are drawn whatever comes. */
  addKnown(index: KeyIndex, facts: EntityFacts): Promise<void>
}

/**
 * Draws rows of every entity of a tenant: what was drawn before, what drawn rows refer to, however far, and besides, up to so many, those whose keys come first by their hash. So the same
 * rows are drawn from the same content by every run and on every machine, from all parts of a table, and no reference of a drawn row leads out of the sample but one that leads nowhere.
 * Rows without a whole key: the first so many.
 */
export async function chooseSample(ground: SampleGround): Promise<ReadonlyMap<string, SampledRows>> {
  const order = [...ground.plan.entities.values()].filter(({ entity }) => !ground.whole.has(entity.name)).map(facts => facts.order)
  const draws = new Map<string, Draw>()
  for (const { entity } of order) {
    const draw = new Draw()
    await ground.addKnown(draw.keys, factsOf(ground, entity.name))
    for (let i = 0; i < draw.keys.size; i++) draw.keys.setState(i, KNOWN)
    draws.set(entity.name, draw)
  }
  for (const { names, isCircle } of referenceGroups(order)) {
    const group = new Group(ground, draws, names)
    if (isCircle) await group.drawCircle()
    else for (const name of names) await group.drawFrom(name)
    await group.drawParents()
  }
  return new Map([...draws].map(([name, draw]) => [name, new SampledRows(draw)]))
}

class Group {
  readonly #ground: SampleGround
  readonly #draws: ReadonlyMap<string, Draw>
  readonly #names: readonly string[]

  constructor(ground: SampleGround, draws: ReadonlyMap<string, Draw>, names: readonly string[]) {
    this.#ground = ground
    this.#draws = draws
    this.#names = names
  }

  /** An entity whose rows do not refer to one another: who wants rows of it is known. */
  async drawFrom(name: string): Promise<void> {
    const { facts, draw, compiled, rowKey } = await this.#member(name, () => undefined)
    const smallest = new SmallestKeys(this.#ground.rows)
    let wanted = 0
    await this.#readAll({ facts, compiled: keysOnly(compiled, facts), counted: compiled }, cursor => {
      if (!rowKey.isWholeAt(cursor)) return this.#drawKeyless(draw)
      const ordinal = rowKey.findAt(cursor, draw.keys)
      if (ordinal === NOT_FOUND) return smallest.offer(cursor, rowKey)
      draw.rows++
      const state = draw.keys.state(ordinal)
      if (state === KNOWN) draw.keys.setState(ordinal, KEPT)
      if (state === KNOWN || state === KEPT) return smallest.offer(cursor, rowKey)
      if (state === WANTED) wanted++
      draw.keys.setState(ordinal, DRAWN)
    })
    for (const { key, rows } of smallest.first(this.#ground.rows - wanted)) draw.add(key, { rows, isInteger: rowKey.isInteger })
  }

  #drawKeyless(draw: Draw): void {
    if (draw.keyless === this.#ground.rows) return
    draw.keyless++
    draw.rows++
  }

  /** Entities whose rows may refer to one another: all keys and all such references are read once, and followed in memory. */
  async drawCircle(): Promise<void> {
    const all = new Map(this.#names.map(name => [name, new AllKeys(this.#ground.rows)]))
    const edges = new RowEdges()
    for (const name of this.#names) await this.#readCircle(name, { all, edges })
    const keysOf = (name: string): AllKeys => all.get(name) ?? missing(name)
    const drawn = (state: typeof DRAWN | typeof KEPT) => ({
      take: (name: string, ordinal: number): boolean => keysOf(name).take(ordinal, state),
    })
    const wanted = drawn(DRAWN)
    for (const name of this.#names) edges.follow(keysOf(name).rowsOf(this.#drawOf(name).keys, WANTED), { name, ...wanted })
    for (const name of this.#names) {
      const keys = keysOf(name)
      for (const { key } of keys.smallest.first(this.#ground.rows)) {
        if (keys.drawn >= this.#ground.rows) break
        edges.follow([keys.find(key)], { name, ...wanted })
      }
    }
    const kept = drawn(KEPT)
    for (const name of this.#names) edges.follow(keysOf(name).rowsOf(this.#drawOf(name).keys, KNOWN), { name, ...kept })
    for (const name of this.#names) keysOf(name).handOver(this.#drawOf(name))
  }

  async #readCircle(name: string, { all, edges }: { all: ReadonlyMap<string, AllKeys>; edges: RowEdges }): Promise<void> {
    const own = all.get(name) ?? missing(name)
    let child = 0
    const { facts, draw, compiled, rowKey, program } = await this.#member(name, (parent, key) => {
      const index = all.get(parent)?.index
      if (index !== undefined) edges.add({ name, ordinal: child }, { name: parent, ordinal: key.ordinal(index) })
    })
    own.isInteger = rowKey.isInteger
    const buffers = new BatchBuffers(compiled.tables.length)
    program.restart()
    await this.#readAll({ facts, compiled, counted: compiled }, cursor => {
      if (!rowKey.isWholeAt(cursor)) return this.#drawKeyless(draw)
      child = own.meet(cursor, rowKey)
      buffers.reset()
      program.run(cursor, buffers)
    })
  }

  /** Wants what the drawn rows refer to outside the group. */
  async drawParents(): Promise<void> {
    for (const name of this.#names) {
      const isOutside = (parent: string): boolean => !this.#names.includes(parent) && this.#draws.has(parent)
      if (!factsOf(this.#ground, name).order.dependsOn.some(isOutside)) continue
      let state: KeyState = UNSEEN
      const { facts, draw, compiled, rowKey, program } = await this.#member(name, (parent, key) => {
        if (isOutside(parent)) this.#drawOf(parent).want(index => key.ordinal(index), state === DRAWN ? WANTED : KNOWN)
      })
      const buffers = new BatchBuffers(compiled.tables.length)
      program.restart()
      await this.#read({ facts, compiled }, cursor => {
        const ordinal = rowKey.findAt(cursor, draw.keys)
        state = ordinal === NOT_FOUND ? UNSEEN : draw.keys.state(ordinal)
        if (state !== DRAWN && state !== KEPT) return
        buffers.reset()
        program.run(cursor, buffers)
      })
    }
  }

  async #member(
    name: string,
    draws: DrawKey,
  ): Promise<{ facts: EntityFacts; draw: Draw; compiled: CompiledEntity; rowKey: RowKey; program: RowProgram }> {
    const facts = factsOf(this.#ground, name)
    const compiled = await this.#ground.compile(facts, draws)
    const { rowKey, program } = compiled
    if (rowKey === null || program === null) throw bug(`expected ${name} to compile as it did when it was checked`)
    return { facts, draw: this.#drawOf(name), compiled, rowKey, program }
  }

  #drawOf(name: string): Draw {
    return this.#draws.get(name) ?? missing(name)
  }

  /** As `#read`, and the rows must be as many as the source counts: then all were there to be drawn. */
  async #readAll(from: Readable & { readonly counted: CompiledEntity }, take: (cursor: TupleCursor) => void): Promise<void> {
    const { facts, counted } = from
    let read = 0n
    await this.#read(from, cursor => {
      read++
      take(cursor)
    })
    const snapshot = await this.#ground.snapshot(facts.entity.from.source)
    const { tenant } = this.#ground.plan
    const count = await countRows({ facts, compiled: counted, snapshot, tenant })
    if (count === read) return
    throw new RehouseError(
      'SOURCE_COUNT_MISMATCH',
      `expected ${count} rows to draw from, as the source counted in the same snapshot, got ${read}`,
      {
        where: { entity: facts.entity.name, tenant: tenant?.code },
        next: 'Run it again; if it stays, report it with the source’s version.',
      },
    )
  }

  /** Every row of an entity. */
  async #read({ facts, compiled }: Readable, take: (cursor: TupleCursor) => void): Promise<void> {
    const { signal } = this.#ground
    const snapshot = await this.#ground.snapshot(facts.entity.from.source)
    const snapshotOf = (source: string): Promise<SourceSnapshot> => this.#ground.snapshot(source)
    for await (const rows of readRows({ facts, compiled, snapshot, snapshotOf })) {
      if (signal.aborted) throw interrupted(signal)
      const step = (): boolean => {
        if (!rows.next()) return false
        take(rows.cursor)
        return true
      }
      // What a function that never ends would refer to is not drawn; its row is refused when it is loaded.
      compiled.program?.watch(step, () => undefined)
    }
  }
}

type Readable = {
  readonly facts: EntityFacts
  readonly compiled: Pick<CompiledEntity, 'columns' | 'fields' | 'list' | 'program' | 'related' | 'rowKey'>
}

/** Where nothing but the key is looked at, nothing else need be sent. */
function keysOnly(compiled: CompiledEntity, { key }: EntityFacts): Readable['compiled'] {
  if (compiled.list !== null || key.source.kind !== 'columns') return compiled
  return { columns: key.names, fields: key.names.length, list: null, program: compiled.program, related: [], rowKey: compiled.rowKey }
}

function factsOf({ plan }: SampleGround, name: string): EntityFacts {
  return plan.entities.get(name) ?? missing(name)
}

function missing(name: string): never {
  throw bug(`expected an entity that is drawn from, got ${name}`)
}
