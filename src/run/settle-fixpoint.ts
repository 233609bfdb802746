import { type KeyIndex, type KeyState, LOADED, QUARANTINED, UNSEEN } from '../base/key-index.ts'
import { defaultCode } from '../plan/compile-ref.ts'
import { type EdgeList, NOWHERE } from './read-edges.ts'

/** A row that goes, and why: by the first of its references, in the mapping's order, whose row is not there in the end. So the reason does not depend on the way. */
export interface Gone {
  readonly entity: string
  readonly ordinal: number
  readonly code: string
  readonly column: string
  readonly parent: string
}

export interface Ground {
  indexOf(entity: string): KeyIndex
  /** Rows that stay whatever they refer to, by entity. */
  readonly kept: ReadonlyMap<string, ReadonlySet<number>>
}

/** What refers to nothing, and what refers to that, until nothing more goes; rows that refer before rows referred to, as far as there is no circle of rows. Changes no index. */
export function findGone(edges: readonly EdgeList[], ground: Ground): readonly Gone[] {
  const gone = new GoneRows(ground.kept)
  const queue: Row[] = []
  for (const list of edges) {
    if (list.reference.isLate) continue
    for (let i = 0; i < list.size; i++) if (stateOf(list, i, ground) !== LOADED) gone.add(list.child, list.childAt(i), queue)
  }
  if (queue.length === 0) return []
  const children = edges.map(list => new ChildrenOf(list, ground.indexOf(list.parent).size))
  for (let row = queue.pop(); row !== undefined; row = queue.pop())
    for (const lookup of children)
      if (lookup.list.parent === row.entity) for (const child of lookup.of(row.ordinal)) gone.add(lookup.list.child, child, queue)
  return childrenFirst(reasons(edges, gone, ground), { edges, gone })
}

interface Row {
  readonly entity: string
  readonly ordinal: number
}

function stateOf(list: EdgeList, edge: number, { indexOf }: Ground): KeyState {
  const parent = list.parentAt(edge)
  return parent === NOWHERE ? UNSEEN : indexOf(list.parent).state(parent)
}

/** The rows found to go so far. */
class GoneRows {
  readonly #rows = new Map<string, Set<number>>()
  readonly #kept: Ground['kept']

  constructor(kept: Ground['kept']) {
    this.#kept = kept
  }

  has(entity: string, ordinal: number): boolean {
    return this.#rows.get(entity)?.has(ordinal) ?? false
  }

  /** Puts a row that is new, and that does not stay, on the queue. */
  add(entity: string, ordinal: number, queue: Row[]): void {
    const rows = this.#rows.get(entity) ?? new Set<number>()
    this.#rows.set(entity, rows)
    if (rows.has(ordinal) || this.#kept.get(entity)?.has(ordinal)) return
    rows.add(ordinal)
    queue.push({ entity, ordinal })
  }
}

/** Who refers to a row: edges chained by their parent. */
class ChildrenOf {
  readonly list: EdgeList
  readonly #first: Int32Array
  readonly #next: Int32Array

  constructor(list: EdgeList, parents: number) {
    this.list = list
    this.#first = new Int32Array(parents).fill(-1)
    this.#next = new Int32Array(list.size)
    for (let i = list.size - 1; i >= 0; i--) {
      const parent = list.parentAt(i)
      if (parent === NOWHERE) continue
      this.#next[i] = this.#first[parent] as number
      this.#first[parent] = i
    }
  }

  *of(parent: number): Generator<number> {
    for (let i = this.#first[parent] as number; i >= 0; i = this.#next[i] as number) yield this.list.childAt(i)
  }
}

function reasons(edges: readonly EdgeList[], gone: GoneRows, ground: Ground): readonly Gone[] {
  const told = new GoneRows(new Map())
  const found: Gone[] = []
  for (const list of edges) {
    const { column, missingCode, isLate } = list.reference
    for (let i = 0; i < list.size; i++) {
      const ordinal = list.childAt(i)
      if (!gone.has(list.child, ordinal) || told.has(list.child, ordinal)) continue
      const isTaken = gone.has(list.parent, list.parentAt(i))
      const state = isTaken ? QUARANTINED : stateOf(list, i, ground)
      if (isLate ? !isTaken : state === LOADED) continue
      told.add(list.child, ordinal, [])
      found.push({ entity: list.child, ordinal, code: missingCode ?? defaultCode(state), column, parent: list.parent })
    }
  }
  return found
}

/** Kahn 1962, from the rows nobody refers to; rows in a circle of rows come last, as they are. */
function childrenFirst(rows: readonly Gone[], { edges, gone }: { edges: readonly EdgeList[]; gone: GoneRows }): readonly Gone[] {
  const nodes = new Map(rows.map(row => [nameOf(row.entity, row.ordinal), { row, waits: 0, parents: [] as string[] }]))
  for (const list of edges) {
    for (let i = 0; i < list.size; i++) {
      if (!gone.has(list.child, list.childAt(i)) || !gone.has(list.parent, list.parentAt(i))) continue
      const parent = nodes.get(nameOf(list.parent, list.parentAt(i)))
      const child = nodes.get(nameOf(list.child, list.childAt(i)))
      if (parent === undefined || child === undefined || parent === child) continue
      parent.waits++
      child.parents.push(nameOf(list.parent, list.parentAt(i)))
    }
  }
  const ready = [...nodes.values()].filter(node => node.waits === 0)
  for (const { parents } of ready) {
    for (const name of parents) {
      const parent = nodes.get(name)
      if (parent !== undefined && --parent.waits === 0) ready.push(parent)
    }
  }
  const ordered = ready.map(node => node.row)
  if (ordered.length === rows.length) return ordered
  const isOrdered = new Set(ordered)
  return [...ordered, ...rows.filter(row => !isOrdered.has(row))]
}

function nameOf(entity: string, ordinal: number): string {
  return `${entity}\n${ordinal}`
}
