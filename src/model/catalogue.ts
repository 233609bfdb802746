import type { Finding } from './finding.ts'
import type { SqlType } from './sql-type.ts'

/** What is: the tables of one database as its own catalogue describes them. Immutable, engine-neutral. */
export interface Catalogue {
  readonly engine: string
  /** `server_version_num` of PostgreSQL (180004), otherwise the engine's own number. */
  readonly version: number
  readonly database: string
  readonly relations: readonly Relation[]
  /** Its source can deliver rows of one relation with those of another; `staged`: both are copied for it. Absent: it cannot. */
  readonly attaches?: 'direct' | 'staged'
}

export type RelationKind = 'table' | 'partitioned' | 'view' | 'materialized_view' | 'foreign_table'

export interface Relation {
  readonly schema: string
  readonly name: string
  readonly kind: RelationKind
  readonly columns: readonly Column[]
  /** Column names in key order; null = none. */
  readonly primaryKey: readonly string[] | null
  readonly uniqueKeys: readonly UniqueKey[]
  readonly foreignKeys: readonly ForeignKey[]
  /** The planner's guess (reltuples); null = never analysed. For progress and choices only, never for accounting. */
  readonly estimatedRows: number | null
  /** Of a view the mapping brings: its SQL, and the tables that reads. Absent = the relation is in the database. */
  readonly query?: {
    readonly sql: string
    readonly reads: readonly { readonly schema: string; readonly name: string }[]
    /** A recursion in it that circles in the rows may keep from ending. Absent: it has none. */
    readonly recurses?: boolean
  }
  /** Of `from.tables`: the tables it is put together from. Absent = it is one relation of the database. */
  readonly many?: ManyTables
  /** Types that rows of another relation declare for what `rest` gathers, by entity; of many tables they are in `ManyTables.shapes`. */
  readonly restTypes?: ReadonlyMap<string, RestTypes>
  /** Where this login may not read everything: the columns it may not select, and whether row security would hide rows from it. Absent = it may, as far as is known. */
  readonly denied?: { readonly columns: readonly string[]; readonly rows: boolean }
}

/** Tables a column of another relation names, read one after the other. */
export interface ManyTables {
  /** Where they are named: first the column that names them, then those that are carried. */
  readonly list: ListRead
  /** Where the types of what `rest` gathers are said; null = nowhere. */
  readonly types: ListRead | null
  /** Columns whose value is the same in every row of a table; the values are in `ListedTable.constants`. */
  readonly constants: readonly string[]
  /** In the order they are read. */
  readonly tables: readonly ListedTable[]
  /** What `rest` gathers of a table besides the columns all tables have, by `ListedTable.shape`. */
  readonly shapes: readonly (readonly RestColumn[])[]
  /** Tables that are not read, each of which a finding speaks of: those nobody lists, or all where the list is wrong. */
  readonly spokenOf: readonly { readonly schema: string; readonly name: string }[]
  /** What was found out while they were looked for. */
  readonly findings: readonly Finding[]
}

/** A relation that was read to find out what others are. */
export interface ListRead {
  readonly relation: Relation
  readonly columns: readonly string[]
  /** Of these columns of all rows (SHA-256, hex): tells a list that changed. */
  readonly marker: string
}

export interface RestTypes {
  readonly list: ListRead
  /** Column → the type declared; null = a word no type belongs to. A column that is not there has none. */
  readonly types: ReadonlyMap<string, string | null>
  readonly findings: readonly Finding[]
}

export interface ListedTable {
  readonly relation: Relation
  /** Of each column of `ManyTables.constants`; null = NULL. */
  readonly constants: readonly Constant[]
  readonly shape: number
}

export interface Constant {
  /** The field’s bytes, and the value as text of its type (cast/value-text.ts). */
  readonly field: Buffer | null
  readonly text: string | null
}

export interface RestColumn {
  readonly name: string
  readonly type: SqlType
  /** The type rows of another relation declare; null = a word no type belongs to; absent = none. */
  readonly declared?: string | null
}

/** The column of many tables that holds what `rest` gathers: int4 number of the shape, then of each of its columns int4 length (-1 = NULL) and bytes. */
export const REST_COLUMN = '\u0000rest'

export interface Column {
  readonly name: string
  readonly type: SqlType
  readonly isNullable: boolean
  readonly hasDefault: boolean
  /** `stored`/`virtual`: computed by the server, never sent. `always`/`by_default`: identity. */
  readonly generated: 'no' | 'stored' | 'virtual' | 'identity_always' | 'identity_by_default'
  /** Null where the type has none. `isDeterministic` false: equality is not equality of bytes. */
  readonly collation: Collation | null
}

export interface Collation {
  readonly name: string
  readonly isDeterministic: boolean
  /**
   * Where the engine's own rule is known: when two texts are equal as keys. `fold`: whatever the case; `trim`: whatever blanks they end in. Absent: as `isDeterministic` says.
   */
  readonly equality?: KeyEquality
}

export type KeyEquality = 'bytes' | 'fold' | 'trim' | 'fold_trim'

export interface UniqueKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly isPrimary: boolean
  readonly isDeferrable: boolean
  readonly nullsNotDistinct: boolean
  /** Index over an expression or with a WHERE: `columns` does not say it all. */
  readonly isPartialOrExpression: boolean
}

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly referencedSchema: string
  readonly referencedTable: string
  readonly referencedColumns: readonly string[]
  readonly isDeferrable: boolean
  readonly isValidated: boolean
  /** `SET NULL` that would null the tenant column too (PostgreSQL 15 allows a column list). */
  readonly onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'
  readonly setNullColumns: readonly string[] | null
}

/** What only a target has to say about a table. */
export interface TargetRelation extends Relation {
  readonly owner: string
  readonly isOwnedByUs: boolean
  /** `row_security_active`: COPY FROM would be refused, COPY TO would silently read nothing. */
  readonly isRowSecurityActive: boolean
  readonly hasRowSecurity: boolean
  readonly forcesRowSecurity: boolean
  readonly canInsert: boolean
  readonly canSelect: boolean
  readonly triggers: readonly Trigger[]
  readonly checks: readonly CheckConstraint[]
  readonly indexes: readonly Index[]
  /** A row was there when we looked (`SELECT 1 … LIMIT 1`). */
  readonly isEmpty: boolean
}

export interface Trigger {
  readonly name: string
  readonly timing: 'before' | 'after' | 'instead of'
  readonly level: 'row' | 'statement'
  readonly events: readonly ('insert' | 'update' | 'delete' | 'truncate')[]
  readonly isEnabled: boolean
}

export interface CheckConstraint {
  readonly name: string
  readonly definition: string
}

export interface Index {
  readonly name: string
  /** `pg_get_indexdef`. */
  readonly definition: string
  /** The constraint the index carries (primary key, unique, exclusion), with `pg_get_constraintdef`. */
  readonly constraint: { readonly name: string; readonly kind: 'primary' | 'unique' | 'exclusion'; readonly definition: string } | null
  readonly isUnique: boolean
  readonly isValid: boolean
}
