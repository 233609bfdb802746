import { canonicalKey } from '../base/key-text.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { type BeforeImage, type KnownKey, MERGED_IMAGE, type QuarantineRow } from '../model/ledger-records.ts'
import type { MergedRow } from '../plan/batch-buffers.ts'

export type KnownMerged = Extract<KnownKey, { state: 'merged' }>

/** What becomes of a batch's rows that are other rows, given what the ledger knows of their keys. */
export interface MergedFates {
  /** To be written. */
  readonly fresh: readonly MergedRow[]
  /** Were another row than they are now: to be written. Of a top-up run. */
  readonly moved: readonly { readonly row: MergedRow; readonly before: KnownMerged }[]
  /** Of earlier runs. */
  readonly unchanged: readonly MergedRow[]
  /** Written by this very run, in an earlier pass. */
  readonly earlier: readonly MergedRow[]
  /** The ledger has them in quarantine: they stay there, for the reason they have. */
  readonly held: readonly QuarantineRow[]
  /** Were a row of their own, or another row than now: kept as they were. */
  readonly kept: readonly (readonly string[])[]
}

export interface Rerun {
  readonly run: string
  readonly retries: boolean
  readonly isTopUp: boolean
}

/** A first load: every row is new. */
export function allMerged(rows: readonly MergedRow[]): MergedFates {
  return { fresh: [...rows], moved: [], unchanged: [], earlier: [], held: [], kept: [] }
}

/** `known`: in the order of the rows. A row with a row of its own in the target keeps it: taking it away is a matter of `--delete-gone`. */
export function classifyMerged(rows: readonly MergedRow[], known: readonly (KnownKey | null)[], rerun: Rerun): MergedFates {
  const fates = { fresh: [] as MergedRow[], moved: [] as MergedFates['moved'][number][], held: [] as QuarantineRow[] }
  const kept: (readonly string[])[] = []
  const unchanged: MergedRow[] = []
  const earlier: MergedRow[] = []
  for (const [i, row] of rows.entries()) {
    const before = known[i] ?? null
    if (before === null || before.state === 'excluded' || (before.state === 'quarantined' && rerun.retries)) fates.fresh.push(row)
    else if (before.state === 'quarantined') fates.held.push(heldRow(row, before))
    else if (before.state === 'loaded') kept.push(row.key)
    else if (before.id.toLowerCase() === row.id) (before.run === rerun.run ? earlier : unchanged).push(row)
    else if (rerun.isTopUp) fates.moved.push({ row, before })
    else kept.push(row.key)
  }
  return { ...fates, kept, unchanged, earlier }
}

function heldRow({ key }: MergedRow, { code, column, valueMasked, detail }: Extract<KnownKey, { state: 'quarantined' }>): QuarantineRow {
  return { key, code, column, valueMasked, detail, part: null }
}

/** The row as it was, for whoever undoes what a batch did to it. */
export function mergedImage(key: readonly string[], { id, batch }: KnownMerged, operation: 'update' | 'delete'): BeforeImage {
  const out = new TupleWriter(64)
  out.fieldCount(2)
  out.text(id)
  out.ensure(12)
  out.buf.writeInt32BE(8, out.at)
  out.buf.writeBigInt64BE(BigInt(batch), out.at + 4)
  out.at += 12
  const before = Buffer.from(out.buf.subarray(0, out.at))
  return { key, table: MERGED_IMAGE, operation, idColumn: 'key', id: canonicalKey(key), columns: ['id', 'batch'], before }
}
