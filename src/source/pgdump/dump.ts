import type { CatalogueExtras } from '../../model/catalogue-extras.ts'
import type { DescribedTable } from './describe-database.ts'
import type { DumpFile } from './dump-file.ts'

/** A dump that was looked through once: what it holds and where. */
export interface Dump {
  /** SHA-256 of its bytes, in hex. */
  readonly marker: string
  /** Name of the database it was made of, where it says so. */
  readonly database: string
  readonly serverVersion: number
  readonly tables: readonly DescribedTable[]
  readonly extras: CatalogueExtras
  /** Every file it consists of, as it was looked through. */
  readonly files: readonly DumpFile[]
}

export interface DumpOptions {
  /** For people. */
  readonly label: string
  /** Which database of several; null = the only one. */
  readonly database: string | null
  /** `client_encoding` of texts that do not say their own; null = as the dump says, else UTF-8. */
  readonly encoding: string | null
  /** A folder of ours for unpacked texts; it may not exist yet. */
  readonly privateFolder: string
}
