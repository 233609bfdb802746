import { hashTuples, hashView } from '../base/row-hash.ts'
import { TupleCursor } from '../base/tuple-cursor.ts'
import { uuidText } from '../base/uuid-text.ts'
import { bug } from '../errors.ts'
import type { TablePlan } from '../plan/compile-table.ts'
import type { RowsByIds } from '../target/target.ts'
import { cannotFind, type EntityTables } from './corrections.ts'

/** Reads rows of one table by id: in a transaction, or at one moment of the target. */
export type ReadRows = (request: RowsByIds) => AsyncIterable<Buffer>

/** The tables of an entity, and how its rows are found in them. */
export interface RowPlace {
  readonly tables: readonly TablePlan[]
  readonly found: EntityTables
}

const UUID_BYTES = 16

/** What the target holds of some rows of an entity: in every table exactly the columns written. */
export class TargetRows {
  readonly #data: readonly Buffer[]
  /** Per table: id of the row → where its tuples begin and end. */
  readonly #spans: readonly ReadonlyMap<string, readonly number[]>[]

  private constructor(data: readonly Buffer[], spans: readonly ReadonlyMap<string, readonly number[]>[]) {
    this.#data = data
    this.#spans = spans
  }

  /** Throws TARGET_UNSUITED where a table's rows cannot be found by the row they belong to. */
  static async read(place: RowPlace, ids: readonly string[], of: { readonly read: ReadRows; readonly lock?: 'rows' }): Promise<TargetRows> {
    const data: Buffer[] = []
    const spans: Map<string, number[]>[] = []
    for (const [t, table] of place.tables.entries()) {
      const column = headColumn(place, t)
      const name = { schema: table.schema, name: table.table }
      const lock = of.lock === undefined ? {} : { lock: of.lock }
      const chunks: Buffer[] = []
      for await (const chunk of of.read({ table: name, column, ids, columns: table.columns, ...lock })) chunks.push(Buffer.from(chunk))
      const bytes = Buffer.concat(chunks)
      data.push(bytes)
      spans.push(spansOf(bytes, table.columns.length, table.columns.indexOf(column)))
    }
    return new TargetRows(data, spans)
  }

  /** Whether the head of the row is there. */
  has(id: string): boolean {
    return this.#spans[0]?.has(id.toLowerCase()) ?? false
  }

  /** As the ledger keeps it; null: the row is not there. */
  hash(id: string): string | null {
    if (!this.has(id)) return null
    const lanes = new Int32Array(2)
    for (let t = 0; t < this.#data.length; t++) {
      const tuples = this.tuples(id, t)
      const [first] = tuples
      const bytes = tuples.length === 1 && first !== undefined ? first : Buffer.concat(tuples)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      if (tuples.length < 2) hashView(view, 0, bytes.length, lanes)
      else hashTuples(view, { start: 0, end: bytes.length, tuples: tuples.length }, lanes)
    }
    return ((BigInt(lanes[0] as number) << 32n) | BigInt((lanes[1] as number) >>> 0)).toString()
  }

  /** The row's tuples in one table. */
  tuples(id: string, table: number): readonly Buffer[] {
    const spans = this.#spans[table]?.get(id.toLowerCase()) ?? []
    const found: Buffer[] = []
    for (let i = 0; i < spans.length; i += 2) found.push((this.#data[table] as Buffer).subarray(spans[i], spans[i + 1]))
    return found
  }
}

function headColumn({ tables, found }: RowPlace, t: number): string {
  const table = found.tables[t]
  if (table === undefined || table.headColumn === null) throw cannotFind(found.entity, table?.name ?? '')
  // Of two lists of columns for one table nobody could say whose a row is.
  if (tables.filter(other => other.name === table.name).length > 1) throw cannotFind(found.entity, table.name)
  if (!(tables[t] as TablePlan).columns.includes(table.headColumn)) throw cannotFind(found.entity, table.name)
  return table.headColumn
}

function spansOf(bytes: Buffer, fields: number, idAt: number): Map<string, number[]> {
  const spans = new Map<string, number[]>()
  const cursor = new TupleCursor(fields)
  cursor.push(bytes)
  while (cursor.next()) {
    const id = fieldId(cursor, idAt)
    const known = spans.get(id)
    if (known) known.push(cursor.rowStart, cursor.rowEnd)
    else spans.set(id, [cursor.rowStart, cursor.rowEnd])
  }
  if (cursor.pending > 0) throw bug(`expected whole rows of the target, got ${cursor.pending} bytes more`)
  return spans
}

/** A uuid, or an identifier kept as text. */
export function fieldId(cursor: TupleCursor, field: number): string {
  const start = cursor.start[field] as number
  const length = cursor.length[field] as number
  if (length === UUID_BYTES) return uuidText(cursor.data, start)
  return cursor.data.toString('utf8', start, start + Math.max(0, length)).toLowerCase()
}
