import type { TypeName } from './server-type.ts'

/** A database in SQL Server's words: what is written into model.xml and decides how rows lie in the data files. */
export interface DatabaseDescription {
  readonly name?: string
  /** Default SQL_Latin1_General_CP1_CI_AS. */
  readonly collation?: string
  readonly tables: readonly TableDescription[]
  /** `create type … from …`: the name with its schema (`dbo.Phone`) and a built-in type. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Elements written into model.xml as they are, for what the description has no words for (views, procedures). */
  readonly otherElements?: readonly string[]
  readonly serverVersion?: string
}

export interface TableDescription {
  /** Default dbo. */
  readonly schema?: string
  readonly name: string
  readonly columns: readonly ColumnDescription[]
  readonly primaryKey?: KeyDescription
  readonly uniqueKeys?: readonly KeyDescription[]
  /** `create unique index`, which is no constraint. `filter` is its WHERE. */
  readonly uniqueIndexes?: readonly (KeyDescription & { readonly filter?: string })[]
  readonly foreignKeys?: readonly ForeignKeyDescription[]
  /** A history table of the same database, `schema.name`. */
  readonly historyTable?: { readonly schema?: string; readonly name: string }
}

export interface ColumnDescription {
  readonly name: string
  /** `nvarchar(50)`, or the name of an alias with its schema. */
  readonly type: string
  /** Default: nullable. */
  readonly nullable?: false
  /** `[seed, increment]`. */
  readonly identity?: readonly [bigint, bigint]
  /** T-SQL, with its parentheses: `(getdate())`. */
  readonly default?: string
  /** T-SQL. Such a column has no type of its own and no place in the rows. */
  readonly computed?: string
  readonly isPersisted?: true
  readonly collation?: string
  /** Columns of a system-versioned table. */
  readonly period?: 'start' | 'end'
}

export interface KeyDescription {
  /** Without one the constraint is written inline, as SQL Server does with names it made up. */
  readonly name?: string
  readonly columns: readonly string[]
}

export interface ForeignKeyDescription {
  readonly name: string
  readonly columns: readonly string[]
  readonly references: { readonly schema?: string; readonly name: string; readonly columns: readonly string[] }
  readonly onDelete?: 'no action' | 'cascade' | 'set null' | 'set default'
}

/**
 * A value, lossless. Text where nothing else is said.
 *
 * | type | given as |
 * |---|---|
 * | bigint, int, smallint, tinyint, bit | bigint, decimal text; number where it is a safe integer |
 * | decimal, numeric, money, smallmoney | decimal text, `-12.50` |
 * | float, real | text as JavaScript prints a number (`1e-7`, `NaN` has no place in SQL Server) |
 * | date, time, datetime2, datetime, smalldatetime, datetimeoffset | `2024-02-29`, `23:59:59.9999999`, both with a blank between, and ` +05:30` after it (the local time) |
 * | (n)char, (n)varchar, (n)text, sysname, xml | text, half surrogates too |
 * | (var)binary, image, rowversion, hierarchyid, geography, geometry | Buffer |
 * | uniqueidentifier | text with hyphens |
 * | sql_variant | VariantValue, or Buffer: its bytes as they are |
 */
export type FieldValue = string | bigint | number | Buffer | VariantValue | null

export interface VariantValue {
  readonly type: Exclude<TypeName, 'sql_variant' | 'xml' | 'text' | 'ntext' | 'image' | 'rowversion' | 'sysname'> | `${string}(${string})`
  readonly value: string | bigint | Buffer
}

/** One value for each column that is not computed, in their order. */
export type FieldRow = readonly FieldValue[]
