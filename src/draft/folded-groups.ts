/** Something with a name, of one source. */
export interface Named {
  readonly name: string
  readonly owner: string
}

/**
 * Groups of one name whatever its case, one of each source, in the order first found. Where a source has two names that differ in case alone, names are
 * compared to the letter.
 */
export function foldedGroups<T extends Named>(items: readonly T[]): readonly (readonly T[])[] {
  const seen = new Set<string>()
  const exact = new Set<string>()
  for (const { owner, name } of items) {
    const folded = name.toLowerCase()
    const place = `${owner}\u0001${folded}`
    if (seen.has(place)) exact.add(folded)
    seen.add(place)
  }
  const keyOf = ({ name }: T): string => (exact.has(name.toLowerCase()) ? name : name.toLowerCase())
  return [...Map.groupBy(items, keyOf).values()]
}

/** A table’s name as one text. */
export function foldable({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}\u0000${name}`
}

/** What tells tables apart whatever the case. */
export function foldedName(table: { readonly schema: string; readonly name: string }): string {
  return foldable(table).toLowerCase()
}

/** The one of a name: to the letter, else whatever the case. */
export function findNamed<T>(items: readonly T[], name: string, nameOf: (item: T) => string): T | null {
  const folded = name.toLowerCase()
  return items.find(item => nameOf(item) === name) ?? items.find(item => nameOf(item).toLowerCase() === folded) ?? null
}
