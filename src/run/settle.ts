import { type KeyIndex, type KeyState, LOADED, QUARANTINED, UNSEEN } from '../base/key-index.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import type { CompiledEntity } from '../plan/compile-entity.ts'
import { defaultCode } from '../plan/compile-ref.ts'
import { HAS_KEY, NULL_KEY } from '../plan/parent-key.ts'
import type { EntityFacts } from '../plan/tenant-plan.ts'
import type { SourceSnapshot } from '../source/source.ts'

/** One entity of a circle, all its rows read. */
export interface CircleMember {
  readonly name: string
  readonly facts: EntityFacts
  readonly compiled: CompiledEntity
  readonly snapshot: SourceSnapshot
}

/** A row that must go because a row it refers to is not there. */
export interface Refusal {
  readonly entity: string
  /** Canonical key text. */
  readonly key: string
  readonly code: string
  readonly column: string
  readonly parentEntity: string
}

/**
 * References to rows of the same circle are checked once all of it is loaded: reads the keys again, then takes away what refers to nothing,
 * and what refers to that, until nothing more goes (a fixpoint). Works on keys alone, so a dry run settles like a real one.
 */
export async function settleCircle(members: readonly CircleMember[], indexOf: (entity: string) => KeyIndex): Promise<readonly Refusal[]> {
  const edges: Edge[] = []
  for (const member of members) await readEdges(member, { edges, indexOf })
  return fixpoint(edges, indexOf)
}

interface Edge {
  readonly child: string
  readonly childOrdinal: number
  readonly parent: string
  readonly parentOrdinal: number
  readonly column: string
  readonly code: string | null
}

async function readEdges(
  { name, facts, compiled, snapshot }: CircleMember,
  { edges, indexOf }: { edges: Edge[]; indexOf: (entity: string) => KeyIndex },
): Promise<void> {
  const { rowKey, state, settled } = compiled
  if (rowKey === null || settled.length === 0) return
  const own = indexOf(name)
  const cursor = new TupleCursor(compiled.fields)
  rowKey.restart()
  const request = {
    relation: facts.relation,
    columns: compiled.columns,
    key: facts.key.source,
    after: null,
    signal: new AbortController().signal,
  }
  for await (const chunk of snapshot.read(request)) {
    cursor.push(chunk)
    while (cursor.next()) {
      state.begin(cursor)
      if (!rowKey.read(state)) continue
      const childOrdinal = facts.key.isInteger
        ? own.find(state.keyHalves[0] as number, state.keyHalves[1] as number)
        : own.findText(state.keyText)
      if (childOrdinal < 0 || own.state(childOrdinal) !== LOADED) continue
      for (const reference of settled) {
        if (reference.when !== null && !reference.when(state)) continue
        const result = reference.key.read(state)
        if (result === NULL_KEY) continue
        const parent = reference.parent.entity.name
        const parentOrdinal = result === HAS_KEY ? reference.key.ordinal(indexOf(parent)) : -1
        edges.push({ child: name, childOrdinal, parent, parentOrdinal, column: reference.column, code: reference.missingCode })
      }
    }
  }
}

/** Marks what must go, then says why of each: by the first of its references, in the order read, whose row is not there in the end. So the reason does not depend on the way. */
function fixpoint(edges: readonly Edge[], indexOf: (entity: string) => KeyIndex): readonly Refusal[] {
  const children = new Map<string, Edge[]>()
  for (const edge of edges) {
    const name = nodeName(edge.parent, edge.parentOrdinal)
    const list = children.get(name)
    if (list) list.push(edge)
    else children.set(name, [edge])
  }
  const stateOf = (edge: Edge): KeyState => (edge.parentOrdinal < 0 ? UNSEEN : indexOf(edge.parent).state(edge.parentOrdinal))
  const gone = new Set<string>()
  const queue = edges.filter(edge => stateOf(edge) !== LOADED)
  for (let edge = queue.pop(); edge !== undefined; edge = queue.pop()) {
    const name = nodeName(edge.child, edge.childOrdinal)
    if (gone.has(name)) continue
    gone.add(name)
    indexOf(edge.child).setState(edge.childOrdinal, QUARANTINED)
    queue.push(...(children.get(name) ?? []))
  }
  const told = new Set<string>()
  const refused: Refusal[] = []
  for (const edge of edges) {
    const name = nodeName(edge.child, edge.childOrdinal)
    const state = stateOf(edge)
    if (!gone.has(name) || told.has(name) || state === LOADED) continue
    told.add(name)
    const key = indexOf(edge.child).keyAt(edge.childOrdinal)
    refused.push({ entity: edge.child, key, code: edge.code ?? defaultCode(state), column: edge.column, parentEntity: edge.parent })
  }
  return refused
}

function nodeName(entity: string, ordinal: number): string {
  return `${entity}\n${ordinal}`
}
