import { TupleCursor } from '../base/tuple-cursor.ts'
import type { RowFate } from '../model/mapping.ts'
import type { RelatedRows, StoreKey } from './related-rows.ts'
import type { RelatedStore } from './related-store.ts'
import type { RowState } from './row-state.ts'

/** A related row no row of the entity asks for. */
export interface Orphan {
  /** What it is matched by, as the key of the row it would belong to; `\\N` where that is NULL. */
  readonly key: readonly string[]
  /** Names it to a person: its primary key. */
  readonly child: string
}

export interface OwnedParts {
  readonly path: string
  /** `source/schema.table`, for the accounting line. */
  readonly relation: string
  readonly source: string
  readonly orphans: RowFate
  readonly rows: RelatedRows
  /** Null: they are merged, and whoever reads them tells of orphans. */
  readonly store: RelatedStore | null
  readonly columns: number
  /** Whether the row at hand has the values they are matched by; then they are in `key`. */
  readonly ours: { readonly key: StoreKey; has(row: RowState): boolean }
  /** Of the related row at the cursor. */
  orphanAt(cursor: TupleCursor): Orphan
  /** Null: one row. */
  readonly list: { readonly list: { readonly excluded: number; readonly quarantined: number }; readonly found: number } | null
}

/** A related relation the entity accounts for, as its program sees it. */
export class OwnedRelation {
  readonly parts: OwnedParts
  readonly #pending: Orphan[] = []

  constructor(parts: OwnedParts) {
    this.parts = parts
  }

  /** A new reading. */
  begin(): void {
    this.#pending.length = 0
  }

  /** Rows that belong to the row at hand, whatever becomes of it. */
  count(row: RowState): number {
    return this.meet(row) ? this.parts.rows.count(this.parts.ours.key) : 0
  }

  /** Remembers that the row is there: its rows are no orphans. False: it has no key to match by. */
  meet(row: RowState): boolean {
    const { ours, store } = this.parts
    if (!ours.has(row)) return false
    store?.meet(ours.key)
    return true
  }

  /** Decides which of them become part of the row. Throws FateSealed. */
  sift(row: RowState): void {
    const { list } = this.parts
    if (list !== null) row.value(list.found)
  }

  /** Of those last sifted: left out by rules, and refused by them. */
  get excluded(): number {
    return this.parts.list?.list.excluded ?? 0
  }

  get quarantined(): number {
    return this.parts.list?.list.quarantined ?? 0
  }

  /** Nobody asks for the row at the cursor. */
  addOrphan(cursor: TupleCursor): void {
    this.#pending.push(this.parts.orphanAt(cursor))
  }

  /** After the last driving row: those in memory that nobody asked for. */
  finish(): void {
    const { store, columns } = this.parts
    if (store === null) return
    const cursor = new TupleCursor(columns)
    for (const row of store.orphans()) {
      store.place(row, cursor)
      this.addOrphan(cursor)
    }
  }

  /** Those found since they were last taken. */
  takeOrphans(): readonly Orphan[] {
    return this.#pending.length === 0 ? NONE : this.#pending.splice(0)
  }
}

const NONE: readonly Orphan[] = []
