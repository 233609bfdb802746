import type { SqlType } from '../model/sql-type.ts'
import type { RowState } from './row-state.ts'

/** The members of a list that belongs to the row at hand. */
export interface RowList {
  readonly size: number
  /** Of the member at hand. */
  readonly state: RowState
  /** A value every member has, by its name. */
  resolve(parts: readonly string[]): { readonly slot: number; readonly type: SqlType } | null
  /** Goes through the members in order; `visit` false ends it. What a member’s values took counts for the row. False: the row’s fate is sealed, or `visit` said so. */
  each(row: RowState, visit: (member: RowState) => boolean): boolean
  /** Makes one the member at hand. */
  place(i: number): void
}

/** A list, and the slot that finds it for the row at hand. */
export interface ListEntry {
  readonly list: RowList
  readonly found: number
}
