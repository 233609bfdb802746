import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { type ListedTable, type ManyTables, REST_COLUMN, type Relation } from '../model/catalogue.ts'

/** What one field of a row is made of. */
type Part =
  | { readonly kind: 'constant'; readonly field: Buffer | null }
  /** `widen`: bytes an integer of the table is shorter. */
  | { readonly kind: 'field'; readonly from: number; readonly widen: number }
  | { readonly kind: 'rest'; readonly shape: number; readonly from: number; readonly count: number }

const CHUNK_BYTES = 1 << 16
const INTEGER_BYTES: Readonly<Record<string, number>> = { int2: 2, int4: 4, int8: 8 }

/** Rows without a part of their key come last, those of all tables together (source.ts). */
export interface KeyNulls {
  /** Key columns of the table that may be NULL. */
  readonly columns: readonly string[]
  readonly given: 'others' | 'only'
}

export interface RowsWanted {
  readonly whole: Relation & { readonly many: ManyTables }
  readonly columns: readonly string[]
  /** Null: all rows are given. */
  readonly nulls: KeyNulls | null
}

/** The rows of one table as rows of all of them: asked for in `columns` of the table, given in the columns wanted of the whole. */
export class TableRows {
  /** To ask the table for. */
  readonly columns: readonly string[]
  readonly #parts: readonly Part[]
  readonly #cursor: TupleCursor
  readonly #out = new TupleWriter(CHUNK_BYTES * 2)
  /** Fields that may be NULL in the key. */
  readonly #nulls: readonly number[]
  readonly #given: KeyNulls['given'] | null
  rows = 0
  /** Of them, those without a part of their key. */
  withoutKey = 0

  constructor(table: ListedTable, { whole, columns, nulls }: RowsWanted) {
    const own: string[] = []
    this.#parts = columns.map(name => partOf(name, { table, whole, own }))
    this.#nulls = nulls?.columns.map(name => own.push(name) - 1) ?? []
    this.#given = nulls?.given ?? null
    // A row must be told apart from no row.
    if (own.length === 0) own.push(table.relation.columns[0]?.name ?? '')
    this.columns = own
    this.#cursor = new TupleCursor(own.length)
  }

  /** What came of the table, turned into chunks of whole rows. Throws RangeError for bytes that are no row. */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#cursor.push(chunk)
    while (this.#cursor.next()) {
      this.rows++
      if (this.#isGiven()) this.#write()
      if (this.#out.at >= CHUNK_BYTES) yield this.#taken()
    }
  }

  /** The rows that were not given yet. Throws RangeError where the last row does not end. */
  *end(): Generator<Buffer> {
    if (this.#cursor.pending > 0) throw new RangeError(`expected whole rows, got ${this.#cursor.pending} bytes of one that does not end`)
    if (this.#out.at > 0) yield this.#taken()
  }

  #isGiven(): boolean {
    if (this.#given === null) return true
    const isWithout = this.#nulls.some(i => (this.#cursor.length[i] as number) < 0)
    if (isWithout) this.withoutKey++
    return isWithout === (this.#given === 'only')
  }

  #taken(): Buffer {
    const bytes = Buffer.from(this.#out.bytes())
    this.#out.reset()
    return bytes
  }

  #write(): void {
    const out = this.#out
    out.fieldCount(this.#parts.length)
    for (const part of this.#parts) {
      if (part.kind === 'constant') {
        if (part.field === null) out.null()
        else out.field(part.field, 0, part.field.length)
      } else if (part.kind === 'field') this.#writeField(part.from, part.widen)
      else this.#writeRest(part)
    }
  }

  #writeField(from: number, widen: number): void {
    const { data, start, length } = this.#cursor
    const out = this.#out
    const size = length[from] as number
    if (size < 0) out.null()
    else if (widen === 0) out.field(data, start[from] as number, size)
    else {
      const at = start[from] as number
      const value = size === 2 ? data.readInt16BE(at) : data.readInt32BE(at)
      if (size + widen === 8) out.int64(BigInt(value))
      else out.int32(value)
    }
  }

  #writeRest({ shape, from, count }: { readonly shape: number; readonly from: number; readonly count: number }): void {
    const { length } = this.#cursor
    const out = this.#out
    let size = 4
    for (let i = from; i < from + count; i++) size += 4 + Math.max(length[i] as number, 0)
    out.ensure(8)
    out.view.setInt32(out.at, size)
    out.view.setInt32(out.at + 4, shape)
    out.at += 8
    for (let i = from; i < from + count; i++) this.#writeField(i, 0)
  }
}

function partOf(
  name: string,
  { table, whole, own }: { readonly table: ListedTable; readonly whole: Relation & { readonly many: ManyTables }; readonly own: string[] },
): Part {
  const { many } = whole
  const constant = many.constants.indexOf(name)
  if (constant >= 0) return { kind: 'constant', field: table.constants[constant]?.field ?? null }
  if (name === REST_COLUMN) {
    const columns = many.shapes[table.shape] ?? []
    const from = own.length
    own.push(...columns.map(column => column.name))
    return { kind: 'rest', shape: table.shape, from, count: columns.length }
  }
  const column = table.relation.columns.find(candidate => candidate.name === name)
  if (column === undefined) return { kind: 'constant', field: null }
  const wide = INTEGER_BYTES[whole.columns.find(candidate => candidate.name === name)?.type.name ?? ''] ?? 0
  own.push(name)
  return { kind: 'field', from: own.length - 1, widen: Math.max(wide - (INTEGER_BYTES[column.type.name] ?? wide), 0) }
}
