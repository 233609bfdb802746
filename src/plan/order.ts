import { everyValue, valuesIn } from '../model/every-value.ts'
import type { Entity, Mapping, MappingValue } from '../model/mapping.ts'

/** In which order entities of a phase are loaded, and which references must wait until all of a circle is loaded. */
export interface EntityOrder {
  readonly phase: string
  readonly entity: Entity
  /** Entities it refers to, itself included, in the manifest's order. */
  readonly dependsOn: readonly string[]
  /** Those of them whose rows cannot all be there before: itself, one in a circle with it, or one of a later phase. */
  readonly settles: readonly string[]
  /** Those whose rows are there before, but may still be taken back afterwards, when they are settled. */
  readonly late: readonly string[]
  /** Everything that must be loaded before its references are settled, itself included. Empty: nothing to settle. */
  readonly circle: readonly string[]
}

/**
 * Phases in order; inside a phase parents before children, ties by the manifest's order. References to the entity itself, in a circle, or forward to a later phase
 * are settled after the last entity of the circle, together with all that refers to what may be taken back then.
 */
export function orderEntities(mapping: Mapping): readonly EntityOrder[] {
  const byName = new Map(mapping.entities.map(entity => [entity.name, entity]))
  const references = new Map(mapping.entities.map(entity => [entity.name, referencedEntities(entity)]))
  const circles = findCircles(references)
  const out: EntityOrder[] = []
  for (const phase of mapping.phases) {
    for (const name of sortPhase(phase.entities, references, circles)) {
      const entity = byName.get(name)
      if (entity === undefined) continue
      out.push({ phase: phase.name, entity, dependsOn: references.get(name) ?? [], settles: [], late: [], circle: [] })
    }
  }
  return withSettling(out)
}

/** A parent that comes later, or the entity itself, is looked up afterwards; one that is settled only after its child was loaded, once more. */
function withSettling(order: readonly EntityOrder[]): readonly EntityOrder[] {
  const place = new Map(order.map((item, i) => [item.entity.name, i]))
  const waits = new Map(order.map((item, i) => [item.entity.name, item.dependsOn.filter(parent => (place.get(parent) ?? -1) >= i)]))
  const circleOf = (name: string): ReadonlySet<string> => closure(name, waits)
  const settledAt = (name: string): number => Math.max(...[...circleOf(name)].map(member => place.get(member) ?? -1))
  for (let isDone = false; !isDone; ) {
    isDone = true
    for (const [i, { entity, dependsOn }] of order.entries()) {
      const known = waits.get(entity.name) ?? []
      const more = dependsOn.filter(parent => !known.includes(parent) && settledAt(parent) >= i)
      if (more.length === 0) continue
      waits.set(entity.name, [...known, ...more])
      isDone = false
    }
  }
  return order.map((item, i) => {
    const waited = waits.get(item.entity.name) ?? []
    const circle = circleOf(item.entity.name)
    return {
      ...item,
      settles: waited.filter(parent => (place.get(parent) ?? -1) >= i),
      late: waited.filter(parent => (place.get(parent) ?? -1) < i),
      circle: waited.length === 0 ? [] : order.map(other => other.entity.name).filter(name => circle.has(name)),
    }
  })
}

/** An entity and all it waits for, however far. */
function closure(name: string, waits: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set([name])
  for (const member of found) for (const parent of waits.get(member) ?? []) found.add(parent)
  return found
}

/** Entities whose identifiers an entity writes, itself included where rows refer to one another; not where a part refers to its own head. */
export function referencedEntities(entity: Entity): readonly string[] {
  return [...new Set(refsOf(entity).flatMap(ref => ref.entities))]
}

/** Those of them whose rows must be there: a reference that allows them to be missing needs none. */
export function requiredParents(entity: Entity): readonly string[] {
  const required = refsOf(entity).filter(ref => !ref.missing.some(outcome => outcome.take !== null && 'allow' in outcome.take))
  return [...new Set(required.flatMap(ref => ref.entities))].filter(name => name !== entity.name)
}

type RefValue = Extract<MappingValue, { kind: 'ref' }>

function refsOf(entity: Entity): readonly RefValue[] {
  const key = Array.isArray(entity.key) ? entity.key : null
  const isOwnHead = (ref: RefValue): boolean => {
    const words = ref.from.map(expression => expression.text.trim())
    return ref.entities.length === 1 && ref.entities[0] === entity.name && key !== null && words.join('\n') === key.join('\n')
  }
  const values = everyValue(entity)
  // A member's `id` is not the row's.
  const inMembers = new Set(values.flatMap(value => (value.kind === 'collect' ? valuesIn(value.value) : [])))
  return values.filter(value => value.kind === 'ref').filter(ref => inMembers.has(ref) || !isOwnHead(ref))
}

/** Strongly connected sets of more than one entity, or of one that refers to itself (Tarjan 1972). */
function findCircles(references: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const circles = new Map<string, readonly string[]>()
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const visit = (name: string): void => {
    index.set(name, index.size)
    low.set(name, index.get(name) as number)
    stack.push(name)
    for (const parent of references.get(name) ?? []) {
      if (!index.has(parent)) visit(parent)
      if (stack.includes(parent)) low.set(name, Math.min(low.get(name) as number, low.get(parent) as number))
    }
    if (low.get(name) !== index.get(name)) return
    const members = stack.splice(stack.indexOf(name)).sort()
    const isCircle = members.length > 1 || (references.get(name) ?? []).includes(name)
    if (isCircle) for (const member of members) circles.set(member, members)
  }
  for (const name of references.keys()) if (!index.has(name)) visit(name)
  return circles
}

function sortPhase(
  names: readonly string[],
  references: ReadonlyMap<string, readonly string[]>,
  circles: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const done = new Set<string>()
  const waiting = [...names]
  while (waiting.length > 0) {
    const isReady = (name: string): boolean =>
      (references.get(name) ?? []).every(
        parent => parent === name || done.has(parent) || !waiting.includes(parent) || (circles.get(name)?.includes(parent) ?? false),
      )
    // Inside a circle nobody is ready first: take the manifest's order.
    const at = Math.max(0, waiting.findIndex(isReady))
    done.add(waiting.splice(at, 1)[0] as string)
  }
  return [...done]
}
