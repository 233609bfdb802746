import type { Where } from './place.ts'

/** A difference or problem found: a value, never thrown. `code` has a section in docs/errors.md. */
export interface Finding {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly where: Where
  /** One sentence: what was expected and what was found. */
  readonly message: string
  /** What to do about it. */
  readonly next: string
}
