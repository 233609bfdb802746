import type { TupleWriter } from '../../base/tuple-writer.ts'
import type { CheckedRecords } from './checked-records.ts'
import { misfit } from './declared-values.ts'
import { bytesWriter } from './field-writer.ts'
import { NullSpellings } from './null-spellings.ts'
import type { BytesWriter } from './plain-writers.ts'
import type { DecidedColumn } from './read-survey.ts'
import { ESCAPED, PLAIN } from './record-scanner.ts'
import type { SurveyedFile } from './surveyed-file.ts'
import { unescapeInto } from './unescape.ts'

/** Writes chosen columns of rows as binary tuples. */
export class RowWriter {
  readonly #indexes: Int32Array
  readonly #columns: readonly DecidedColumn[]
  readonly #writers: readonly BytesWriter[]
  readonly #nulls: readonly NullSpellings[]
  readonly #quote: number
  #scratch = Buffer.alloc(0)

  /** `indexes`: the columns of the file that are delivered, in their order. */
  constructor({ columns, spellings, detected }: Pick<SurveyedFile, 'columns' | 'spellings' | 'detected'>, indexes: readonly number[]) {
    this.#indexes = Int32Array.from(indexes)
    this.#columns = indexes.flatMap(index => columns[index] ?? [])
    this.#writers = this.#columns.map(({ type }) => bytesWriter(type))
    this.#nulls = this.#columns.map(({ nulls }) => new NullSpellings(spellings, nulls))
    this.#quote = detected.format.quote.charCodeAt(0)
  }

  /** Throws SOURCE_INVALID for a value that does not fit its column's type. */
  write(records: CheckedRecords, out: TupleWriter): void {
    const { data, start, end, kind } = records.scanner
    const indexes = this.#indexes
    out.fieldCount(indexes.length)
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i] as number
      const from = start[index] as number
      const to = end[index] as number
      if (kind[index] === PLAIN) {
        if ((this.#nulls[i] as NullSpellings).find(data, from, to) >= 0) {
          out.null()
          continue
        }
      }
      const write = this.#writers[i] as BytesWriter
      const isWritten =
        kind[index] === ESCAPED ? this.#writeUnescaped(data, { start: from, end: to, write }, out) : write(data, from, to, out)
      if (!isWritten) throw this.#misfit(records, i)
    }
  }

  #writeUnescaped(
    data: Buffer,
    field: { readonly start: number; readonly end: number; readonly write: BytesWriter },
    out: TupleWriter,
  ): boolean {
    const length = field.end - field.start
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafeSlow(Math.max(1024, length * 2))
    const written = unescapeInto(data, { ...field, quote: this.#quote }, this.#scratch)
    return field.write(this.#scratch, 0, written, out)
  }

  #misfit(records: CheckedRecords, i: number): Error {
    const { name, type } = this.#columns[i] as DecidedColumn
    return misfit(records, { index: this.#indexes[i] as number, name, type })
  }
}
