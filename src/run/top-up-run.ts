import type { RunSelection } from '../model/ledger-records.ts'
import type { TopUpRun } from './run-context.ts'
import { TouchedRows } from './touched-rows.ts'

/** Null: loaded rows are kept as they are. */
export function topUpOf({ topUp, deleteGone }: RunSelection): TopUpRun | null {
  return topUp ? { deletesGone: deleteGone ?? false, touched: new TouchedRows() } : null
}

/** Rows in quarantine may have been corrected in the source as any other: a top-up run tries them again. */
export function retriesOf({ retries, topUp }: RunSelection): boolean {
  return retries ?? topUp ?? false
}
