/** How related rows are got at. What a row becomes is the same in each (docs/design/012). */
export type RelatedWay = 'memory' | 'merge' | 'pushed'

/** What the choice goes by; all of it is known before a row is read. */
export interface WayFacts {
  /** Rows of the related relation; null = nobody knows. */
  readonly rows: number | null
  /** Columns of each that are read. */
  readonly columns: number
  /** Why the rows cannot be read beside the driving rows, in a few words for people; null = they can. */
  readonly whyNotMerged: string | null
  /** For tests: this one wherever it is possible. */
  readonly forced: RelatedWay | null
}

export interface ChosenWay {
  readonly way: RelatedWay
  /** One sentence without a full stop, for `plan`. */
  readonly reason: string
}

/** What is taken into memory without a second thought. */
export const FITTING_BYTES = 64 * 1024 * 1024
/** Of a row in memory besides its columns, and of a column. A guess that need not be right: every way gives the same rows. */
const ROW_BYTES = 48
const COLUMN_BYTES = 16

/** Memory for what is small, because it is read in whatever order costs least; merged otherwise, if the rows can be read in the order of the driving key. */
export function chooseWay({ rows, columns, whyNotMerged, forced }: WayFacts): ChosenWay {
  if (whyNotMerged !== null) return { way: 'memory', reason: whyNotMerged }
  if (forced === 'memory') return { way: 'memory', reason: 'it was asked for' }
  if (forced === 'merge') return { way: 'merge', reason: 'it was asked for' }
  if (rows === null) return { way: 'merge', reason: 'nobody knows how many there are' }
  const bytes = rows * (ROW_BYTES + columns * COLUMN_BYTES)
  return bytes <= FITTING_BYTES ? { way: 'memory', reason: 'few enough to be kept' } : { way: 'merge', reason: 'too many to be kept' }
}
