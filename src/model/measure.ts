/**
 * Something an engine computes over many rows by SQL of its own, for the witness. Both sides give decimal text, so that they can be compared as they are.
 *
 * | as | what is summed up |
 * |---|---|
 * | `rows` | nothing: the rows are counted (`column` is empty) |
 * | `number` | the number |
 * | `flag` | 1 for true, 0 for false |
 * | `length` | the characters of a text, the blanks that pad a character(n) left out |
 * | `bytes` | the bytes of a bytea |
 * | `moment` | seconds since 1970-01-01 UTC; a local time is one of `zone`, or of UTC where that is null |
 * | `presence` | nothing: only how many are not NULL is told |
 */
export interface Measure {
  readonly column: string
  readonly as: 'rows' | 'number' | 'flag' | 'length' | 'bytes' | 'moment' | 'presence'
  readonly zone: string | null
  readonly of: 'count' | 'sum' | 'min' | 'max'
}
