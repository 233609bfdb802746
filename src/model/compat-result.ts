/** What a view in the target could do with what a mapping made of a column: give it back and take a new value, give it back, neither. */
export type Inverse = 'updatable' | 'read_only' | 'no'

/** Whether views in the target could give a legacy table back to what still reads and writes it. */
export interface CompatTable {
  readonly source: string
  readonly table: string
  /** That read its rows. */
  readonly entities: readonly string[]
  /** `some`: rules leave rows out, which such a view would lack. */
  readonly rows: 'all' | 'some' | 'none'
  readonly columns: readonly CompatColumn[]
}

export interface CompatColumn {
  readonly column: string
  readonly type: string
  readonly way_back: Inverse
  /** Target column; null = none. */
  readonly from: string | null
  readonly why: string
}
