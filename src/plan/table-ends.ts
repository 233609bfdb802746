import type { TupleCursor } from '../base/tuple-cursor.ts'

/** Tells where one table of many ends and the next begins, by the key parts that are the same in all rows of a table: the first fields of a row. */
export class TableEnds {
  readonly #fields: number
  #last: Buffer | null = null

  constructor(fields: number) {
    this.#fields = fields
  }

  /** Whether the row at the cursor is of another table than the one asked about before. To be asked about each row once. */
  isOther(cursor: TupleCursor): boolean {
    const { data, start, length } = cursor
    const end = this.#fields - 1
    const from = start[0] as number
    const to = (start[end] as number) + Math.max(length[end] as number, 0)
    if (this.#last?.equals(data.subarray(from, to))) return false
    const isFirst = this.#last === null
    this.#last = Buffer.from(data.subarray(from, to))
    return !isFirst
  }
}
