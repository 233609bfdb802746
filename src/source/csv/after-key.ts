import { TupleCursor } from '../../base/tuple-cursor.ts'
import { TupleWriter } from '../../base/tuple-writer.ts'
import { valueText } from '../../cast/value-text.ts'
import { RehouseError } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import { whyNotAsItLies } from '../scan-keys.ts'
import type { ReadRequest } from '../source.ts'
import type { CheckedRecords } from './checked-records.ts'
import { RowWriter } from './row-writer.ts'
import type { SurveyedFile } from './surveyed-file.ts'

/** Passes over rows up to the one whose key is `after`. */
export class AfterKey {
  #isPast: boolean
  readonly #after: readonly string[]
  readonly #row: RowWriter
  readonly #out = new TupleWriter(1024)
  readonly #cursor: TupleCursor
  readonly #texts: readonly ReturnType<typeof valueText>[]
  readonly #surveyed: SurveyedFile

  /** Throws SOURCE_REFUSED for a key that does not name one row. */
  static of(relation: Relation, { surveyed, request }: { readonly surveyed: SurveyedFile; readonly request: ReadRequest }): AfterKey {
    const { key, after } = request
    const why =
      after !== null && key.kind === 'columns' && key.names.length === 0
        ? 'a position without a key'
        : whyNotAsItLies({ ...request, relation })
    if (why !== null || key.kind === 'content') throw refused(surveyed, why ?? '')
    return new AfterKey(surveyed, key.names, after)
  }

  private constructor(surveyed: SurveyedFile, names: readonly string[], after: readonly string[] | null) {
    const indexes = names.map(name => surveyed.columns.findIndex(column => column.name === name))
    this.#isPast = after === null
    this.#after = after ?? []
    this.#surveyed = surveyed
    this.#row = new RowWriter(surveyed, indexes)
    this.#cursor = new TupleCursor(names.length)
    this.#texts = indexes.flatMap(index => {
      const type = surveyed.columns[index]?.type
      return type === undefined ? [] : [valueText(type)]
    })
  }

  /** Whether the row at hand comes after the key; false for the row that has it. */
  isPast(records: CheckedRecords): boolean {
    if (this.#isPast) return true
    this.#out.reset()
    this.#row.write(records, this.#out)
    this.#cursor.push(this.#out.bytes())
    this.#cursor.next()
    const { data, start, length } = this.#cursor
    this.#isPast = this.#texts.every(
      (text, i) => (length[i] as number) >= 0 && text(data, start[i] as number, length[i] as number) === this.#after[i],
    )
    return false
  }

  /** Throws SOURCE_CHANGED where no row had the key. */
  refuseUnmet(): void {
    if (this.#isPast) return
    const { file } = this.#surveyed
    throw new RehouseError('SOURCE_CHANGED', `expected the last row done in ${file.table}, got none with its key`, {
      where: { file: file.place, table: file.table },
      next: 'Begin a new run without --resume: it compares every row.',
    })
  }
}

function refused({ file }: SurveyedFile, why: string): RehouseError {
  return new RehouseError('SOURCE_REFUSED', `expected a key of ${file.table} that is unique and never NULL, but ${why}`, {
    where: { file: file.place, table: file.table },
    next: 'Read the relation through staging.',
  })
}
