import type { Finding } from './finding.ts'

/** What `profile` says, as `--json` prints it. No value of a column that may be about a person, and no part of one, is in it. */
export interface ProfileResult {
  readonly sources: readonly ProfiledSource[]
  readonly tables: readonly ProfiledTable[]
  readonly references: readonly ProfiledReference[]
  readonly findings: readonly ProfileFinding[]
  /** Paths of the files written. */
  readonly files: readonly string[]
  readonly seconds: number
}

export interface ProfileFinding extends Finding {
  /** Rows, values, columns or sources, as the message says. */
  readonly count: number | null
  /** Lines for the manifest `init` drafts of the same sources, as YAML from the top key on; null: there is nothing to write. */
  readonly manifest: string | null
}

export interface ProfiledSource {
  readonly tenant: string
  readonly label: string
  readonly tables: number
  readonly rows: number
  readonly seconds: number
}

export interface ProfiledTable {
  readonly tenant: string
  /** `schema.table` */
  readonly table: string
  readonly rows: number
  /** False: only the first rows were read. */
  readonly whole: boolean
  /** The declared primary key. */
  readonly key: readonly string[]
  readonly columns: readonly ProfiledColumn[]
}

export interface ProfiledColumn {
  readonly column: string
  /** As declared. */
  readonly type: string
  /** What its values are where that is more than the type says: `integer`, `decimal`, `date`, `boolean`, `uuid`. */
  readonly looks: string | null
  readonly nulls: number
  /** Empty, or nothing but white space. */
  readonly blanks: number
  readonly distinct: number
  readonly distinct_is: 'exact' | 'about'
  /** Null: none, or not shown. */
  readonly min: string | null
  readonly max: string | null
  /** Characters of texts. */
  readonly shortest: number | null
  readonly longest: number | null
  /** The most frequent first: letters as `A` and `a`, digits as `9`. */
  readonly shapes: readonly { readonly shape: string; readonly count: number }[]
  readonly shapes_are: 'exact' | 'about'
  /** `name`, `mail`, `phone`, `iban`, `national id`; null: nothing of a person shows. */
  readonly personal: string | null
  readonly credential: boolean
}

export interface ProfiledReference {
  readonly tenant: string
  readonly table: string
  readonly columns: readonly string[]
  readonly parent: string
  readonly parent_columns: readonly string[]
  readonly declared: boolean
  /** Rows without a NULL among the columns; null: not counted. */
  readonly checked: number | null
  readonly orphans: number
  /** From 0 to 100, of references nobody declared; null: declared. */
  readonly score: number | null
}
