import type { SqlType } from '../../model/sql-type.ts'
import type { FormatWish } from './csv-format.ts'

/** What a person declared of the files of a folder. */
export interface Declaration {
  /** The declaration's own path, for people. */
  readonly place: string
  /** Its text: a part of the marker. */
  readonly text: string
  readonly files: ReadonlyMap<string, FileDeclaration>
}

export interface FileDeclaration {
  readonly wish: FormatWish
  readonly columns: readonly DeclaredColumn[]
  readonly key: readonly string[] | null
  readonly unique: readonly (readonly string[])[]
  readonly references: readonly DeclaredReference[]
}

export interface DeclaredColumn {
  readonly name: string
  /** Null: as the file shows. */
  readonly type: SqlType | null
  readonly isNullable: boolean
}

export interface DeclaredReference {
  readonly columns: readonly string[]
  /** A relation's name, or `schema/name`. */
  readonly relation: string
  /** Empty: its key. */
  readonly referenced: readonly string[]
}
