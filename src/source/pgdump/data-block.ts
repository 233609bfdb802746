/** Rows of one table that stand together in a dump. */
export interface DataBlock {
  readonly kind: 'copy' | 'insert'
  /** The fields of each row, in their order. */
  readonly columns: readonly string[]
  /** Rows counted apart from decoding them; null: not counted yet. */
  readonly rows: number | null
  /** Blocks of a dump in the order they stand in it. */
  readonly order: number
  /** Where the text begins, for messages: `byte 4711`, `data of entry 3312`. */
  readonly label: string
  /** `insert`: how its statements name the table. Where rows were counted, the text may hold statements for others, which are passed over; otherwise it holds none. */
  readonly names: readonly string[]
  /** The text, in UTF-8: of a COPY its lines, `isEnded` with the `\.` after them; of INSERTs whole statements. */
  open(signal: AbortSignal): AsyncIterable<Buffer>
  /** The text itself says where it ends, and is cut off where it does not. */
  readonly isEnded: boolean
  /** `insert`: whether backslashes in plain strings are escapes. */
  readonly hasStandardStrings: boolean
}
