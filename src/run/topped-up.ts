import type { BeforeImage } from '../model/ledger-records.ts'
import type { RefusedRow } from './refusal-code.ts'
import type { RowRun } from './row-runs.ts'

/** What became of a batch's rows that were loaded before. */
export interface ToppedUp {
  readonly updated: readonly RowRun[]
  /** Of the unchanged: updated by this very run, in an earlier pass. */
  readonly updatedEarlier: readonly RowRun[]
  /** Rows that stay in the target as they are, and why. */
  readonly kept: readonly RefusedRow[]
  readonly skipped: number
  readonly touched: readonly (readonly string[])[]
  readonly images: readonly BeforeImage[]
  /** Rows there are more in each table. */
  readonly net: Readonly<Record<string, number>>
  /** Keys of rows in quarantine whose reason to be there is gone. */
  readonly resolved: readonly (readonly string[])[]
}

export const NOT_TOPPED_UP: ToppedUp = {
  updated: [],
  updatedEarlier: [],
  kept: [],
  skipped: 0,
  touched: [],
  images: [],
  net: {},
  resolved: [],
}
