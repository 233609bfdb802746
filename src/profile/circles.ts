import type { Relation } from '../model/catalogue.ts'

/** Tables whose declared foreign keys lead back to them through others, each circle once, in the order of the catalogue; a table that refers to itself is none. */
export function circlesOf(relations: readonly Relation[]): readonly (readonly Relation[])[] {
  const nameOf = (schema: string, name: string): string => JSON.stringify([schema, name])
  const known = new Map(relations.map(relation => [nameOf(relation.schema, relation.name), relation]))
  const parents = new Map(
    relations.map(relation => [
      relation,
      relation.foreignKeys.flatMap(key => known.get(nameOf(key.referencedSchema, key.referencedTable)) ?? []),
    ]),
  )
  const reached = new Map(relations.map(relation => [relation, reach(relation, parents)]))
  const done = new Set<Relation>()
  const circles: Relation[][] = []
  for (const relation of relations) {
    if (done.has(relation)) continue
    const circle = relations.filter(other => other === relation || (reached.get(relation)?.has(other) && reached.get(other)?.has(relation)))
    if (circle.length > 1) circles.push(circle)
    for (const member of circle) done.add(member)
  }
  return circles
}

function reach(from: Relation, parents: ReadonlyMap<Relation, readonly Relation[]>): ReadonlySet<Relation> {
  const seen = new Set<Relation>()
  const open = [from]
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const parent of parents.get(next) ?? []) {
      if (seen.has(parent)) continue
      seen.add(parent)
      open.push(parent)
    }
  return seen
}
