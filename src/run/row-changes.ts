import { TupleCursor } from '../base/tuple-cursor.ts'
import { TupleWriter } from '../base/tuple-writer.ts'
import { type BeforeImage, ID_MAP_IMAGE } from '../model/ledger-records.ts'
import type { TablePlan } from '../plan/compile-table.ts'
import { fieldsOf } from './null-fields.ts'
import { fieldId, type RowPlace, type TargetRows } from './target-rows.ts'

/** What must be done in one table so that it holds a row as the source has it now. */
export interface TableChange {
  /** Rows that go: found by `column`. */
  readonly removed: { readonly column: string; readonly ids: readonly string[] }
  /** Tuples set in place, found by `key`. */
  readonly updated: { readonly key: string; readonly tuples: readonly Buffer[] }
  readonly inserted: readonly Buffer[]
  /** Rows there are more than before. */
  readonly net: number
}

/** What must be done in all tables of an entity, and what was there before. */
export interface RowChange {
  readonly tables: readonly TableChange[]
  readonly images: readonly BeforeImage[]
}

export interface ChangedRow {
  readonly key: readonly string[]
  /** As the ledger has it. */
  readonly id: string
  readonly hash: string
  readonly batch: string
  /** Tuples per table; empty: the row goes. */
  readonly now: readonly Buffer[]
}

/** `live`: `schema.table.column` written as NULL first, where they change. */
export function changeOf(row: ChangedRow, was: TargetRows, { place, live }: { place: RowPlace; live: ReadonlySet<string> }): RowChange {
  const images: BeforeImage[] = []
  const tables = place.tables.map((table, t) => {
    const column = place.found.tables[t]?.headColumn ?? ''
    const setting: Setting = { table, column, row, images, nulls: fieldsOf(table, live), isHead: t === 0 }
    const before = was.tuples(row.id, t)
    const now = tuplesIn(row.now[t] ?? Buffer.alloc(0), table)
    return table.idColumn === null ? changeOfUnnamed(before, now, setting) : changeById(before, now, setting)
  })
  return { tables, images: [...images, idMapImage(row)] }
}

interface Setting {
  readonly table: TablePlan
  /** Leads to the head. */
  readonly column: string
  readonly row: ChangedRow
  readonly images: BeforeImage[]
  readonly nulls: ReadonlySet<number>
  readonly isHead: boolean
}

/** Rows with an identifier of their own stay what they are: others may refer to them. */
function changeById(before: readonly Buffer[], now: readonly Buffer[], setting: Setting): TableChange {
  const { table, isHead } = setting
  const column = table.idColumn ?? ''
  const idAt = table.columns.indexOf(column)
  const was = new Map(before.map(tuple => [idOf(tuple, table, idAt), tuple]))
  const doubled = doubledIds(before, tuple => idOf(tuple, table, idAt))
  const updated: Buffer[] = []
  const inserted: Buffer[] = []
  const kept = new Set<string>()
  for (const tuple of now) {
    const id = idOf(tuple, table, idAt)
    const old = was.get(id)
    kept.add(id)
    if (doubled.has(id)) {
      inserted.push(withoutLive(tuple, null, setting))
      continue
    }
    if (old === undefined) inserted.push(withoutLive(tuple, null, setting))
    else if (!old.equals(tuple)) updated.push(withoutLive(tuple, old, setting))
    if (old === undefined) keep(setting, { operation: 'insert', idColumn: column, id, before: null })
    else if (!old.equals(tuple)) keep(setting, { operation: 'update', idColumn: column, id, before: old })
  }
  const ids = [...was.keys()].filter(id => !kept.has(id) || doubled.has(id))
  for (const tuple of before) {
    const id = idOf(tuple, table, idAt)
    if (!kept.has(id) || doubled.has(id)) keep(setting, { operation: 'delete', idColumn: column, id, before: tuple })
  }
  for (const id of doubled) if (kept.has(id)) keep(setting, { operation: 'insert', idColumn: column, id, before: null })
  // A head the application removed was counted as there all the time.
  const net = isHead ? now.length - 1 : inserted.length - ids.length
  return { removed: { column, ids }, updated: { key: column, tuples: updated }, inserted, net }
}

