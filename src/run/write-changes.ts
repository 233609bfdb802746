import type { Refusal, WriteTransaction } from '../target/target.ts'
import { rowsLost } from './corrections.ts'
import type { RowChange } from './row-changes.ts'
import type { RowPlace } from './target-rows.ts'

/** Rows that move on by one need one, last first; the rest is for those that get in each other’s way more often. */
const MOST_PASSES = 4

interface Refused<T> {
  readonly row: T
  readonly refusal: Refusal
}

/**
 * Writes changes of rows, all at once; if the server refuses one, in halves under savepoints until each stands alone: that row stays as it was. A row may be in the way of another only
 * until it is changed itself, so those refused are tried again, last first, as long as one goes. Resolves to those refused in the end.
 */
export async function writeChanges<T extends { readonly change: RowChange }>(
  tx: WriteTransaction,
  rows: readonly T[],
  place: RowPlace,
): Promise<readonly Refused<T>[]> {
  let refused = await writeInHalves(tx, rows, place)
  let before = Infinity
  for (let pass = 0; pass < MOST_PASSES && refused.length > 1 && refused.length < before; pass++) {
    before = refused.length
    const left: Refused<T>[] = []
    for (const { row } of refused.toReversed()) left.push(...(await writeInHalves(tx, [row], place)))
    refused = left.toReversed()
  }
  return refused
}

async function writeInHalves<T extends { readonly change: RowChange }>(
  tx: WriteTransaction,
  rows: readonly T[],
  place: RowPlace,
): Promise<readonly Refused<T>[]> {
  if (rows.length === 0) return []
  const changes = rows.map(row => row.change)
  const result = await tx.attempt(() => writeSome(tx, changes, place))
  if ('done' in result) return []
  const [only] = rows
  if (rows.length === 1 && only !== undefined) return [{ row: only, refusal: result.refused }]
  const half = rows.length >> 1
  return [...(await writeInHalves(tx, rows.slice(0, half), place)), ...(await writeInHalves(tx, rows.slice(half), place))]
}

/** What goes first, parts before heads: what comes may take its place. Then heads before parts. */
async function writeSome(tx: WriteTransaction, changes: readonly RowChange[], place: RowPlace): Promise<void> {
  const at = place.tables.map((table, t) => ({
    table,
    name: { schema: table.schema, name: table.table },
    own: changes.flatMap(change => change.tables[t] ?? []),
  }))
  for (const { name, own } of at.toReversed()) {
    const ids = own.flatMap(change => change.removed.ids)
    if (ids.length > 0) await tx.removeRows([{ table: name, column: own[0]?.removed.column ?? '', ids }])
  }
  for (const { table, name, own } of at) {
    const updated = own.flatMap(change => change.updated.tuples)
    if (updated.length > 0) {
      const stored = await tx.updateRows({ table: name, columns: table.columns, key: own[0]?.updated.key ?? '', tuples: updated })
      if (stored !== updated.length) throw rowsLost(table.name, { sent: updated.length, stored })
    }
    const inserted = own.flatMap(change => change.inserted)
    if (inserted.length === 0) continue
    const stored = await tx.copy(name, table.columns, inserted)
    if (stored !== inserted.length) throw rowsLost(table.name, { sent: inserted.length, stored })
  }
  await tx.checkConstraints()
}

/** Rows there are more in each table. */
export function netWritten(changes: readonly RowChange[], place: RowPlace): Record<string, number> {
  const net: Record<string, number> = {}
  for (const [t, { name }] of place.tables.entries())
    net[name] = (net[name] ?? 0) + changes.reduce((sum, change) => sum + (change.tables[t]?.net ?? 0), 0)
  return net
}
