import type { Place } from './place.ts'

/** Which rows of a source are the rows read. */

/** `login/dbo.District`: `source` is the first source where none is written. */
export interface RelationName {
  readonly source: string
  readonly schema: string
  readonly name: string
}

/** `from.tables`: the tables a column of another relation names, read one after the other as the relation `tables.<entity>`. */
export interface ListedTables {
  /** Of the same source. */
  readonly listing: RelationName
  /** The column that names a table: `Results_7`, in the listing’s schema, or `dbo.Results_7`. NULL and blanks name none. */
  readonly name: string
  /** Columns of the listing’s row, under the names they have in each row of the table. */
  readonly carry: readonly { readonly name: string; readonly column: string }[]
  /** Where no table has the name: told under this code. Null: an error. */
  readonly missing: { readonly kind: 'note' | 'exclude'; readonly code: string } | null
  /** Pattern of tables that are to be in the list; null = none is looked for. */
  readonly unlisted: string | null
  readonly at: Place
}

/** Schema under which many tables stand as one in a catalogue. */
export const TABLES = 'tables'

/** `from.each`: every element of the list in `column` is a row read. */
export interface DrivingList {
  readonly column: string
  /** What expressions call the element: `m`, its members `m.x`, its number `ordinal(m)`. */
  readonly as: string
  /** Of a row whose list is NULL, null or has no element. Null: such a row is no row read. */
  readonly empty: RowFate | null
  /** Of a row whose value is no list. */
  readonly notAList: RowFate
  readonly at: Place
}

export interface RowFate {
  readonly fate: 'exclude' | 'quarantine'
  readonly code: string
}
