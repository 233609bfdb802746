import type { ColumnFacts } from './column-facts.ts'
import { hashKind } from './field-hash.ts'
import { isComparable, type KeyFacts, type KeySpec } from './key-watch.ts'
import type { TableFacts } from './table-facts.ts'

const MOST_COLUMNS = 5
const MOST_KEYS = 12
/** Longer texts are what a row says, not what it is called. */
const LONGEST_TEXT = 60
/** In fewer rows nearly anything differs. */
const FEWEST_ROWS = 10
const KINDS = new Set(['int', 'numeric', 'uuid', 'enum', 'date', 'time', 'timestamp', 'timestamptz', 'datetime2', 'tick_time'])

export function isUnique(key: KeyFacts, rows: number): boolean {
  return key.duplicates === 0 && key.nulls === 0 && key.rows === rows && rows > 0
}

/** Of a table nobody declared a key of: a column, by whatever name, in which no value comes twice. */
export function uniqueColumn({ columns, rows }: TableFacts): string | null {
  const found = columns.find(facts => facts.isDistinctExact && facts.distinct === rows && rows >= FEWEST_ROWS && isKeyLike(facts))
  return found?.column.name ?? null
}

/** Of a table without a declared key and without a column that tells its rows apart: sets of two and three columns that may, in as far as the numbers of their different values can say. Fewest columns first. */
export function likelyKeys(table: TableFacts): readonly KeySpec[] {
  const { relation, rows, keys, columns, isWhole, refusal } = table
  const isDeclared = keys.some(key => key.kind === 'primary' || key.kind === 'unique')
  if (isDeclared || rows < FEWEST_ROWS || !isWhole || refusal !== null) return []
  if (keys.some(key => isUnique(key, rows)) || uniqueColumn(table) !== null) return []
  const parts = columns
    .filter(facts => isKeyLike(facts) && facts.distinct > 1)
    .toSorted((a, b) => Number(a.texts !== null) - Number(b.texts !== null) || b.distinct - a.distinct)
    .slice(0, MOST_COLUMNS)
  const sets = parts.flatMap((a, i) => parts.slice(i + 1).flatMap((b, j) => [[a, b], ...parts.slice(i + j + 2).map(c => [a, b, c])]))
  return sets
    .filter(set => set.reduce((product, { distinct }) => product * distinct, 1) >= rows)
    .toSorted((a, b) => a.length - b.length)
    .slice(0, MOST_KEYS)
    .map(set => ({ relation, columns: inTableOrder(set, columns), kind: 'likely' as const }))
}

function isKeyLike({ column, nulls, texts }: ColumnFacts): boolean {
  if (nulls > 0 || !isComparable(column)) return false
  return texts === null ? KINDS.has(hashKind(column.type)) : (texts.longest ?? 0) <= LONGEST_TEXT && texts.empty + texts.blank === 0
}

function inTableOrder(set: readonly ColumnFacts[], columns: readonly ColumnFacts[]): readonly string[] {
  return columns.filter(facts => set.includes(facts)).map(({ column }) => column.name)
}
