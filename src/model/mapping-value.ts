import type { RelationName } from './driving-rows.ts'
import type { Place } from './place.ts'

/** What fills a column: the forms of value, and what is taken where a value is missing or lost. */

export type IdStrategy = 'ordered' | 'hashed' | 'v5' | 'keep' | 'lookup'

export interface NamedValue {
  readonly name: string
  readonly value: MappingValue
  readonly at: Place
}

export interface Expression {
  readonly text: string
  readonly at: Place
}

export type MappingValue =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'constant'; readonly value: JsonLiteral; readonly at: Place }
  | {
      readonly kind: 'pipeline'
      readonly from: Expression
      readonly when: Expression | null
      /** Names of cleansing rules or steps, applied in order before anything else looks at the value. */
      readonly cleanse: readonly string[]
      readonly ifNull: readonly Outcome[]
      /** Keys compare as canonical text. */
      readonly map: readonly { readonly from: string; readonly to: JsonLiteral }[] | null
      readonly otherwise: readonly Outcome[]
      /** Target-side type name the value goes through: `date`, `text`, `numeric(10,2)`. */
      readonly as: string | null
      readonly onLoss: readonly Outcome[]
      readonly at: Place
    }
  | {
      readonly kind: 'ref'
      /** Candidates in order; more than one: the first in which the key exists. */
      readonly entities: readonly string[]
      readonly from: readonly Expression[]
      /** Empty = quarantine, under the code of what became of the row: `orphan`, `parent_quarantined`, `parent_excluded`. */
      readonly missing: readonly Outcome[]
      readonly when: Expression | null
      readonly at: Place
    }
  | { readonly kind: 'id'; readonly strategy: IdStrategy; readonly from: readonly Expression[] | null; readonly at: Place }
  | {
      readonly kind: 'fn'
      /** As written, relative to the manifest. */
      readonly file: string
      readonly name: string
      /** What it is given, by name. */
      readonly uses: readonly { readonly name: string; readonly value: Expression }[]
      /** Type of what it answers; null = the column's, of a named value jsonb. */
      readonly as: string | null
      /** The function that leads back, `none`, or null = not said. Kept for the compatibility layer. */
      readonly inverse: string | null
      readonly at: Place
    }
  | {
      readonly kind: 'rest'
      /** Source column → type its value takes before it becomes JSON; null = none declared. */
      readonly types: readonly { readonly column: string; readonly type: string; readonly at: Place }[] | null
      /** Instead: rows of a relation say the types. */
      readonly typesFrom: RestTypesFrom | null
      /** For a value that is not NULL of a column `types` does not name. Empty: it is kept under its own name and type. */
      readonly undeclared: readonly Outcome[]
      readonly at: Place
    }
  | {
      readonly kind: 'collect'
      /** A list under `with`. */
      readonly list: string
      readonly into: 'array' | 'object'
      /** Of the member, for an object. */
      readonly key: Expression | null
      /** About the member. */
      readonly value: MappingValue
      readonly at: Place
    }
  | { readonly kind: 'json'; readonly fields: readonly NamedValue[]; readonly nulls: 'keep' | 'drop'; readonly at: Place }

/** Rows of a relation, each of which says the type of one column. */
export interface RestTypesFrom {
  /** Of the source the entity is read from. */
  readonly from: RelationName
  /** Their column → what it must be equal to; exactly one is the name of the column. */
  readonly match: readonly { readonly theirs: string; readonly ours: RestMatch }[]
  /** Their column that has the type, or a word for one. */
  readonly column: string
  /** Word → type; null = the column has the type. */
  readonly map: readonly { readonly from: string; readonly to: string }[] | null
  /** For a value that is not NULL of a column whose word is none of these. Empty: such a word is an error. */
  readonly otherwise: readonly Outcome[]
  readonly at: Place
}

export type RestMatch =
  /** `rest.name` */
  | { readonly kind: 'name' }
  /** A column carried from the list of tables. */
  | { readonly kind: 'carried'; readonly name: string }
  | { readonly kind: 'constant'; readonly text: string }

/** A JSON document whose numbers keep the digits that were written. */
export type JsonLiteral =
  | null
  | boolean
  | string
  | { readonly digits: string }
  | readonly JsonLiteral[]
  | { readonly object: readonly (readonly [string, JsonLiteral])[] }

export interface Outcome {
  readonly take:
    | { readonly value: JsonLiteral }
    | { readonly from: Expression }
    | { readonly exclude: string }
    | { readonly quarantine: string }
    | { readonly allow: true }
    | null
  readonly note: string | null
  readonly at: Place
}
