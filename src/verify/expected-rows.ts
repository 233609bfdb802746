import type { BatchBuffers, TableBuffer } from '../plan/batch-buffers.ts'
import { partsOf } from '../plan/row-program.ts'

/** Tuples the program made of source rows, lying one after the other in a buffer. A row may have written several tuples, or none. */
export interface ExpectedRows {
  readonly buf: Buffer
  readonly size: number
  startOf(row: number): number
  endOf(row: number): number
  /** How many tuples rows from..to-1 wrote. */
  tuples(from: number, to: number): number
  /** Rows may be of several writers. */
  readonly isMixed: boolean
  /** Which of the table's writers made it. */
  writerOf(row: number): number
  keyOf(row: number): readonly string[]
  /** The row's hash, as the ledger keeps it. */
  hashOf(row: number): string
}

/** Rows `from` to `to` - 1 of one table's buffer in a batch. Valid until the batch is used again. */
export function batchRows(
  batch: { readonly buffers: BatchBuffers; readonly table: TableBuffer; readonly isInteger: boolean; readonly writer: number },
  range: { readonly from: number; readonly to: number },
): ExpectedRows {
  const { buffers, table, isInteger, writer } = batch
  const { from, to } = range
  return {
    buf: table.writer.buf,
    size: to - from,
    isMixed: false,
    startOf: row => table.startOf(from + row),
    endOf: row => table.endOf(from + row),
    tuples: (first, end) => table.count(from + first, from + end),
    writerOf: () => writer,
    keyOf: row => (isInteger ? [buffers.integerAt(from + row).toString()] : partsOf(buffers.texts[from + row] as string)),
    hashOf: row => buffers.hashAt(from + row),
  }
}

/** Every so-manieth of a stream of rows, the first one included, counted over the calls. All others are marked. */
export class EveryRow {
  readonly #every: number
  #at = 0

  constructor(every: number) {
    this.#every = Math.max(1, every)
  }

  others(loaded: number): ReadonlySet<number> {
    const others = new Set<number>()
    for (let row = 0; row < loaded; row++) if (this.#at++ % this.#every !== 0) others.add(row)
    return others
  }
}

/** Runs of rows that are not held back, in order. */
export function freeRanges(loaded: number, held: ReadonlySet<number>): readonly { readonly from: number; readonly to: number }[] {
  if (held.size === 0) return loaded === 0 ? [] : [{ from: 0, to: loaded }]
  const ranges: { from: number; to: number }[] = []
  for (let row = 0; row < loaded; row++) {
    if (held.has(row)) continue
    const last = ranges.at(-1)
    if (last !== undefined && last.to === row) last.to = row + 1
    else ranges.push({ from: row, to: row + 1 })
  }
  return ranges
}
