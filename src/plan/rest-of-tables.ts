import type { ManyTables, RestColumn } from '../model/catalogue.ts'
import type { SqlType } from '../model/sql-type.ts'
import type { RowState, ValueSource } from './row-state.ts'

/** Compiles what becomes of one column; null = an error was found. */
type CompileColumn<M> = (column: RestColumn, source: ValueSource) => M | null

/** What `rest` gathers of each of many tables. Compiled once for every different column, however many tables have it. */
export class RestOfTables<M> {
  readonly #shapes: readonly (readonly M[])[]
  readonly #slot: number
  readonly isWhole: boolean
  #row: RowState | null = null
  #at = 0
  #length = 0

  constructor(many: ManyTables, { slot, compile }: { readonly slot: number; readonly compile: CompileColumn<M> }) {
    this.#slot = slot
    const known = new Map<string, M | null>()
    let isWhole = true
    this.#shapes = many.shapes.map(shape =>
      shape.flatMap(column => {
        const name = JSON.stringify(column)
        const made = known.has(name) ? (known.get(name) ?? null) : compile(column, this.#sourceOf(column.type))
        known.set(name, made)
        if (made === null) isWhole = false
        return made === null ? [] : [made]
      }),
    )
    this.isWhole = isWhole
  }

  /** The columns of the row’s table, one after the other: while one is given, its source writes the row’s field. */
  *of(row: RowState): Generator<M> {
    const { data, start } = row.cursor
    this.#row = row
    let at = (start[this.#slot] as number) + 4
    for (const column of this.#shapes[data.readInt32BE(at - 4)] ?? []) {
      this.#length = data.readInt32BE(at)
      this.#at = at + 4
      at = this.#at + Math.max(this.#length, 0)
      yield column
    }
  }

  #sourceOf(type: SqlType): ValueSource {
    return {
      type,
      slot: null,
      write: (_, out) => (this.#length < 0 || this.#row === null ? out.null() : out.field(this.#row.cursor.data, this.#at, this.#length)),
    }
  }
}
