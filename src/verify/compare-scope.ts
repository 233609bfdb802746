import { canonicalKey } from '../base/key-text.ts'
import { tableLabel } from '../base/table-label.ts'
import { uuidText } from '../base/uuid-text.ts'
import type { BatchBuffers, TableBuffer } from '../plan/batch-buffers.ts'
import type { TargetReader } from '../target/target.ts'
import { batchRows, type ExpectedRows, freeRanges } from './expected-rows.ts'
import { type MergeListener, MergeRows } from './merge-rows.ts'
import { keyAt } from './sort-key.ts'
import { SortRows } from './sort-rows.ts'
import type { SpillFolder } from './spill-folder.ts'
import type { TableScope } from './table-scopes.ts'
import { layoutFor } from './tuple-layout.ts'
import { fieldAt, fieldsAt, TupleStream } from './tuple-stream.ts'

/** Where a scope's two sides come from and where the findings go. */
export interface ScopeSetting {
  readonly scope: TableScope
  readonly reader: TargetReader
  readonly spill: SpillFolder
  readonly listener: MergeListener
  /** Only some rows are expected: they are looked up by their identifiers, and nothing is said of others. */
  readonly isSample: boolean
  readonly signal: AbortSignal
}

/**
 * Compares what is expected of one scope with what its table holds. States: waiting for its writers → (the last one is done) comparing → finished.
 * A direct scope compares while it is written to; any other sorts first.
 */
export class CompareScope {
  readonly #setting: ScopeSetting
  readonly #open: Set<number>
  readonly #layouts: readonly ReturnType<typeof layoutFor>[]
  #merge: MergeRows | null = null
  #sorter: SortRows | null = null
  #isFinished = false

  constructor(setting: ScopeSetting) {
    const { scope } = setting
    this.#setting = setting
    this.#open = new Set(scope.writers.keys())
    this.#layouts = scope.writers.map(({ plan }) => layoutFor(plan.columns, scope.columns))
  }

  /** A batch of one writer; `held` rows are not expected. */
  async push(writer: number, batch: { readonly buffers: BatchBuffers; readonly held: ReadonlySet<number> }): Promise<void> {
    const { buffers, held } = batch
    const { shape, of } = this.#setting.scope.writers[writer] as TableScope['writers'][number]
    const table = buffers.tables[shape] as TableBuffer
    const isInteger = of.facts.key.isInteger
    for (const range of freeRanges(buffers.loaded, held)) {
      const rows = batchRows({ buffers, table, isInteger, writer }, range)
      if (this.#isDirect) await this.#direct(rows)
      else await this.#sort(rows)
    }
  }

  async #direct(rows: ExpectedRows): Promise<void> {
    this.#merge ??= this.#compare(this.#read())
    await this.#merge.push(rows)
  }

  async #sort(rows: ExpectedRows): Promise<void> {
    this.#sorter ??= new SortRows(this.#setting.spill)
    for (let row = 0; row < rows.size; row++) if (rows.endOf(row) > rows.startOf(row)) await this.#addRow(this.#sorter, rows, row)
  }

  async #addRow(sorter: SortRows, rows: ExpectedRows, row: number): Promise<void> {
    const { key } = this.#setting.scope
    const writer = rows.writerOf(row)
    const layout = this.#layouts[writer] ?? null
    const from = rows.startOf(row)
    const to = rows.endOf(row)
    const data = layout === null ? rows.buf : layout(rows.buf, from, to)
    const last = layout === null ? to : data.length
    const origin = { writer, key: canonicalKey(rows.keyOf(row)), hash: rows.hashOf(row) }
    for (let at = layout === null ? from : 0; at < last; ) {
      const { fields, end } = fieldsAt(data, at)
      const sortKey = keyAt(key, { data, start: at, end, field: index => fields[index] as (typeof fields)[number] })
      await sorter.add({ ...origin, sortKey, tuples: { data, start: at, end, count: 1 } })
      at = end
    }
  }

  get #isDirect(): boolean {
    return this.#setting.scope.isDirect && !this.#setting.isSample
  }

  get isFinished(): boolean {
    return this.#isFinished
  }

  /** A writer has told all its rows; the last one ends the comparison. */
  async done(writer: number): Promise<void> {
    this.#open.delete(writer)
    if (this.#open.size > 0) return
    const { listener, isSample } = this.#setting
    if (isSample) {
      await this.#lookUp()
      this.#isFinished = true
      return listener.settle()
    }
    this.#merge ??= this.#compare(this.#setting.scope.keyColumn === null ? await this.#readSorted() : this.#read())
    if (this.#sorter !== null) for await (const rows of this.#sorter.regions()) await this.#merge.push(rows)
    await this.#merge.finish()
    this.#sorter = null
    this.#isFinished = true
    await listener.settle()
  }

  /** A stretch of the sample at a time. A table whose rows have no identifier cannot be asked for some of them. */
  async #lookUp(): Promise<void> {
    const { scope, reader, signal } = this.#setting
    if (this.#sorter === null || scope.keyColumn === null) return
    for await (const rows of this.#sorter.regions()) {
      const ids: string[] = []
      for (let row = 0; row < rows.size; row++)
        ids.push(uuidText(rows.buf, fieldAt(rows.buf, rows.startOf(row), scope.key.field ?? 0).start))
      const merge = this.#compare(reader.rows({ ...scope.rows, columns: scope.columns, orderBy: scope.keyColumn, ids, signal }))
      await merge.push(rows)
      await merge.finish()
    }
    this.#sorter = null
  }

  #compare(chunks: AsyncIterable<Buffer>): MergeRows {
    const { scope, listener } = this.#setting
    const stream = new TupleStream(chunks, { fields: scope.columns.length, what: scope.label })
    return new MergeRows(stream, { key: scope.key, listener })
  }

  #read(): AsyncIterable<Buffer> {
    const { scope, reader, signal } = this.#setting
    return reader.rows({ ...scope.rows, columns: scope.columns, orderBy: scope.keyColumn, ids: null, signal })
  }

  /** Rows nothing orders, as the expected ones are: by their bytes. */
  async #readSorted(): Promise<AsyncIterable<Buffer>> {
    const { scope, spill } = this.#setting
    const sorter = new SortRows(spill)
    const stream = new TupleStream(this.#read(), {
      fields: scope.columns.length,
      what: tableLabel(scope.rows.table.schema, scope.rows.table.name),
    })
    while (await stream.row()) {
      const { data, at: start, end } = stream
      await sorter.add({
        sortKey: { data, start, length: end - start },
        tuples: { data, start, end, count: 1 },
        writer: 0,
        key: '',
        hash: '0',
      })
      stream.pass()
    }
    return bytesOf(sorter.regions())
  }
}

async function* bytesOf(regions: AsyncIterable<ExpectedRows>): AsyncGenerator<Buffer> {
  for await (const rows of regions) yield Buffer.from(rows.buf.subarray(0, rows.endOf(rows.size - 1)))
}
