import type { Refusal, WriteTransaction } from '../target/target.ts'
import { rowsLost } from './corrections.ts'
import type { RowChange } from './row-changes.ts'
import type { RowPlace } from './target-rows.ts'

/** Writes changes of rows, all at once; if the server refuses one, in halves under savepoints until each stands alone: that row stays as it was. Resolves to the refused ones. */
export async function writeChanges<T extends { readonly change: RowChange }>(
  tx: WriteTransaction,
  rows: readonly T[],
  place: RowPlace,
): Promise<readonly { readonly row: T; readonly refusal: Refusal }[]> {
  if (rows.length === 0) return []
  const result = await tx.attempt(() =>
    writeSome(
      tx,
      rows.map(row => row.change),
      place,
    ),
  )
  if ('done' in result) return []
  const [only] = rows
  if (rows.length === 1 && only !== undefined) return [{ row: only, refusal: result.refused }]
  const half = rows.length >> 1
  return [...(await writeChanges(tx, rows.slice(0, half), place)), ...(await writeChanges(tx, rows.slice(half), place))]
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
