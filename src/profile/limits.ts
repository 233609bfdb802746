/** What a profile may hold in memory, whatever the source is. docs/profile.md states them. */

/** Different values counted exactly, in all columns of a table together, and at most in one of them; beyond, about. */
export const DISTINCT_PER_TABLE = 1_000_000
export const DISTINCT_PER_COLUMN = 50_000
/** Keys of parents and values of likely keys, of one source; those that do not fit are not checked, which is said. */
export const KEYS_PER_SOURCE = 8_000_000
/** Values of natural keys and of lookups remembered from source to source. */
export const VALUES_ACROSS = 2_000_000

/** How many different values each of so many columns may count exactly. */
export function distinctLimit(columns: number): number {
  return Math.max(256, Math.min(DISTINCT_PER_COLUMN, Math.floor(DISTINCT_PER_TABLE / Math.max(1, columns))))
}
