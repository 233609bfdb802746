import type { Relation } from '../model/catalogue.ts'
import type { ColumnFacts } from './column-facts.ts'
import type { KeyFacts } from './key-watch.ts'

export interface TableFacts {
  readonly relation: Relation
  readonly rows: number
  /** False: only the first rows were read. */
  readonly isWhole: boolean
  readonly columns: readonly ColumnFacts[]
  readonly keys: readonly KeyFacts[]
  /** Why its rows could not be read, in a sentence; null = they were. */
  readonly refusal: string | null
}

export interface ReferenceFacts {
  readonly child: Relation
  readonly columns: readonly string[]
  readonly parent: Relation
  readonly parentColumns: readonly string[]
  readonly isDeclared: boolean
  /** Rows without a NULL among the columns; null: not checked. */
  readonly checked: number | null
  /** Of those, rows whose value is no key of the parent. */
  readonly orphans: number
  /** What the name says, from 0 to 1. */
  readonly likeness: number
  /** How much of any numbers in the same range would be keys of the parent by chance, from 0 to 1. */
  readonly chance: number
}

/** Which kinds of rows an `owner_type`, `owner_id` pair leads to. */
export interface PolymorphicFacts {
  readonly child: Relation
  readonly typeColumn: string
  readonly idColumn: string
  /** For each value of the type column: how many rows, and the table it leads to with how many of them. */
  readonly kinds: readonly PolymorphicKind[]
}

export interface PolymorphicKind {
  /** The value where a table is called so, otherwise null: it is not told. */
  readonly word: string | null
  readonly rows: number
  readonly parent: { readonly relation: Relation; readonly column: string; readonly found: number } | null
}

export interface SourceFacts {
  readonly tenant: string
  readonly label: string
  readonly tables: readonly TableFacts[]
  readonly references: readonly ReferenceFacts[]
  readonly polymorphic: readonly PolymorphicFacts[]
  readonly seconds: number
}
