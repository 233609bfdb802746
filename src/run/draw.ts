import { EXCLUDED, KeyIndex, LOADED, QUARANTINED, UNSEEN } from '../base/key-index.ts'
import { keyOrdinal } from './key-ordinal.ts'

/** A drawn row refers to it; not met yet. */
export const WANTED = UNSEEN
/** Drawn before, by another run, or referred to by such a row; not met yet. */
export const KNOWN = QUARANTINED
export const DRAWN = LOADED
/** Met, and there only because it was drawn before. What is drawn besides does not hang on it, so that a run that goes on draws what it began with. */
export const KEPT = EXCLUDED

/** What is drawn of one entity. */
export class Draw {
  readonly keys = new KeyIndex()
  /** Rows without a whole key. */
  keyless = 0
  /** All drawn rows. */
  rows = 0

  /** A key that is drawn, and how many rows it has; of one that is there the rows are counted. */
  add(
    key: string,
    { rows, isInteger }: { readonly rows: number; readonly isInteger: boolean },
    as: typeof DRAWN | typeof KEPT = DRAWN,
  ): void {
    const ordinal = keyOrdinal(this.keys, key, isInteger)
    if (this.keys.state(ordinal) !== KEPT) this.rows += rows
    this.keys.setState(ordinal, as)
  }

  want(ordinalIn: (keys: KeyIndex) => number, as: typeof WANTED | typeof KNOWN): void {
    const known = this.keys.size
    const ordinal = ordinalIn(this.keys)
    const isNew = ordinal >= known
    if (isNew || (as === WANTED && this.keys.state(ordinal) === KNOWN)) this.keys.setState(ordinal, as)
  }
}
