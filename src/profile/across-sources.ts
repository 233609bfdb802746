import { tableLabel } from '../base/table-label.ts'
import { isPersonal } from '../draft/personal-columns.ts'
import type { ColumnFacts } from './column-facts.ts'
import { HashSet } from './hash-set.ts'
import { VALUES_ACROSS } from './limits.ts'
import { isNaturalKey } from './name-likeness.ts'
import type { SourceFacts, TableFacts } from './table-facts.ts'

/** Rows up to which a table may be a lookup. */
const MOST_LOOKUP_ROWS = 1000

interface Place {
  readonly table: string
  readonly column: string
}

/** The same key values in several sources. */
export interface CollisionFacts extends Place {
  readonly sources: number
  /** Different values more than one source has. */
  readonly values: number
  /** Values more than one source has in other spellings only: equal but for case, white space or accents' form. */
  readonly spelledApart: number
  readonly isWhole: boolean
}

export interface RangeFacts extends Place {
  readonly sources: number
  /** Sources whose numbers overlap those of another. */
  readonly overlapping: number
  readonly low: number
  readonly high: number
}

export interface SpellingFacts extends Place {
  readonly sources: number
  /** Values written in more than one way by different sources. */
  readonly values: number
}

interface Collected extends Place {
  readonly seen: HashSet
  readonly twice: HashSet
  readonly seenFolded: HashSet
  readonly twiceFolded: HashSet
  sources: number
  isWhole: boolean
}

/** What only shows side by side. Sources are added one by one and let go; no value is kept, only hashes, up to a limit. */
export class AcrossSources {
  readonly #keys = new Map<string, Collected>()
  readonly #ranges = new Map<string, Place & { readonly of: { readonly low: number; readonly high: number }[] }>()
  readonly #lookups = new Map<string, Place & { readonly written: Map<string, Set<string>>; sources: number }>()
  #left = VALUES_ACROSS

  add({ tables }: SourceFacts): void {
    for (const table of tables) {
      this.#addKeys(table)
      for (const column of table.columns) this.#addLookup(table, column)
    }
  }

  collisions(): readonly CollisionFacts[] {
    return [...this.#keys.values()].flatMap(({ table, column, sources, isWhole, twice, twiceFolded }) =>
      sources > 1 && twiceFolded.size + twice.size > 0
        ? [{ table, column, sources, values: twice.size, spelledApart: Math.max(0, twiceFolded.size - twice.size), isWhole }]
        : [],
    )
  }

  ranges(): readonly RangeFacts[] {
    return [...this.#ranges.values()].flatMap(({ table, column, of }) => {
      const overlapping = of.filter(one => of.some(other => other !== one && one.low <= other.high && other.low <= one.high)).length
      const low = Math.min(...of.map(range => range.low))
      const high = Math.max(...of.map(range => range.high))
      return overlapping > 0 ? [{ table, column, sources: of.length, overlapping, low, high }] : []
    })
  }

  spellings(): readonly SpellingFacts[] {
    return [...this.#lookups.values()].flatMap(({ table, column, sources, written }) => {
      const values = [...written.values()].filter(spellings => spellings.size > 1).length
      return sources > 1 && values > 0 ? [{ table, column, sources, values }] : []
    })
  }

  #addKeys({ relation, columns, keys, rows }: TableFacts): void {
    for (const key of keys) {
      const [name = ''] = key.columns
      if (key.columns.length !== 1 || rows === 0) continue
      const facts = columns.find(({ column }) => column.name === name)
      const place = { table: tableLabel(relation.schema, relation.name), column: name }
      if (facts?.numbers != null && key.kind === 'primary' && !isNaturalKey(name)) {
        const range = getOrAdd(this.#ranges, place, () => ({ ...place, of: [] }))
        range.of.push({ low: facts.numbers.low, high: facts.numbers.high })
      }
      const isNatural = isNaturalKey(name) && (key.duplicates ?? 1) * 20 <= key.rows && key.rows > 0 && facts?.numbers == null
      if (isNatural) this.#addValues(place, key.values, facts)
    }
  }

  #addValues(place: Place, values: HashSet, facts: ColumnFacts | undefined): void {
    const limit = VALUES_ACROSS
    const known = getOrAdd(this.#keys, place, () => ({
      ...place,
      seen: new HashSet(limit),
      twice: new HashSet(limit),
      seenFolded: new HashSet(limit),
      twiceFolded: new HashSet(limit),
      sources: 0,
      isWhole: true,
    }))
    const folded = facts?.texts?.folded
    const size = values.size + (folded?.size ?? 0)
    if (values.isOver || size > this.#left) {
      known.isWhole = false
      return
    }
    this.#left -= size
    known.sources++
    values.each((hi, lo) => void (known.seen.add(hi, lo) || known.twice.add(hi, lo)))
    folded?.each((hi, lo) => void (known.seenFolded.add(hi, lo) || known.twiceFolded.add(hi, lo)))
    if (facts !== undefined && !facts.isDistinctExact) known.isWhole = false
  }

  #addLookup({ relation, rows }: TableFacts, { column, texts }: ColumnFacts): void {
    // Natural keys are compared as keys, and persons have no right spelling.
    if (isNaturalKey(column.name) || isPersonal(relation.name, column.name, column.type)) return
    if (rows > MOST_LOOKUP_ROWS || texts === null || texts.spellings === null || texts.spellings.length > this.#left) return
    const place = { table: tableLabel(relation.schema, relation.name), column: column.name }
    const lookup = getOrAdd(this.#lookups, place, () => ({ ...place, written: new Map(), sources: 0 }))
    lookup.sources++
    for (let i = 0; i < texts.spellings.length; i += 4) {
      const one = `${texts.spellings[i]},${texts.spellings[i + 1]}`
      const spellings = lookup.written.get(one) ?? new Set()
      const before = spellings.size
      lookup.written.set(one, spellings.add(`${texts.spellings[i + 2]},${texts.spellings[i + 3]}`))
      this.#left -= spellings.size - before
    }
  }
}

/** By the names of table and column whatever their case. */
function getOrAdd<T>(map: Map<string, T>, { table, column }: Place, make: () => T): T {
  const name = JSON.stringify([table.toLowerCase(), column.toLowerCase()])
  const known = map.get(name) ?? make()
  map.set(name, known)
  return known
}
