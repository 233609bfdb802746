import { tableLabel } from '../../base/table-label.ts'
import { RehouseError } from '../../errors.ts'
import type { Relation } from '../../model/catalogue.ts'
import type { CatalogueExtras } from '../../model/catalogue-extras.ts'
import type { ReadRequest, SourceSnapshot } from '../source.ts'
import { afterKey } from './after-key.ts'
import type { BacpacTable } from './catalogue-of.ts'
import { settleLengths } from './char-lengths.ts'
import type { ColumnForm } from './column-form.ts'
import { invalidFile, refusedFile, unreachableFile } from './file-errors.ts'
import type { Origin } from './origin.ts'
import { countRows, readTable, type TableData, unreadable } from './read-table.ts'
import { compileRows } from './row-program.ts'
import { partsKey, type TableParts } from './table-parts.ts'
import type { ZipParts } from './zip-parts.ts'

/** An opened file: what it says and where its rows lie. */
export interface BacpacContent {
  readonly zip: ZipParts
  readonly origin: Origin
  readonly tables: ReadonlyMap<string, BacpacTable>
  readonly parts: TableParts
  readonly extras: CatalogueExtras
}

/** A file does not change: the snapshot is the file, as long as nobody writes to it. */
export class BacpacSnapshot implements SourceSnapshot {
  readonly id: string
  readonly marker: string
  readonly origin = ''
  readonly declaredRows?: bigint
  readonly #content: BacpacContent
  readonly #onClose: () => void
  /** Rows of each table that was read to its end. */
  readonly #counted = new Map<string, number>()
  /** How the rows of each table asked for lie. */
  readonly #settled = new Map<string, readonly ColumnForm[]>()
  readonly #closing = new AbortController()

  constructor(content: BacpacContent, options: { readonly id: string; readonly onClose: () => void }) {
    this.#content = content
    this.id = options.id
    this.marker = content.zip.marker
    if (content.origin.totalRows !== null) this.declaredRows = content.origin.totalRows
    this.#onClose = options.onClose
  }

  async count(relation: Relation): Promise<bigint> {
    this.#assertOpen()
    const key = keyOf(relation)
    return BigInt(await this.#count(key, this.#table(relation), this.#closing.signal))
  }

  async #count(key: string, table: BacpacTable, signal: AbortSignal): Promise<number> {
    const known = this.#counted.get(key)
    if (known !== undefined) return known
    const data = this.#data(key, table)
    const counted = await countRows(data, compileRows(await this.#forms(table, data, signal), []), signal)
    this.#counted.set(key, counted)
    return counted
  }

  /** Reads no rows of a table that was read to its end before. */
  async confirm(signal: AbortSignal): Promise<void> {
    this.#assertOpen()
    const { origin, tables, zip, parts } = this.#content
    if (origin.totalRows === null) return
    const either = AbortSignal.any([signal, this.#closing.signal])
    let total = 0
    let isWhole = true
    for (const [key, table] of tables) {
      const hasRows = (parts.get(key) ?? []).some(part => part.bytes > 0)
      if (table.forms !== null) total += await this.#count(key, table, either)
      else if (hasRows) isWhole = false
    }
    const { totalRows } = origin
    if (BigInt(total) === totalRows || (!isWhole && BigInt(total) < totalRows)) return
    throw invalidFile(`expected ${totalRows} rows in all tables, as Origin.xml says, got ${total}`, { file: zip.path })
  }

  async *read(request: ReadRequest): AsyncGenerator<Buffer> {
    request.signal.throwIfAborted()
    this.#assertOpen()
    const key = keyOf(request.relation)
    const table = this.#table(request.relation)
    const data = this.#data(key, table)
    const { relation } = table
    const wanted = places(relation, request.columns, data)
    const signal = AbortSignal.any([request.signal, this.#closing.signal])
    const onEnd = (counted: number): void => void this.#counted.set(key, counted)
    const keys = keyColumns(request, relation, data)
    const forms = await this.#forms(table, data, signal)
    const rows = compileRows(forms, wanted)
    if (request.after === null) return yield* readTable(data, rows, { signal, onEnd })
    const types = keys.map(i => (forms[i] as ColumnForm).type)
    const rest = afterKey(compileRows(forms, keys), rows, { types, after: request.after })
    yield* readTable(data, rest.program, { signal, onEnd })
    if (!rest.isFound())
      throw new RehouseError('SOURCE_CHANGED', 'expected the row the last batch ended with, got a file without it', {
        where: { file: data.zip.path, table: data.label },
        next: 'Give the file the run began with, or begin a new run.',
      })
  }

  #table(relation: Pick<Relation, 'schema' | 'name'>): BacpacTable {
    const table = this.#content.tables.get(keyOf(relation))
    if (table !== undefined) return table
    const where = { file: this.#content.zip.path, table: tableLabel(relation.schema, relation.name) }
    throw refusedFile('expected a table of the file, got none of that name', where, 'Use a table the file has: `rehouse plan` lists them.')
  }

  #data(key: string, { relation }: BacpacTable): TableData {
    return { zip: this.#content.zip, label: tableLabel(relation.schema, relation.name), parts: this.#content.parts.get(key) ?? [] }
  }

  async #forms(table: BacpacTable, data: TableData, signal: AbortSignal): Promise<readonly ColumnForm[]> {
    if (table.forms === null) throw unreadable(data, table.refusal ?? 'one of an unknown kind')
    const known = this.#settled.get(data.label)
    if (known !== undefined) return known
    const forms = await settleLengths(table.forms, data, signal)
    this.#settled.set(data.label, forms)
    return forms
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw this.#closed()
  }

  #closed(): RehouseError {
    return unreachableFile('expected an open snapshot, got one that is closed', { file: this.#content.zip.path })
  }

  close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(this.#closed())
    this.#onClose()
    return Promise.resolve()
  }
}

function keyOf(relation: Pick<Relation, 'schema' | 'name'>): string {
  return partsKey({ schema: relation.schema, table: relation.name })
}

/** Where columns stand in the row. */
function places(relation: Relation, names: readonly string[], data: TableData): readonly number[] {
  return names.map(name => {
    const place = relation.columns.findIndex(column => column.name === name)
    if (place >= 0) return place
    const where = { file: data.zip.path, table: data.label }
    throw refusedFile(`expected a column ${name}, got none of that name`, where, 'Use a column the table has: `rehouse plan` lists them.')
  })
}

/** The key columns’ places. Only a key that names one row can be read by, or a position would not say where to go on. */
function keyColumns({ key, after }: ReadRequest, relation: Relation, data: TableData): readonly number[] {
  const where = { file: data.zip.path, table: data.label }
  const next = 'Read it through staging: a file can only be taken up again behind a key that names one row.'
  if (key.kind === 'content') throw refusedFile('expected a key of columns, got rows told apart by their content', where, next)
  const keys = places(relation, key.names, data)
  if (keys.length === 0 && after !== null) throw refusedFile('expected a key to go on behind, got none', where, next)
  const isKey = relation.uniqueKeys.some(unique => !unique.isPartialOrExpression && unique.columns.every(name => key.names.includes(name)))
  const isNullable = keys.some(i => relation.columns[i]?.isNullable !== false)
  if (keys.length > 0 && (!isKey || isNullable))
    throw refusedFile('expected a key the model says is unique and never NULL, got another', where, next)
  return keys
}
