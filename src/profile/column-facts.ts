import type { Column } from '../model/catalogue.ts'
import type { HashSet } from './hash-set.ts'
import type { ShapeCount } from './text-shape.ts'
import type { PersonalKind } from './text-signs.ts'

/** What the first pass found out about a column. Counts are of rows unless they say otherwise. */
export interface ColumnFacts {
  readonly column: Column
  readonly rows: number
  readonly nulls: number
  readonly distinct: number
  /** False: about (HyperLogLog). */
  readonly isDistinctExact: boolean
  readonly numbers: NumberFacts | null
  readonly moments: MomentFacts | null
  readonly texts: TextFacts | null
}

export interface Extremes {
  /** As text of the type. */
  readonly min: string
  readonly max: string
}

export interface NumberFacts {
  readonly extremes: Extremes | null
  /** About, for choices: doubles. */
  readonly low: number
  readonly high: number
  /** All values are whole numbers. */
  readonly isWhole: boolean
  readonly special: number
  readonly outlier: 'none' | 'low' | 'high' | 'both'
}

export interface MomentFacts {
  readonly extremes: Extremes | null
  /** Every time of day is midnight; false for dates. */
  readonly isMidnight: boolean
  readonly firstDay: number
  readonly lastDay: number
  readonly before1900: number
  readonly after2100: number
  readonly infinite: number
}

/** What all texts of a column are, by their looks; blank ones left out. */
export type TextKind = 'integer' | 'decimal' | 'date' | 'boolean' | 'uuid'

export interface TextFacts {
  /** In characters (UTF-16 units); null: no value. */
  readonly shortest: number | null
  readonly longest: number | null
  readonly empty: number
  /** Not empty, and nothing but white space. */
  readonly blank: number
  /** White space before or after. Blanks at the end of a `char(n)` do not count. */
  readonly padded: number
  readonly controls: number
  readonly nuls: number
  readonly mojibake: number
  /** Values with something else than white space. */
  readonly filled: number
  readonly looks: TextKind | null
  /** Not all, but at least nineteen in twenty. */
  readonly nearly: { readonly kind: TextKind; readonly others: number } | null
  /** Written like a date no calendar has. */
  readonly impossibleDates: number
  readonly shapes: readonly ShapeCount[]
  readonly areShapesExact: boolean
  readonly personal: { readonly kind: PersonalKind; readonly count: number } | null
  readonly credentials: number
  /** Different values that are one but for case, white space or accents' form; at least, where the column's `distinct` is about. */
  readonly variants: number
  /** By UTF-16 units, of values that are not blank; whether they may be shown is decided elsewhere. Null: none, or too many different ones. */
  readonly extremes: Extremes | null
  /** Hashes of the values as one spelling each. */
  readonly folded: HashSet
  /** Of up to 500 different values four numbers each: the hash as one spelling, the hash as written; null: more values. */
  readonly spellings: readonly number[] | null
}
