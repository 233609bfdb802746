import type { EncodingName } from './encodings.ts'

export type LineEnd = 'lf' | 'cr'

/** Violations that are passed over and counted where the person said so. */
export const TOLERATED = ['blank_lines', 'repeated_header', 'short_rows'] as const
export type Tolerated = (typeof TOLERATED)[number]

/** How one file is written, everything decided. */
export interface CsvFormat {
  readonly encoding: EncodingName
  /** One ASCII character. */
  readonly delimiter: string
  /** One ASCII character; '' = the file knows no quotes. */
  readonly quote: string
  /** `lf`: LF and CRLF end a record. `cr`: CR does. */
  readonly lineEnd: LineEnd
  /** Blanks around fields and around quotes are no part of the value. */
  readonly trim: boolean
  readonly header: boolean
  /** Every record ends in one more delimiter. */
  readonly trailing: boolean
  /** ASCII characters before the first record (`sep=;` of Excel and its line end). */
  readonly skip: number
  readonly tolerate: readonly Tolerated[]
  /** Largest record that is held. */
  readonly recordBytes: number
}

/** What a person said of a file; undefined = to be detected. */
export interface FormatWish {
  readonly encoding?: EncodingName | undefined
  readonly delimiter?: string | undefined
  readonly quote?: string | undefined
  readonly trim?: boolean | undefined
  readonly header?: boolean | undefined
  /** Unquoted fields that are NULL. */
  readonly nulls?: readonly string[] | undefined
  /** Columns without a declared type are text. */
  readonly text?: boolean | undefined
  readonly tolerate?: readonly Tolerated[] | undefined
  readonly recordBytes?: number | undefined
}

/** PostgreSQL takes no field of more than 1 GB. */
export const MOST_RECORD_BYTES = 1_000_000_000
export const DEFAULT_RECORD_BYTES = 64 * 1024 * 1024
/** Columns PostgreSQL lets a table have. */
export const MOST_COLUMNS = 1600

/** Where the first record begins in the file, whose byte order mark has `markBytes`. */
export function firstRecordByte({ encoding, skip }: Pick<CsvFormat, 'encoding' | 'skip'>, markBytes: number): number {
  return markBytes + skip * (encoding.startsWith('utf-16') ? 2 : 1)
}
