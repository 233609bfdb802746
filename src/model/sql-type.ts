/**
 * The type of a column, in PostgreSQL's own words, whatever the engine it came from.
 * A source engine that is not PostgreSQL delivers its values in the PostgreSQL binary format of the type it declares here.
 */
export type TypeKind = 'base' | 'array' | 'enum' | 'domain' | 'composite' | 'range' | 'multirange'

export interface SqlType {
  readonly kind: TypeKind
  /** `pg_catalog` for built-in types. */
  readonly schema: string
  /** PostgreSQL's internal name: `int4`, `numeric`, `varchar`, `timestamptz`, `_int4` for an array of int4, or the user's own name. */
  readonly name: string
  /** `atttypmod` as a server holds it (numeric(p,s): ((p<<16)|s)+4; varchar(n): n+4; timestamp(n): n); -1 = none. */
  readonly modifier: number
  /** As `format_type` prints it: `numeric(10,2)`. For people. */
  readonly text: string
  /** The OID in the server it was read from; built-in types have the same OID everywhere; 0 = not known. */
  readonly oid: number
  /** Array: its element. Domain: the type under it. Range and multirange: the subtype. */
  readonly element?: SqlType
  /** Enum: its labels in order. */
  readonly labels?: readonly string[]
  /** Composite: its attributes in order. */
  readonly fields?: readonly { readonly name: string; readonly type: SqlType }[]
}
