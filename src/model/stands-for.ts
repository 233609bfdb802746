import type { Entity } from './mapping.ts'

/** The entities whose rows a reference to `name` may lead to: itself, and those its rows may be rows of (`same_as`), however far. */
export function standsFor(name: string, entities: readonly Entity[]): readonly string[] {
  const found = new Set([name])
  for (const one of found)
    for (const rule of entities.find(entity => entity.name === one)?.rules ?? [])
      if (rule.fate === 'same_as') for (const other of rule.row.entities) found.add(other)
  return [...found]
}
