/**
 * A value an expression cannot compute with: the row’s trouble, not the mapping’s. `code` is the SQLSTATE PostgreSQL gives for it. The message never holds the value.
 */
export class ValueError extends Error {
  override readonly name = 'ValueError'
  readonly code: ValueErrorCode

  constructor(code: ValueErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export type ValueErrorCode =
  /** invalid_text_representation */
  | '22P02'
  /** numeric_value_out_of_range */
  | '22003'
  /** invalid_datetime_format */
  | '22007'
  /** datetime_field_overflow */
  | '22008'
  /** untranslatable_character */
  | '22P05'
  /** feature_not_supported: NaN or infinity to an integer */
  | '0A000'
