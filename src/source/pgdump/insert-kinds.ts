/** Kinds of constants in an INSERT. */
export const NULL_VALUE = 0
export const TEXT_VALUE = 1
export const NUMBER_VALUE = 2
export const BOOL_VALUE = 3
export const DEFAULT_VALUE = 4
export const BITS_VALUE = 5

/** What only a server could compute, or what is not SQL as we know it; `at` counts bytes from the beginning of the statement. */
export class NotConstant extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}
