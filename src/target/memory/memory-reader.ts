import { TupleWriter } from '../../base/tuple-writer.ts'
import { uuidBytes, uuidText } from '../../base/uuid-text.ts'
import type { ReferenceTo, RowsOf, RowsRequest, StrayRows, TableName, TargetReader } from '../target.ts'
import { placeOf, type States, stateOf, tableKey } from './memory-store.ts'
import type { Field, StoredRow } from './memory-table.ts'

/** Small and odd, so that chunks end within rows and fields. */
export const CHUNK_BYTES = 1021
const NAMED = 20

/** What was committed when it was opened. */
export class MemoryReader implements TargetReader {
  readonly #states: States

  constructor(states: States) {
    this.#states = states
  }

  async *rows({ columns, orderBy, ids, signal, ...of }: RowsRequest): AsyncGenerator<Buffer> {
    const state = stateOf(this.#states, tableKey(of.table))
    const places = columns.map(column => placeOf(state, column))
    const key = orderBy === null ? null : placeOf(state, orderBy)
    const wanted = ids === null ? null : new Set(ids.map(id => id.toLowerCase()))
    const isWanted = (field: Field): boolean => field !== null && (wanted === null || wanted.has(uuidText(field, 0)))
    const found = this.#rowsOf(of).filter(row => key === null || isWanted(row.fields[key] ?? null))
    const ordered =
      key === null ? found : found.toSorted((a, b) => Buffer.compare(a.fields[key] ?? Buffer.alloc(0), b.fields[key] ?? Buffer.alloc(0)))
    const bytes = tuplesOf(ordered, places)
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      await new Promise(resolve => setImmediate(resolve))
      signal.throwIfAborted()
      yield Buffer.from(bytes.subarray(at, at + CHUNK_BYTES))
    }
  }

  count(of: RowsOf): Promise<bigint> {
    return Promise.resolve(BigInt(this.#rowsOf(of).length))
  }

  strays(table: TableName, references: readonly ReferenceTo[]): Promise<readonly StrayRows[]> {
    return Promise.resolve(references.map(reference => this.#straysOf(table, reference)))
  }

  #straysOf(table: TableName, { column, parents, tenantColumn, idColumn }: ReferenceTo): StrayRows {
    const child = stateOf(this.#states, tableKey(table))
    const at = placeOf(child, column)
    const own = tenantColumn === null ? null : placeOf(child, tenantColumn)
    const found = parents.map(parent => {
      const state = stateOf(this.#states, tableKey(parent.table))
      const id = placeOf(state, parent.idColumn)
      const tenant = parent.tenantColumn === null ? null : placeOf(state, parent.tenantColumn)
      return new Map(state.rows.map(row => [hex(row, id), tenant === null ? null : hex(row, tenant)]))
    })
    const referring = child.rows.filter(row => (row.fields[at] ?? null) !== null)
    const orphans = referring.filter(row => found.every(ids => !ids.has(hex(row, at))))
    const others = referring.filter(row =>
      found.some(ids => {
        const tenant = ids.get(hex(row, at))
        return own !== null && tenant !== undefined && tenant !== null && tenant !== hex(row, own)
      }),
    )
    const named = (rows: readonly StoredRow[]): readonly string[] => {
      if (idColumn === null) return []
      const id = placeOf(child, idColumn)
      return rows
        .map(row => uuidText(row.fields[id] ?? Buffer.alloc(16), 0))
        .toSorted()
        .slice(0, NAMED)
    }
    return { orphans: orphans.length, otherTenant: others.length, orphanIds: named(orphans), otherTenantIds: named(others) }
  }

  /** There is no SQL here to ask. */
  aggregates(): Promise<null> {
    return Promise.resolve(null)
  }

  #rowsOf({ table, tenant }: RowsOf): readonly StoredRow[] {
    const state = stateOf(this.#states, tableKey(table))
    if (tenant === null) return state.rows
    const place = placeOf(state, tenant.column)
    const id = uuidBytes(tenant.id)
    return state.rows.filter(row => id !== null && row.fields[place]?.equals(id))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function hex(row: StoredRow, place: number): string {
  return row.fields[place]?.toString('hex') ?? ''
}

export function tuplesOf(rows: readonly StoredRow[], places: readonly number[]): Buffer {
  const out = new TupleWriter()
  for (const { fields } of rows) {
    out.fieldCount(places.length)
    for (const place of places) {
      const field = fields[place] ?? null
      if (field === null) out.null()
      else out.field(field, 0, field.length)
    }
  }
  return out.bytes()
}