/** Identifiers of several rows, where nothing keeps them apart: no row of them can be named, so all go and one comes. */
function doubledIds(tuples: readonly Buffer[], idOfTuple: (tuple: Buffer) => string): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(tuples.map(idOfTuple).filter(id => seen.has(id) || !seen.add(id)))
}

/** Rows nobody can name are found by their head: one is set in place, several are replaced. */
function changeOfUnnamed(before: readonly Buffer[], now: readonly Buffer[], setting: Setting): TableChange {
  const { column, row } = setting
  const none = { removed: { column, ids: [] }, updated: { key: column, tuples: [] }, inserted: [], net: 0 }
  if (isSameSet(before, now)) return none
  const place = { idColumn: column, id: row.id }
  const [old] = before
  if (before.length === 1 && now.length === 1 && old !== undefined) {
    keep(setting, { operation: 'update', ...place, before: old })
    return { ...none, updated: { key: column, tuples: now.map(tuple => withoutLive(tuple, old, setting)) } }
  }
  for (const tuple of before) keep(setting, { operation: 'delete', ...place, before: tuple })
  for (const _ of now) keep(setting, { operation: 'insert', ...place, before: null })
  const ids = before.length === 0 ? [] : [row.id]
  return {
    ...none,
    removed: { column, ids },
    inserted: now.map(tuple => withoutLive(tuple, null, setting)),
    net: now.length - before.length,
  }
}

function isSameSet(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  const sorted = (tuples: readonly Buffer[]): Buffer => Buffer.concat(tuples.toSorted((x, y) => Buffer.compare(x, y)))
  return a.length === b.length && sorted(a).equals(sorted(b))
}

function keep({ table, row, images }: Setting, image: Pick<BeforeImage, 'operation' | 'idColumn' | 'id' | 'before'>): void {
  images.push({ key: row.key, table: table.name, columns: table.columns, ...image })
}

/** A reference to a row that may come later is NULL until the circle is settled, unless it is what it was. */
function withoutLive(tuple: Buffer, old: Buffer | null, { table, nulls }: Setting): Buffer {
  if (nulls.size === 0) return tuple
  const own = cursorAt(tuple, table)
  const before = old === null ? null : cursorAt(old, table)
  const out = new TupleWriter(Math.max(64, tuple.length))
  out.fieldCount(table.columns.length)
  for (let i = 0; i < table.columns.length; i++) {
    const field = fieldAt(own, i)
    const isKept = !nulls.has(i) || (before !== null && fieldAt(before, i)?.equals(field ?? Buffer.alloc(0)))
    if (field === null || !isKept) out.null()
    else out.field(field, 0, field.length)
  }
  return Buffer.from(out.bytes())
}

function idMapImage({ key, id, hash, batch, now }: ChangedRow): BeforeImage {
  const out = new TupleWriter(64)
  out.fieldCount(2)
  out.int64(BigInt(hash))
  out.int64(BigInt(batch))
  const before = Buffer.from(out.bytes())
  return {
    key,
    table: ID_MAP_IMAGE,
    operation: now.length === 0 ? 'delete' : 'update',
    idColumn: 'id',
    id,
    columns: ['hash', 'batch'],
    before,
  }
}

function tuplesIn(bytes: Buffer, table: TablePlan): readonly Buffer[] {
  const cursor = new TupleCursor(table.columns.length)
  const found: Buffer[] = []
  cursor.push(bytes)
  while (cursor.next()) found.push(cursor.data.subarray(cursor.rowStart, cursor.rowEnd))
  return found
}

function idOf(tuple: Buffer, table: TablePlan, idAt: number): string {
  return fieldId(cursorAt(tuple, table), idAt)
}

function cursorAt(tuple: Buffer, table: TablePlan): TupleCursor {
  const cursor = new TupleCursor(table.columns.length)
  cursor.push(tuple)
  cursor.next()
  return cursor
}

function fieldAt(cursor: TupleCursor, field: number): Buffer | null {
  const length = cursor.length[field] as number
  const start = cursor.start[field] as number
  return length < 0 ? null : cursor.data.subarray(start, start + length)
}
