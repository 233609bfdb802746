import type { Table } from './ddl-table.ts'
import { type InsertHead, InsertHeads } from './insert-head.ts'
import { NotConstant } from './insert-kinds.ts'
import { InsertRows } from './insert-statement.ts'
import { isUnchanged } from './literal-casts.ts'
import { type OpenRange, RangeBlock } from './range-block.ts'
import type { ScriptState } from './script-state.ts'
import { withoutLead } from './sql-text.ts'

/** INSERTs of one table this close together are read in one go. */
const MOST_GAP_BYTES = 1 << 16

interface Piece {
  readonly start: number
  readonly end: number
}

/** Finds the INSERTs of a script: whose rows, how many, and whether they are constants. */
export class InsertIndex {
  readonly #state: ScriptState
  readonly #open: OpenRange
  readonly #rows = new InsertRows()
  readonly #heads = new InsertHeads()

  constructor(state: ScriptState, open: OpenRange) {
    this.#state = state
    this.#open = open
  }

  /** One INSERT. Returns the name of a table that the script does not make; null = all is well. */
  add(bytes: Buffer, piece: Piece): readonly string[] | null {
    const { database } = this.#state.current
    const head = this.#heads.of(bytes)
    if (head === null) {
      this.#state.spoil(withoutLead(bytes.toString('utf8')), piece.start)
      return null
    }
    const schema = head.table.at(-2)
    const table = database.findTable(
      database.placeOf({ relname: head.table.at(-1) ?? '', ...(schema === undefined ? {} : { schemaname: schema }) }),
    )
    if (table === null) return head.table
    const columns = head.columns ?? table.columns.map(column => column.name)
    this.#state.checkColumns(table, columns, piece.start)
    if (table.obstacle !== null) return null
    try {
      this.#addRows(table, { columns, names: head.table, rows: this.#countRows(bytes, head, { table, columns }) }, piece)
    } catch (error) {
      if (!(error instanceof NotConstant)) throw error
      table.obstacle ??= `an INSERT at byte ${piece.start + error.at} holds more than constants: ${error.message}`
    }
    return null
  }

  #countRows(bytes: Buffer, head: InsertHead, into: { readonly table: Table; readonly columns: readonly string[] }): number {
    if (head.isDefaults) return 1
    const rows = this.#rows
    rows.open(bytes, head.at, { hasStandardStrings: this.#state.hasStandardStrings })
    let count = 0
    while (rows.next()) {
      count++
      if (rows.fields > into.columns.length) throw new NotConstant(`row ${count} has more values than columns`, rows.rowAt)
      for (let i = 0; i < rows.fields; i++) {
        const cast = rows.casts[i]
        if (cast !== null && cast !== undefined && !this.#isKept(cast, rows.kind[i] ?? 0, into, i))
          throw new NotConstant(`a value of row ${count} is cast to a type other than its column’s`, rows.rowAt)
      }
    }
    return count
  }

  #isKept(cast: string, kind: number, into: { readonly table: Table; readonly columns: readonly string[] }, field: number): boolean {
    const column = into.table.columns.find(each => each.name === into.columns[field])
    return column !== undefined && isUnchanged(cast, { kind, to: column.type, database: this.#state.current.database })
  }

  #addRows(
    table: Table,
    made: { readonly columns: readonly string[]; readonly names: readonly string[]; readonly rows: number },
    piece: Piece,
  ): void {
    settleSequences(table)
    const last = table.blocks.at(-1)
    const isSame =
      last instanceof RangeBlock &&
      last.kind === 'insert' &&
      last.epoch === this.#state.epoch &&
      piece.start - last.end <= MOST_GAP_BYTES &&
      isSameList(last.names, made.names) &&
      isSameList(last.columns, made.columns)
    if (isSame) {
      last.end = piece.end + 1
      last.rows += made.rows
      return
    }
    const block = {
      kind: 'insert',
      ...made,
      hasStandardStrings: this.#state.hasStandardStrings,
    } as const
    // The semicolon belongs to the statement when it is read again.
    const range = { start: piece.start, end: piece.end + 1, transcode: this.#state.transcode, epoch: this.#state.epoch }
    table.blocks.push(new RangeBlock(block, range, this.#open))
  }
}

export function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i])
}

/** Rows after something set a sequence have numbers nobody can say. */
export function settleSequences(table: Table): void {
  for (const column of table.columns) if (column.sequence?.isSet === true) column.sequence = null
}
