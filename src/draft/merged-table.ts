import type { Column, ForeignKey, Relation } from '../model/catalogue.ts'
import type { DraftSource } from './draft.ts'
import type { SourceType } from './target-type.ts'

/** The same table in all the sources that have it. Names are those of the first. */
export interface MergedTable {
  readonly schema: string
  readonly name: string
  readonly label: string
  /** The sources that have it, with what it is there. */
  readonly members: readonly Member[]
  readonly isOptional: boolean
  readonly columns: readonly MergedColumn[]
  /** Columns that tell its rows apart everywhere; null = nothing does. */
  readonly key: readonly string[] | null
  /** Every member has it as its primary key. */
  readonly isKeyOwn: boolean
  /** Beside the key; they hold in every member. */
  readonly uniqueKeys: readonly { readonly columns: readonly string[]; readonly nullsNotDistinct: boolean }[]
  readonly foreignKeys: readonly MergedForeignKey[]
}

export interface Member {
  readonly source: DraftSource
  readonly relation: Relation
}

export interface MergedColumn {
  readonly name: string
  /** Of the members that have it, each type once. */
  readonly types: readonly SourceType[]
  readonly isNullable: boolean
  /** Codes of members without it. */
  readonly lackedBy: readonly string[]
  readonly generated: Column['generated']
  readonly collation: Column['collation']
  /** The login of some member may not read it. */
  readonly isDenied: boolean
}

export interface MergedForeignKey {
  readonly columns: readonly string[]
  readonly parent: { readonly schema: string; readonly name: string }
  readonly referencedColumns: readonly string[]
  readonly onDelete: ForeignKey['onDelete']
  /** Some member never checked it. */
  readonly isUnchecked: boolean
}
