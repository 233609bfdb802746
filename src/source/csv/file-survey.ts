import type { Passed } from './checked-records.ts'
import type { RecordPlace } from './csv-fault.ts'
import type { FileState } from './file-bytes.ts'
import type { FileDeclaration } from './file-declaration.ts'
import type { Proof } from './key-proof.ts'
import type { WatchedKey } from './key-watch.ts'
import type { KnownFile } from './record-chunks.ts'

/** What one pass over a file shows; holds no value of it. */
export interface FileSurvey {
  readonly sha256: string
  readonly rows: number
  readonly columns: readonly SurveyedColumn[]
  readonly keys: readonly { readonly columns: readonly string[]; readonly proof: Proof }[]
  readonly passed: Passed
  /** Records that end in CRLF, and in LF or CR alone. */
  readonly pairs: number
  readonly singles: number
}

export interface SurveyedColumn {
  /** Bits of value-kinds.ts: what all of its values can be. */
  readonly kinds: number
  /** Fields that are no spelling of NULL. */
  readonly values: number
  /** By spelling of NULL that was looked for: fields that are it. */
  readonly nulls: readonly number[]
  /** What the first value that is only text looks like. */
  readonly looks: 'date' | 'number' | ''
}

export interface SurveyRequest extends KnownFile {
  readonly declaration: FileDeclaration | null
  readonly keys: readonly WatchedKey[]
  readonly expected: FileState
  /** Spellings of NULL that are looked for. */
  readonly spellings: readonly string[]
}

/** First places of fields that may be NULL in columns that must not be: column and spelling → place. */
export type NullPlaces = ReadonlyMap<string, RecordPlace>

export interface Surveyed {
  readonly survey: FileSurvey
  readonly nullPlaces: NullPlaces
}
