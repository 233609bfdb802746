import { tableLabel } from '../../base/table-label.ts'
import { TupleWriter } from '../../base/tuple-writer.ts'
import { RehouseError } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import type { ReadRequest, SourceSnapshot } from '../source.ts'
import { AfterKey } from './after-key.ts'
import { changed, fileState, isSame } from './file-bytes.ts'
import { recordChunks } from './record-chunks.ts'
import { RowWriter } from './row-writer.ts'
import type { SurveyedFile } from './surveyed-file.ts'

export interface CsvSnapshotOptions {
  readonly files: readonly SurveyedFile[]
  readonly relations: readonly Relation[]
  readonly marker: string
  readonly onClose: () => void
}

const ID_LENGTH = 'csv-'.length + 16
/** Tuples go out in pieces of about this size. */
const CHUNK_BYTES = 128 * 1024

/** The files as they were surveyed: one that is not any more is SOURCE_CHANGED wherever it shows, never a mixture. */
export class CsvSnapshot implements SourceSnapshot {
  readonly id: string
  readonly marker: string
  /** A newer export is a legitimate source of a later run. */
  readonly origin = ''
  readonly #options: CsvSnapshotOptions
  #isClosed = false

  constructor(options: CsvSnapshotOptions) {
    this.#options = options
    this.marker = options.marker
    this.id = options.marker.slice(0, ID_LENGTH)
  }

  /** Throws SOURCE_CHANGED where a relation is not as it was described. */
  refuseOthers(relations: readonly Relation[]): void {
    for (const relation of relations) {
      const now = this.#options.relations.find(each => each.schema === relation.schema && each.name === relation.name)
      const isAsWas =
        now !== undefined &&
        relation.columns.every(column => now.columns.some(each => each.name === column.name && each.type.text === column.type.text))
      if (isAsWas) continue
      const table = tableLabel(relation.schema, relation.name)
      throw new RehouseError('SOURCE_CHANGED', `expected ${table} as it was described, got another shape`, {
        where: { table },
        next: 'Begin again: the file was replaced while it was looked at.',
      })
    }
  }

  async count(relation: Relation): Promise<bigint> {
    return BigInt(this.#file(relation).survey.rows)
  }

  /** Every file, read or not, must still be the one that was surveyed. */
  async confirm(signal: AbortSignal): Promise<void> {
    for (const { file, state } of this.#options.files) {
      signal.throwIfAborted()
      if (!isSame(state, await fileState(file))) throw changed(file)
    }
  }

  async *read(request: ReadRequest): AsyncGenerator<Buffer> {
    const { signal } = request
    signal.throwIfAborted()
    const surveyed = this.#file(request.relation)
    const relation = this.#relation(request.relation)
    const after = AfterKey.of(relation, { surveyed, request })
    const row = new RowWriter(surveyed, this.#indexes(surveyed, request.columns))
    const out = new TupleWriter(CHUNK_BYTES * 2)
    let rows = 0
    for await (const records of recordChunks(surveyed, { expected: surveyed.state, signal })) {
      while (records.next()) {
        if (!after.isPast(records)) continue
        row.write(records, out)
        if (out.at < CHUNK_BYTES) continue
        yield this.#taken(out, signal)
      }
      rows = records.rows
    }
    if (rows !== surveyed.survey.rows) throw changed(surveyed.file)
    after.refuseUnmet()
    if (out.at > 0) yield this.#taken(out, signal)
  }

  #taken(out: TupleWriter, signal: AbortSignal): Buffer {
    signal.throwIfAborted()
    if (this.#isClosed) throw closed()
    const chunk = Buffer.from(out.bytes())
    out.reset()
    return chunk
  }

  #indexes({ columns, file }: SurveyedFile, names: readonly string[]): readonly number[] {
    return names.map(name => {
      const index = columns.findIndex(column => column.name === name)
      if (index >= 0) return index
      throw new RehouseError('SOURCE_REFUSED', `expected a column of ${file.table}, got ${name}`, {
        where: { file: file.place, table: file.table, column: name },
        next: 'Describe the source again.',
      })
    })
  }

  #relation(relation: Relation): Relation {
    return this.#options.relations.find(each => each.schema === relation.schema && each.name === relation.name) ?? relation
  }

  #file(relation: Relation): SurveyedFile {
    if (this.#isClosed) throw closed()
    const found = this.#options.files.find(({ file }) => file.schema === relation.schema && file.name === relation.name)
    if (found !== undefined) return found
    const table = tableLabel(relation.schema, relation.name)
    throw new RehouseError('SOURCE_REFUSED', `expected a relation of the folder, got ${table}`, {
      where: { table },
      next: 'Describe the source again.',
    })
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#options.onClose()
    return Promise.resolve()
  }
}

function closed(): RehouseError {
  return new RehouseError('SOURCE_UNREACHABLE', 'expected an open snapshot, got one that is closed', { next: 'Open another.' })
}
