/** A value of one row in PostgreSQL’s SQL, in pieces: text that stands as it is, and columns of the relation and literals, which the engine quotes. */
export type Sql = readonly (string | { readonly column: string } | { readonly literal: string })[]

/**
 * Something an engine computes over many rows by SQL of its own, for the witness. Both sides give decimal text, so that they can be compared as they are.
 *
 * | as | what is summed up |
 * |---|---|
 * | `rows` | nothing: the rows are counted (`column` is empty) |
 * | `number` | the number |
 * | `integer` | the number; the column’s type is one of whole numbers on both sides |
 * | `flag` | 1 for true, 0 for false |
 * | `length` | the characters of a text, the blanks that pad a character(n) left out |
 * | `bytes` | the bytes of a bytea |
 * | `moment` | seconds since 1970-01-01 UTC; a local time is one of `zone`, or of UTC where that is null |
 * | `presence` | nothing: only how many are not NULL is told |
 * | `row` | 64 bits of a hash of each row’s `parts` together, whatever the order of rows (`column` is empty): it tells values apart that change places |
 */
export interface Measure {
  readonly column: string
  readonly as: 'rows' | 'number' | 'integer' | 'flag' | 'length' | 'bytes' | 'moment' | 'presence' | 'row'
  readonly zone: string | null
  readonly of: 'count' | 'sum' | 'min' | 'max'
  /** What stands for the column (then `column` is empty). Absent: the column itself. */
  readonly value?: Sql
  /** Of `row` only. */
  readonly parts?: readonly MeasuredValue[]
  /**
   * The hash functions both sides have (`rowHash` of each says the same). Of `row`: they are used; absent: SHA-256, which every engine has.
   * Of `length`: both sides keep texts in one encoding, and bytes are counted instead of characters, which costs less.
   */
  readonly hash?: string
}

/** A value as a text that is the same on both sides: of `text` the text itself without the blanks that pad a character(n), of `bytes` hex, of everything else the number that is summed up. */
export interface MeasuredValue {
  readonly column: string
  readonly as: 'number' | 'integer' | 'flag' | 'text' | 'bytes' | 'moment'
  readonly zone: string | null
  /** As of a Measure. */
  readonly value?: Sql
}
