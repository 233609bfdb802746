/**
 * What a database says of itself besides tables, columns and keys: needed to propose a target, never to read rows.
 * Expressions are as the source wrote them, in its own dialect. Everything may be incomplete where the source does not say.
 */
export interface CatalogueExtras {
  readonly dialect: 'postgres' | 'sqlserver'
  readonly defaults: readonly ColumnExpression[]
  /** Computed columns, persisted or not. */
  readonly computed: readonly ColumnExpression[]
  readonly checks: readonly CheckExpression[]
  readonly comments: readonly Comment[]
  /** Indexes that are no keys of the catalogue: not unique ones, and unique ones over expressions or a part of the rows. */
  readonly indexes: readonly ExtraIndex[]
  /** What lives beside tables and is not migrated: procedures, triggers, sequences, … Views need not be named where they are relations of the catalogue. */
  readonly objects: readonly ExtraObject[]
  /** Columns without a single value, where types are only what values show: theirs says nothing. Absent: types are declared. */
  readonly emptyColumns?: readonly ColumnPlace[]
  /** How a source without a catalogue was read, for a person to look at. Absent: there was nothing to find out. */
  readonly remarks?: readonly SourceRemark[]
}

export interface ColumnPlace extends TablePlace {
  readonly column: string
}

export interface SourceRemark extends TablePlace {
  /** Null: of the table. */
  readonly column: string | null
  readonly severity: 'warning' | 'info'
  readonly message: string
  readonly next: string
}

export interface TablePlace {
  readonly schema: string
  readonly table: string
}

export interface ColumnExpression extends TablePlace {
  readonly column: string
  readonly expression: string
}

export interface CheckExpression extends TablePlace {
  readonly name: string
  /** The condition alone, without CHECK. */
  readonly expression: string
}

export interface Comment extends TablePlace {
  /** Null: of the table. */
  readonly column: string | null
  readonly text: string
}

export interface ExtraIndex extends TablePlace {
  readonly name: string
  /** Plain key columns in order; empty where the index is over expressions. */
  readonly columns: readonly string[]
  readonly isUnique: boolean
  /** The condition of an index over a part of the rows; null = all rows. */
  readonly filter: string | null
}

export interface ExtraObject {
  /** In lower-case words: `procedure`, `function`, `trigger`, `sequence`, `synonym`, `rule`, `policy`, … */
  readonly kind: string
  readonly schema: string
  readonly name: string
}
