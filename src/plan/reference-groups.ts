import type { EntityOrder } from './order.ts'

/**
 * Entities in groups: those that refer to one another in a circle are one, every other is one by itself. Those that refer come before those referred to. `isCircle`: rows of the group may refer to rows
 * of the group.
 */
export function referenceGroups(
  order: readonly EntityOrder[],
): readonly { readonly names: readonly string[]; readonly isCircle: boolean }[] {
  const names = order.map(({ entity }) => entity.name)
  const references = new Map(order.map(({ entity, dependsOn }) => [entity.name, dependsOn.filter(name => names.includes(name))]))
  const reached = new Map(names.map(name => [name, closure(references.get(name) ?? [], references)]))
  const isWith = (a: string, b: string): boolean => a === b || (reached.get(a)?.has(b) === true && reached.get(b)?.has(a) === true)
  const groups: { names: readonly string[]; isCircle: boolean }[] = []
  let left = names
  while (left.length > 0) {
    const first = left.find(name => left.every(other => isWith(name, other) || reached.get(other)?.has(name) !== true)) as string
    const group = left.filter(name => isWith(first, name))
    groups.push({ names: group, isCircle: reached.get(first)?.has(first) === true })
    left = left.filter(name => !group.includes(name))
  }
  return groups
}

function closure(names: readonly string[], references: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set(names)
  for (const name of found) for (const parent of references.get(name) ?? []) found.add(parent)
  return found
}
