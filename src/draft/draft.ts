import type { Catalogue } from '../model/catalogue.ts'
import type { CatalogueExtras } from '../model/catalogue-extras.ts'
import type { Finding } from '../model/finding.ts'
import type { SqlType } from '../model/sql-type.ts'

/** The words of the room: what is read of the sources, and what is proposed. */

/** One source as it was found: one tenant. */
export interface DraftSource {
  readonly code: string
  readonly catalogue: Catalogue
  /** Null: the engine says nothing. */
  readonly extras: CatalogueExtras | null
}

export interface Draft {
  readonly tables: readonly DraftTable[]
  readonly enums: readonly DraftEnum[]
  readonly extensions: readonly string[]
  readonly excludedTables: readonly Excluded[]
  readonly excludedColumns: readonly Excluded[]
  readonly findings: readonly Finding[]
}

export interface Excluded {
  /** As the manifest writes it: `dbo.Login`, `dbo.Staff.Password`. */
  readonly label: string
  readonly reason: string
}

export interface DraftEnum {
  readonly schema: string
  readonly name: string
  readonly labels: readonly string[]
}

export interface DraftName {
  readonly schema: string
  readonly name: string
}

/** One source table and what becomes of it. */
export interface DraftTable {
  readonly entity: string
  readonly from: DraftName
  readonly to: DraftName
  /** Some sources do not have it. */
  readonly isOptional: boolean
  /** Source columns some sources do not have. */
  readonly mayLack: readonly string[]
  readonly key: DraftKey
  /** The key has one type in one source and another in the next: only a hash of its text is of one kind. */
  readonly isHashed: boolean
  /** After id and tenant_id. */
  readonly columns: readonly DraftColumn[]
  readonly uniqueKeys: readonly DraftUnique[]
  readonly indexes: readonly (readonly string[])[]
  /** Conditions in the target's words. */
  readonly checks: readonly string[]
  readonly comment: string | null
}

export type DraftKey =
  /** `isOwn`: every source says it is the primary key, so the manifest need not name it. */
  { readonly kind: 'columns'; readonly names: readonly string[]; readonly isOwn: boolean } | { readonly kind: 'content' }

export interface DraftColumn {
  readonly name: string
  /** Of the target. Of a reference: uuid. */
  readonly type: SqlType
  /** How SQL spells it. */
  readonly typeSql: string
  readonly isNullable: boolean
  /** In the target's words. */
  readonly fallback: string | null
  readonly comment: string | null
  readonly value: DraftValue
}

export type DraftValue =
  | { readonly kind: 'column'; readonly source: string; readonly losesDigits: boolean }
  | {
      readonly kind: 'reference'
      readonly entity: string
      /** Source columns in the order of the parent's key. */
      readonly sources: readonly string[]
      readonly onDelete: 'no action' | 'restrict' | 'cascade' | 'set null'
      /** The row referred to may come later. */
      readonly isCircular: boolean
    }

export interface DraftUnique {
  /** Target columns; the tenant comes before them. */
  readonly columns: readonly string[]
  readonly nullsNotDistinct: boolean
}
