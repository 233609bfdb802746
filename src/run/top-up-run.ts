import { RehouseError } from '../errors.ts'
import type { Finding } from '../model/finding.ts'
import type { RunSelection } from '../model/ledger-records.ts'
import { freeStale, removeGone, toldGone } from './remove-gone.ts'
import type { RunContext, TopUpRun } from './run-context.ts'
import type { CascadeContext } from './take-back-cascade.ts'
import { TouchedRows } from './touched-rows.ts'

/** Null: loaded rows are kept as they are. */
export function topUpOf({ topUp, deleteGone, repairs }: RunSelection): TopUpRun | null {
  if (!topUp && !repairs) return null
  return { deletesGone: deleteGone ?? false, touched: new TouchedRows(repairs ? 'repair' : null), gone: new Map() }
}

/** Rows in quarantine may have been corrected in the source as any other: a top-up run tries them again. A repair leaves them where they are. */
export function retriesOf({ retries, topUp }: RunSelection): boolean {
  return retries ?? topUp ?? false
}

/** Removes what is gone, if that was asked for and no tenant failed: then it is not known what else is to come. Adds what keeps it from doing so to the failures. Returns what the run found beside what it counts. */
export async function finishTopUp(
  { topUp }: RunContext,
  { cascade, failures }: { readonly cascade: CascadeContext; readonly failures: RehouseError[] },
): Promise<readonly Finding[]> {
  if (topUp === null) return []
  const gone = [...topUp.gone.values()]
  try {
    if (failures.length === 0) await freeStale(gone, cascade)
    if (!topUp.deletesGone || failures.length > 0) return [...topUp.touched.findings(), ...toldGone(gone)]
    return [...topUp.touched.findings(), ...(await removeGone(gone, cascade))]
  } catch (error) {
    if (!(error instanceof RehouseError)) throw error
    failures.push(error)
    return topUp.touched.findings()
  }
}

/** What a dry run finds; it removes nothing. */
export function foreseenFindings({ topUp }: RunContext): readonly Finding[] {
  return topUp === null ? [] : [...topUp.touched.findings(), ...toldGone([...topUp.gone.values()])]
}
