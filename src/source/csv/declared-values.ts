import { TupleWriter } from '../../base/tuple-writer.ts'
import type { SqlType } from '../../model/sql-type.ts'
import type { CheckedRecords } from './checked-records.ts'
import { bytesWriter } from './field-writer.ts'
import type { FileDeclaration } from './file-declaration.ts'
import { NullSpellings } from './null-spellings.ts'
import type { BytesWriter } from './plain-writers.ts'
import { ESCAPED, PLAIN } from './record-scanner.ts'
import { unescaped } from './unescape.ts'

interface Checked {
  readonly index: number
  readonly name: string
  readonly type: SqlType
  readonly write: BytesWriter
}

interface DeclaredFile {
  readonly detected: { readonly names: readonly string[]; readonly format: { readonly quote: string } }
  readonly declaration: FileDeclaration | null
  readonly spellings: readonly string[]
}

/** Holds the values of columns with a declared type to it. After `check`, `field` gives each as the type's binary form. */
export class DeclaredValues {
  readonly #columns: readonly Checked[]
  readonly #nulls: NullSpellings
  readonly quote: number
  readonly #out = new TupleWriter(1 << 12)
  /** By column of the file: where its value lies in `#out`; −1 = none. */
  readonly #at: Int32Array

  constructor({ detected, declaration, spellings }: DeclaredFile) {
    this.#columns = (declaration?.columns ?? []).flatMap(({ name, type }) =>
      type === null || type.text === 'text' ? [] : [{ index: detected.names.indexOf(name), name, type, write: bytesWriter(type) }],
    )
    this.#nulls = new NullSpellings(spellings)
    this.quote = detected.format.quote.charCodeAt(0)
    this.#at = new Int32Array(detected.names.length).fill(-1)
  }

  /** Throws SOURCE_INVALID for a value that does not fit its declared type. */
  check(records: CheckedRecords): void {
    this.#out.reset()
    for (const column of this.#columns) {
      const { index } = column
      const isNull = this.isNull(records, index)
      this.#at[index] = isNull ? -1 : this.#out.at
      if (isNull || this.#write(records, column)) continue
      throw misfit(records, column)
    }
  }

  /** Whether the field may stand for NULL. */
  isNull({ scanner }: CheckedRecords, index: number): boolean {
    if (scanner.kind[index] !== PLAIN) return false
    return this.#nulls.find(scanner.data, scanner.start[index] as number, scanner.end[index] as number) >= 0
  }

  #write({ scanner }: CheckedRecords, { index, write }: Checked): boolean {
    const [start, end] = [scanner.start[index] as number, scanner.end[index] as number]
    if (scanner.kind[index] !== ESCAPED) return write(scanner.data, start, end, this.#out)
    const text = unescaped(scanner.data.subarray(start, end), this.quote)
    return write(text, 0, text.length, this.#out)
  }

  /** The checked value of a column of the row at hand: its type's binary form; null = the column has no declared type, or it is NULL. */
  field(index: number): Buffer | null {
    const at = this.#at[index] ?? -1
    if (at < 0) return null
    return this.#out.buf.subarray(at + 4, at + 4 + this.#out.view.getInt32(at))
  }

  typeOf(index: number): SqlType | null {
    return this.#columns.find(column => column.index === index)?.type ?? null
  }
}

export function misfit(
  records: CheckedRecords,
  { index, name, type }: { readonly index: number; readonly name: string; readonly type: SqlType },
): Error {
  return records.fieldFault(index, {
    message: `expected ${type.text} in column ${name}, got text that is none or would lose something`,
    next: 'Correct the value or the declared type; with types=text and casts in the mapping, single rows go to quarantine instead.',
    column: name,
  })
}
