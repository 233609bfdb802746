/** How related rows are got at. What a row becomes is the same in each (docs/design/012, 013). */
export type RelatedWay = 'memory' | 'merge' | 'pushed'

/** What the choice goes by; all of it is known before a row is read. */
export interface WayFacts {
  /** Rows of the related relation; null = nobody knows. */
  readonly rows: number | null
  /** Columns of each that are read. */
  readonly columns: number
  /** Why the rows cannot be read beside the driving rows, in a few words for people; null = they can. */
  readonly whyNotMerged: string | null
  /** Why the source cannot deliver them with the driving rows; null = it can. */
  readonly whyNotPushed: string | null
  /** What speaks against it although it can; null = nothing. */
  readonly costOfPushing: string | null
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
/** What is taken into memory rather than looked up for each driving row. */
export const BEARABLE_BYTES = 256 * 1024 * 1024
/** Of a row in memory besides its columns, and of a column. A guess that need not be right: every way gives the same rows. */
const ROW_BYTES = 48
const COLUMN_BYTES = 16

const UNKNOWN = 'nobody knows how many there are'
const TOO_MANY = 'too many to be kept'

/**
 * Memory for what is small, because it is read in whatever order costs least; merged otherwise, if the rows can be read in the order of the driving key; else delivered by the source with each
 * driving row, if it finds them.
 */
export function chooseWay(facts: WayFacts): ChosenWay {
  const { rows, columns, whyNotMerged, whyNotPushed, costOfPushing, forced } = facts
  if (forced !== null && mayGo(forced, facts)) return { way: forced, reason: 'it was asked for' }
  const bytes = rows === null ? null : rows * (ROW_BYTES + columns * COLUMN_BYTES)
  if (whyNotMerged === null && forced === null) {
    if (bytes === null) return { way: 'merge', reason: UNKNOWN }
    return bytes <= FITTING_BYTES ? { way: 'memory', reason: 'few enough to be kept' } : { way: 'merge', reason: TOO_MANY }
  }
  const isPushed = whyNotPushed === null && costOfPushing === null && forced === null && (bytes === null || bytes > BEARABLE_BYTES)
  if (isPushed) return { way: 'pushed', reason: bytes === null ? UNKNOWN : TOO_MANY }
  if (forced === 'pushed') return { way: 'memory', reason: whyNotPushed ?? 'few enough to be kept' }
  const more = bytes === null || bytes > BEARABLE_BYTES ? (whyNotPushed ?? costOfPushing) : null
  const reasons = [whyNotMerged, more].filter(reason => reason !== null)
  return { way: 'memory', reason: reasons.length === 0 ? 'few enough to be kept' : [...new Set(reasons)].join('; ') }
}

function mayGo(way: RelatedWay, { whyNotMerged, whyNotPushed }: WayFacts): boolean {
  return way === 'memory' || (way === 'merge' ? whyNotMerged : whyNotPushed) === null
}
