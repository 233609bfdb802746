import type { DataBlock } from './data-block.ts'
import type { Transcode } from './text-encoding.ts'

/** Where the rows of a block lie in the file. */
export interface TextRange {
  readonly start: number
  readonly end: number
  readonly transcode: Transcode | null
  /** Statements of one epoch mean the same by the same names. */
  readonly epoch: number
}

export type OpenRange = (range: TextRange, signal: AbortSignal) => AsyncIterable<Buffer>

/** Rows in a script, from one byte to another. INSERTs that follow are joined to it. */
export class RangeBlock implements DataBlock {
  readonly kind: 'copy' | 'insert'
  readonly columns: readonly string[]
  rows: number
  readonly label: string
  readonly names: readonly string[]
  readonly isEnded = false
  readonly hasStandardStrings: boolean
  readonly start: number
  end: number
  readonly order: number
  readonly epoch: number
  readonly #transcode: Transcode | null
  readonly #open: OpenRange

  constructor(
    made: Pick<DataBlock, 'kind' | 'columns' | 'names' | 'hasStandardStrings'> & { readonly rows: number },
    range: TextRange,
    open: OpenRange,
  ) {
    this.kind = made.kind
    this.columns = made.columns
    this.names = made.names
    this.hasStandardStrings = made.hasStandardStrings
    this.rows = made.rows
    this.start = range.start
    this.order = range.start
    this.epoch = range.epoch
    this.end = range.end
    this.label = `byte ${range.start}`
    this.#transcode = range.transcode
    this.#open = open
  }

  open(signal: AbortSignal): AsyncIterable<Buffer> {
    return this.#open({ start: this.start, end: this.end, transcode: this.#transcode, epoch: this.epoch }, signal)
  }
}
